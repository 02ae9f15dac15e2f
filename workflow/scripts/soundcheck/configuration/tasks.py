"""Tasks by name, and the metrics that fit them."""

from soundcheck.configuration.axes import Task
from soundcheck.configuration.catalogue import Catalog
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES, TaskType

_WRITTEN = {kind.written: kind for kind in TASK_TYPES.values()}

# How events are made of the scores of frames, unless a configuration says otherwise: as in the HEAR benchmark
# (EVENT_POSTPROCESSING_GRID of hear-eval-kit, and the first score of DCASE 2016 task 2).
POSTPROCESSING = {"choose_by": "event_onset_200ms", "median_filter_ms": [250], "min_duration_ms": [125, 250]}


def resolve_task(item: dict, catalog: Catalog) -> Task:
    """The task that `{name, type}` of a configuration means; the type of a task of the catalogue is known."""
    known = catalog.tasks.get(item["name"], {})
    kind = _WRITTEN[item.get("type") or known["type"]]
    title = known.get("title", item["name"].replace("_", " "))
    labels_tell = (*(["time"] if kind.has_times else []), *known.get("labels_tell", []))
    return Task(item["name"], kind, title, _postprocessing(known | item, kind), labels_tell)


def _postprocessing(item: dict, kind: TaskType) -> dict | None:
    """What a task says of post-processing, each number as a list of one; None where nothing is detected."""
    if not kind.has_times:
        return None
    given = {key: item.get(key, default) for key, default in POSTPROCESSING.items()}
    # In order: another one in the configuration must not look like a change.
    return {key: value if key == "choose_by" else sorted(_flat(value)) for key, value in given.items()}


def _flat(value: float | list[float]) -> list[float]:
    return value if isinstance(value, list) else [value]


def fitting_metrics(task: Task) -> list[str]:
    """The names of the metrics that make sense for a task, in the order of `METRICS`."""
    # A task of one's own may be called like a type that it is not of.
    wanted = {task.type} | ({task.name} - TASK_TYPES.keys())
    return [name for name, metric in METRICS.items() if metric.task in wanted]
