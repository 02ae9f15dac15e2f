"""Metrics that are unknown, or do not fit a task."""

from collections.abc import Iterator

from soundcheck.configuration.axes import Task
from soundcheck.configuration.schema import Problem
from soundcheck.configuration.tasks import fitting_metrics
from soundcheck.plumbing.errors import nearest
from soundcheck.scoring.metrics import METRICS


def wrong_metric(metric: str, task: Task, path: tuple) -> Iterator[Problem]:
    if "." in metric:
        if not all(part.isidentifier() for part in metric.split(".")):
            yield path, f"{metric!r} is not a dotted name: `my_metrics.top3` is the function top3 of my_metrics.py"
        return
    if metric not in METRICS:
        yield path, f"unknown metric {metric!r}{nearest(metric, METRICS)}"
    elif metric not in fitting_metrics(task):
        yield path, f"{metric} does not fit {task.name}; metrics that do: {', '.join(fitting_metrics(task))}"
