"""Tasks that the schema accepts, but that are unknown or unfitting."""

from collections.abc import Iterator

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.schema import Problem
from soundcheck.configuration.tasks import POSTPROCESSING, fitting_metrics, resolve_task
from soundcheck.plumbing.errors import nearest


def wrong_task(task: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    known = catalog.tasks.get(task["name"])
    if known is None and "type" not in task:
        hint = nearest(task["name"], catalog.tasks)
        yield (
            path,
            f"unknown task {task['name']!r}{hint}. For your own task, give its type: {{name: {task['name']}, "
            f"type: multiclass_classification}}, or multilabel_classification, or regression",
        )
    elif known and task.get("type", known["type"]) != known["type"]:
        yield (*path, "type"), f"{task['name']} is {known['type']}, not {task['type']}"
    else:
        yield from _wrong_postprocessing(task, path, catalog)


def _wrong_postprocessing(task: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    resolved = resolve_task(task, catalog)
    for key in sorted(POSTPROCESSING.keys() & task.keys()):
        if not resolved.kind.has_times:
            yield (*path, key), f"`{key}` is for event_detection; {task['name']} is {resolved.type}"
        elif key == "choose_by" and task[key] not in fitting_metrics(resolved):
            possible = fitting_metrics(resolved)
            yield (
                (*path, key),
                f"{task[key]!r} is not possible{nearest(task[key], possible)}. Possible: {', '.join(possible)}",
            )
