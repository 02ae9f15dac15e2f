"""Names and parameters that a schema cannot know to be wrong: they depend on the catalogues and on the task."""

from collections.abc import Iterator

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.mistakes.datasets import wrong_dataset
from soundcheck.configuration.mistakes.embedders import without_times, wrong_embedder, wrong_rows
from soundcheck.configuration.mistakes.metrics import wrong_metric
from soundcheck.configuration.mistakes.probes import wrong_probe
from soundcheck.configuration.mistakes.scenarios import wrong_scenarios
from soundcheck.configuration.mistakes.tasks import wrong_task
from soundcheck.configuration.schema import Problem
from soundcheck.configuration.tasks import resolve_task


def wrong_names(completed: dict, catalog: Catalog) -> Iterator[Problem]:
    """Each wrong name or unfitting parameter that the schema accepts: its path, and what is wrong."""
    yield from _wrong_folders(completed)
    yield from wrong_rows(completed["catalogue"], catalog)
    for index, experiment in enumerate(completed["experiments"]):
        path = ("experiments", index)
        task_problems = list(wrong_task(experiment["task"], (*path, "task"), catalog))
        yield from task_problems
        if task_problems:
            continue
        task = resolve_task(experiment["task"], catalog)
        for position, dataset in enumerate(experiment["datasets"]):
            yield from wrong_dataset(dataset, task, (*path, "datasets", position), catalog)
            yield from wrong_scenarios(dataset, task, (*path, "datasets", position), catalog)
        yield from wrong_scenarios(experiment, task, path, catalog)
        for position, embedder in enumerate(experiment["embedders"]):
            yield from wrong_embedder(embedder, (*path, "embedders", position), catalog)
            if task.kind.has_times:
                yield from without_times(embedder, task, (*path, "embedders", position))
        for position, probe in enumerate(experiment["probes"]):
            yield from wrong_probe(probe, task, (*path, "probes", position), catalog)
        for position, metric in enumerate(experiment["metrics"]):
            yield from wrong_metric(metric, task, (*path, "metrics", position))


def _wrong_folders(completed: dict) -> Iterator[Problem]:
    """Folders that stand in the paths of rules, where a brace or an angle bracket would begin a wildcard."""
    for key in ("results", "models", "data"):
        if not completed[key].strip():
            yield (key,), f"the name of the folder is empty; leave the key out for `{key}`"
        elif set(completed[key]) & set("{}<>"):
            yield (key,), f"the folder {completed[key]!r} has braces or angle brackets in its name: choose another name"
