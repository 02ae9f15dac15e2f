"""Names and parameters that a schema cannot know to be wrong: they depend on the catalogues and on the task."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.mistakes.datasets import wrong_dataset
from soundcheck.configuration.mistakes.embedders import without_times, wrong_embedder, wrong_rows
from soundcheck.configuration.mistakes.metrics import wrong_metric
from soundcheck.configuration.mistakes.probes import wrong_probe
from soundcheck.configuration.mistakes.scenarios import wrong_scenarios
from soundcheck.configuration.mistakes.tasks import wrong_task
from soundcheck.configuration.schema import Problem
from soundcheck.configuration.tasks import resolve_task

FOLDERS = ("results", "models", "data")
Place = tuple[str | int, ...]


def wrong_names(completed: dict, catalog: Catalog, broken: Sequence[Place]) -> Iterator[Problem]:
    """Each wrong name or unfitting parameter that the schema accepts: its path, and what is wrong.

    `broken` are the paths of what the schema does not accept, which is not looked at.
    """
    is_sound = partial(_is_sound, broken)
    if not is_sound(()):
        return
    yield from _wrong_folders({key: completed[key] for key in FOLDERS if is_sound((key,))})
    if is_sound(("catalogue",), below=True):
        yield from wrong_rows(completed["catalogue"], catalog)
    if is_sound(("experiments",)):
        for index, experiment in enumerate(completed["experiments"]):
            if is_sound(("experiments", index)) and is_sound(("experiments", index, "task"), below=True):
                yield from _wrong_experiment(experiment, ("experiments", index), catalog, is_sound)


def _is_sound(broken: Sequence[Place], path: Place, below: bool = False) -> bool:
    """Whether nothing is broken at this path or, if asked, at or below it."""
    return not any(each[: len(path)] == path if below else each == path for each in broken)


def _wrong_experiment(
    experiment: dict, path: Place, catalog: Catalog, is_sound: Callable[..., bool]
) -> Iterator[Problem]:
    task_problems = list(wrong_task(experiment["task"], (*path, "task"), catalog))
    yield from task_problems
    if task_problems:
        return
    task = resolve_task(experiment["task"], catalog)

    def sound(axis: str) -> Iterator[tuple[Place, Any]]:
        """The items of an axis that the schema accepts, each with its path."""
        if is_sound((*path, axis)):
            places = [(*path, axis, position) for position in range(len(experiment[axis]))]
            pairs = zip(places, experiment[axis], strict=True)
            yield from ((place, item) for place, item in pairs if is_sound(place, below=True))

    for place, dataset in sound("datasets"):
        yield from wrong_dataset(dataset, task, place, catalog)
        yield from wrong_scenarios(dataset, task, place, catalog)
    if is_sound((*path, "deformations"), below=True):
        yield from wrong_scenarios(experiment, task, path, catalog)
    for place, embedder in sound("embedders"):
        yield from wrong_embedder(embedder, place, catalog)
        if task.kind.has_times:
            yield from without_times(embedder, task, place)
    for place, probe in sound("probes"):
        yield from wrong_probe(probe, task, place, catalog)
    for place, metric in sound("metrics"):
        yield from wrong_metric(metric, task, place)


def _wrong_folders(completed: dict[str, str]) -> Iterator[Problem]:
    """Folders that stand in the paths of rules, where a brace or an angle bracket would begin a wildcard."""
    for key in completed:
        if not completed[key].strip():
            yield (key,), f"the name of the folder is empty; leave the key out for `{key}`"
        elif set(completed[key]) & set("{}<>"):
            yield (key,), f"the folder {completed[key]!r} has braces or angle brackets in its name: choose another name"
