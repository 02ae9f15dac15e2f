"""Any dataset that mirdata knows: mirdata reads its tracks, this module says which of their attributes mean what.

Options, all but the first with a default:

    dataset             mirdata's name of the dataset
    version             mirdata's version of it
    label               the attribute of a track that is the label, for any task; a list of attributes is joined by
                        spaces. An entry of a dictionary is named after a dot: `sound_info.player`
    split_attribute     the attribute that names a track's part (train, validation, test) or its fold (a whole number);
                        otherwise what mirdata's get_track_splits says; empty: no published split
    group               the attribute whose value tracks of one group share; of several values (artists), one is enough
    audio               the attribute that holds the path of the audio
    index               mirdata's index, where it is neither in `dir` nor where mirdata keeps it

For the datasets of `mirdata_recipes`, labels, groups and parts are known. Of the index's tracks, those whose audio is
not there are listed as missing; a track whose metadata cannot be read is left out with the reason.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from soundcheck.datasets.support.groups import connected
from soundcheck.datasets.support.mirdata import files, reading
from soundcheck.datasets.support.mirdata import parts as mirdata_parts
from soundcheck.datasets.support.mirdata.reading import Plan
from soundcheck.datasets.support.mirdata.recipes import OFFICIAL, RECIPES, TITLES, Recipe, Task, as_given, one_key
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean
from soundcheck.tasks import KEY_ESTIMATION

TITLE = "A dataset of mirdata"
LICENSE = "the dataset's own, as mirdata tells it"
BIBTEX = ""
REMOTES: dict = {}
# The recipes have tasks of their own; with `label`, a dataset serves any task.
TASKS: dict[str, str] = {}
SPLITS: dict[str, tuple[str, ...]] = {}
SYNTHETIC = False
GROUPED_BY = "the attribute that `group` names"

_NO_RECIPE = Recipe(tasks={})


@dataclass(frozen=True)
class Options:
    """What the configuration says of a dataset; None: as the recipe or mirdata has it."""

    dataset: str = ""
    version: str = "default"
    label: str | list[str] | None = None
    split_attribute: str | None = None
    group: str | None = None
    audio: str | None = None
    index: str = ""


def download(folder: Path, **options: object) -> None:
    """Make the index and, where mirdata knows how, the files present; a folder that holds something is left as it is.

    Raises:
        SoundcheckError: there is no audio then, because it has to be requested by hand; with mirdata's advice.
    """
    folder, chosen = Path(folder), _chosen(options)
    dataset = _dataset(chosen, folder)
    known = about(**options)
    files.download(dataset, folder, chosen.index, known["title"], known["licence"])
    files.open_index(dataset, folder, chosen.index)
    files.check_audio(dataset, folder)


def about(**options: object) -> dict[str, str]:
    """A dataset's own `title`, `licence` and `citation`, as mirdata tells them."""
    chosen = _chosen(options)
    dataset = _dataset(chosen, Path())
    has_own = bool(RECIPES.get(chosen.dataset, _NO_RECIPE).citation)
    return {
        "title": TITLES.get(chosen.dataset, f"{chosen.dataset} (mirdata)"),
        "licence": " ".join((dataset._license_info or "unknown").split()).rstrip("."),
        "citation": RECIPES[chosen.dataset].citation if has_own else _mended(dataset.bibtex or ""),
    }


def tracks(folder: Path, **options: object) -> pd.DataFrame:
    """One row for each track of mirdata's index.

    Columns: track_id (mirdata's), path, group, left_out, mirdata (the dataset's name), grouped_by, parts (its place in
    each published fold, see `mirdata.parts`; None without a published split), and, as list[str], either `labels` (of
    the option `label`) or the attributes of the recipe's tasks. The values of tracks without audio are not read.

    Raises:
        SoundcheckError: a name is unknown, the index is absent, or no track can be used.
    """
    folder, chosen = Path(folder), _chosen(options)
    dataset = _dataset(chosen, folder)
    files.open_index(dataset, folder, chosen.index)
    plan = _plan(dataset, chosen)
    rows = reading.rows(dataset, plan, folder)
    table = pd.DataFrame(
        {
            "track_id": [row.track_id for row in rows],
            "path": [row.path for row in rows],
            "group": connected([row.groups for row in rows]),
            "left_out": [row.left_out for row in rows],
            "mirdata": dataset.name,
            "grouped_by": plan.grouped_by,
            "parts": mirdata_parts.parts(dataset, plan, rows),
        },
        dtype=object,
    )
    for column in plan.columns:
        table[column] = pd.Series([row.values.get(column) for row in rows], dtype=object)
    return table


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track; None where mirdata gives no label; or a `str`, why the track is left out of the task.

    `key_estimation` reads labels as one of the 24 keys.

    Raises:
        SoundcheckError: the dataset has no such task.
    """
    if "labels" in tracks:
        column, read = "labels", one_key if task == KEY_ESTIMATION else as_given
    else:
        found = _task(tracks, task)
        column, read = _column(found.attributes), found.read
    return pd.Series([_label(value, read) for value in tracks[column]], index=tracks.index, dtype=object)


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The published folds: `track_id`, `fold`, `part`; None where there are none for this task.

    Raises:
        SoundcheckError: a `name` is given: mirdata's splits have none.
    """
    if name is not None:
        raise SoundcheckError(f"mirdata's splits have no names, so there is none called '{name}'.")
    if "labels" not in tracks and not _task(tracks, task).split:
        return None
    found = [
        (position, track_id, *place.split(" ", 1))
        for track_id, places in zip(tracks["track_id"], tracks["parts"], strict=True)
        for position, place in enumerate(_listed(places))
    ]
    # The fold of `single` comes first.
    rows = [(track_id, int(fold), part) for _, track_id, fold, part in sorted(found, key=lambda row: row[0]) if part]
    return pd.DataFrame(rows, columns=["track_id", "fold", "part"]) if rows else None


def groups(tracks: pd.DataFrame, task: str) -> tuple[pd.Series, str | None]:
    """The group of each track, and what the groups are."""
    return tracks["group"], next((what for what in tracks["grouped_by"] if isinstance(what, str)), None)


def _mended(bibtex: str) -> str:
    # Some entries of mirdata have lost the backslash of an accent, one holds a whole abstract.
    without_abstract = re.sub(r"(?m)^\s*abstract\s*=.*\n", "", bibtex)
    return re.sub(r"\{(['\"`^~])", r"{\\\1", without_abstract).strip()


def _chosen(options: dict) -> Options:
    known = [field.name for field in fields(Options)]
    # The index step gives every module the path of a CSV, which is empty here.
    given = {name: value for name, value in options.items() if not (name == "csv" and not value)}
    for name in given:
        if name not in known:
            near = did_you_mean(name, known)
            raise SoundcheckError(f"unknown option '{name}'{near}; a dataset of mirdata takes {', '.join(known)}.")
    chosen = Options(**given)
    if not chosen.dataset:
        raise SoundcheckError("which dataset of mirdata? Give its name as the option `dataset`, as in `tinysol`.")
    return chosen


def _dataset(chosen: Options, folder: Path):
    """mirdata's dataset, of the chosen version.

    Raises:
        SoundcheckError: there is none; with the nearest name.
    """
    try:
        import mirdata
    except ImportError as problem:
        raise SoundcheckError(
            f"mirdata is not installed in this environment ({problem}). Install it: pip install mirdata"
        ) from None
    if chosen.dataset not in mirdata.DATASETS:
        near = did_you_mean(chosen.dataset, mirdata.DATASETS)
        raise SoundcheckError(f"mirdata {mirdata.__version__} has no dataset '{chosen.dataset}'{near}.")
    try:
        module = importlib.import_module(f"mirdata.datasets.{chosen.dataset}")
    except ImportError as problem:
        raise SoundcheckError(
            f"mirdata's '{chosen.dataset}' needs a package that is not installed ({problem}). Install it: "
            f"pip install 'mirdata[{chosen.dataset}]'"
        ) from None
    version = str(chosen.version)
    published = [name for name in module.INDEXES if name not in ("test", "sample")]
    if version not in module.INDEXES:
        near = did_you_mean(version, published)
        raise SoundcheckError(
            f"mirdata's '{chosen.dataset}' has no version '{version}'{near}; it has {', '.join(published)}."
        )
    meant = module.INDEXES[version]
    if isinstance(meant, str) and meant not in module.INDEXES:
        raise SoundcheckError(
            f"mirdata {mirdata.__version__} has a fault: its '{chosen.dataset}' has no version '{meant}', which it "
            f"means by '{version}'. Choose a `version` of {', '.join(module.INDEXES)}, or another release of mirdata."
        )
    return module.Dataset(data_home=str(folder), version=version)


def _plan(dataset, chosen: Options) -> Plan:
    recipe = RECIPES.get(chosen.dataset, _NO_RECIPE)
    is_own_split, is_own_group = chosen.split_attribute is not None, chosen.group is not None
    plan = Plan(
        audio=chosen.audio or recipe.audio,
        columns=_columns(dataset, chosen, recipe),
        group=chosen.group if is_own_group else recipe.group,
        read_group=as_given if is_own_group else recipe.read_group,
        grouped_by=(chosen.group or None) if is_own_group else recipe.grouped_by,
        split=chosen.split_attribute if is_own_split else mirdata_parts.published(dataset, recipe.split),
        is_own_split=is_own_split,
    )
    options = {"audio": [plan.audio], "label": [name for names in plan.columns.values() for name in names]}
    options |= {"group": [plan.group], "split_attribute": [plan.split]}
    for option, names in options.items():
        for name in names:
            if name and name != OFFICIAL:
                reading.check_attribute(dataset, name, option)
    return plan


def _columns(dataset, chosen: Options, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The attributes that each column of labels is read from."""
    if chosen.label:
        return {"labels": (chosen.label,) if isinstance(chosen.label, str) else tuple(chosen.label)}
    if recipe.tasks:
        return {_column(task.attributes): task.attributes for task in recipe.tasks.values()}
    there = sorted(reading.attributes(dataset))
    raise SoundcheckError(
        f"which attribute is the label? Give the option `label`; a track of mirdata's '{dataset.name}' has "
        f"{', '.join(there)}."
    )


def _column(attributes: tuple[str, ...]) -> str:
    return "_".join(attribute.replace(".", "_") for attribute in attributes)


def _task(tracks: pd.DataFrame, task: str) -> Task:
    name = tracks["mirdata"].iloc[0]
    tasks = RECIPES[name].tasks
    if task not in tasks:
        near = did_you_mean(task, tasks)
        raise SoundcheckError(
            f"'{name}' has no task '{task}'{near}; it has {', '.join(tasks)}. For another, give the option `label`."
        )
    return tasks[task]


def _label(value: object, read: Callable) -> list[str] | str | None:
    values = _listed(value)
    return read(values) if values else None


def _listed(value: object) -> list[str]:
    # A table that was read from a file has arrays for lists, and NaN for what is not there.
    return [str(each) for each in value] if isinstance(value, list | np.ndarray) else []
