"""Datasets that the schema accepts, but that are not there, or do not fit a task."""

from collections.abc import Iterator
from pathlib import Path

from soundcheck.configuration.axes import Task
from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.schema import Problem, shown
from soundcheck.plumbing.errors import nearest
from soundcheck.plumbing.files import here_or_in


def wrong_dataset(dataset: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    ends = [end for end in ("train_on", "test_on") if end in dataset]
    if not ends:
        yield from _wrong_plain_dataset(dataset, task, path, catalog)
        return
    if len(ends) == 1:
        yield path, f"{ends[0]} needs {'test_on' if ends == ['train_on'] else 'train_on'} beside it"
        return
    if dataset["train_on"]["name"] == dataset["test_on"]["name"]:
        yield path, "`train_on` and `test_on` are the same dataset: name it without them, and it is split into parts"
    for end in ends:
        yield from _wrong_plain_dataset(dataset[end], task, (*path, end), catalog)
    for key in ("type", "dir", "csv", "options", "group_equal_audio"):
        if dataset.get(key):
            yield (*path, key), f"`{key}` belongs to the datasets of `train_on` and `test_on`"
    for end in ends:
        for key, default in (
            ("split_type", "single"),
            ("per_class", None),
            ("deformations", None),
            ("allow_overlap", []),
        ):
            # A dataset that is also evaluated alone may be named with what both have.
            if dataset[end].get(key, default) not in (default, dataset.get(key, default)):
                yield (
                    (*path, end, key),
                    f"`{key}` belongs next to `train_on` and `test_on`, where there is a different one",
                )
    kind = dataset["train_on"].get("type", dataset["train_on"]["name"])
    if kind in catalog.datasets:
        yield from _wrong_split(dataset["split_type"], task, kind, path, catalog)


def _wrong_plain_dataset(dataset: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if "train_on" in dataset or "test_on" in dataset:
        yield path, "a dataset made of two others cannot be used here again"
        return
    kind = dataset.get("type", dataset["name"])
    if kind not in catalog.datasets:
        place = (*path, "type") if "type" in dataset else path
        yield (
            place,
            f"unknown dataset {kind!r}{nearest(kind, catalog.datasets)}. For your own audio, write `type: folder`",
        )
        return
    tasks = catalog.datasets[kind].get("tasks") or {}
    if tasks and task.name not in tasks:
        yield path, f"{kind} has no labels for {task.name}; its tasks are {', '.join(tasks)}"
    if task.kind.has_times and not catalog.datasets[kind].get("events"):
        have = ", ".join(name for name, row in catalog.datasets.items() if row.get("events"))
        yield path, f"{kind} has labels without times, and {task.name} is event_detection; datasets with times: {have}"
    if dataset.get("dir") == "":
        yield (*path, "dir"), "the name of a folder is empty; `.` is the working directory"
    elif kind == "folder" and "dir" not in dataset:
        yield path, f"{dataset['name']}: your own folder needs `dir`"
    elif kind == "folder" and not Path(dataset["dir"]).is_dir():
        yield (*path, "dir"), f"there is no folder {dataset['dir']!r} (paths start at the working directory)"
    if dataset["csv"] and kind != "folder":
        yield (*path, "csv"), f"`csv` is for `type: folder`; {kind} has labels of its own"
    elif dataset["csv"] and not label_file(dataset):
        yield (
            (*path, "csv"),
            f"there is no file {dataset['csv']!r}, neither in the working directory nor in {dataset.get('dir')!r}",
        )
    allowed = catalog.datasets[kind].get("allows", [])
    for option in dataset["options"].keys() - set(allowed):
        yield (*path, "options", option), f"{kind} has no option {option!r}{nearest(option, allowed)}"
    yield from _wrong_option_values(dataset["options"], (*path, "options"))
    yield from _wrong_split(dataset["split_type"], task, kind, path, catalog)


def _wrong_option_values(options: dict, path: tuple) -> Iterator[Problem]:
    for option, value in options.items():
        if option == "sample_rate":
            if not isinstance(value, int) or isinstance(value, bool):
                yield (*path, option), f"expected a whole number, got {shown(value)}"
            continue
        several = value if option == "label" and isinstance(value, list) and value else [value]
        if not all(isinstance(each, str) for each in several):
            yield (*path, option), f"expected text, got {shown(value)}: put it in quotes"


def label_file(dataset: dict) -> str:
    """The path of the table that `csv` names, in the working directory or in the folder of audio; empty for none."""
    return str(here_or_in(dataset.get("dir", ""), dataset["csv"]) or "") if dataset["csv"] else ""


def _wrong_split(split_type: object, task: Task, kind: str, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if isinstance(split_type, list):
        # Decimal fractions such as 0.7 + 0.2 + 0.1 are not exactly 1 in binary.
        if abs(sum(split_type) - 1) > 1e-6:
            yield (*path, "split_type"), f"the shares {split_type} sum to {sum(split_type):g}; they must sum to 1"
        return
    if split_type in ("single", "all"):
        return
    names = ["single", "all", *catalog.datasets[kind].get("splits", {}).get(task.name, [])]
    if split_type not in names:
        yield (
            (*path, "split_type"),
            f"{kind} has no split {split_type!r} for {task.name}{nearest(split_type, names)}. Possible are "
            f"{', '.join(names)}, or three shares such as [0.6, 0.2, 0.2]",
        )
