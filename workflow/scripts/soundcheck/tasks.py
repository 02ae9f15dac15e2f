"""Tasks by name, and the metrics that fit them."""

from soundcheck.axes import Task
from soundcheck.catalog import Catalog


def resolve_task(item: dict, catalog: Catalog) -> Task:
    """The task that `{name, type}` of a configuration means; the type of a task of the catalogue is known."""
    known = catalog.tasks.get(item["name"], {})
    kind = (item.get("type") or known["type"]).removesuffix("_classification")
    return Task(item["name"], kind, known.get("key", False), known.get("title", item["name"].replace("_", " ")))


def fitting_metrics(task: Task, catalog: Catalog) -> list[str]:
    """The names of the metrics that make sense for a task, in the catalogue's order."""
    wanted = {task.type, "key"} if task.is_key else {task.type}
    return [name for name, entry in catalog.metrics.items() if entry["task"] in wanted]
