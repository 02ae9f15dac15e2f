"""Datasets: each module says where its files come from, which tracks they hold, and what their labels are.

A module has the constants TITLE, LICENSE, BIBTEX, REMOTES, TASKS (name -> `multiclass`, `multilabel` or `regression`;
empty: any task, of the type that the configuration gives), SYNTHETIC, GROUPED_BY (what its groups are, or None), and
the functions below. TITLE, LICENSE and BIBTEX (empty: nothing to cite) are literals, so that they can be read while
Snakemake builds its graph, without importing the module.

    download(folder, **options) -> None         make the files present and verified; nothing where they already are
    tracks(folder, **options) -> DataFrame      track_id, path, group, optionally left_out (reason), own metadata
    labels(tracks, task) -> Series              per track: list[str]; None where the task does not apply to it; or a
                                                str, the reason why the track is left out of the task. Of a
                                                regression: its numbers, each a str
    labels_as(tracks, task, task_type) -> (Series, dict)
                                                optional: the same, where it depends on the task's type; and which
                                                labels were taken for another's spelling
    splits(tracks, task, name=None) -> DataFrame | None
                                                optional: published folds as track_id, fold (its published number),
                                                part; the fold of the first row is the one of `single`; `name` is
                                                one that the constant SPLITS names by task, by default the first
    targets(task, **options) -> list[str] | None
                                                optional: what the numbers of a regression are, such as `tempo`
    events(tracks, task) -> Series              optional: per track: list[str], its events with their times as
                                                `soundcheck.events` writes them; None where they are not known; or a
                                                str, the reason why the track is left out. Makes `event_detection`
                                                possible, whose labels are those of the events
    hints(tracks) -> list[str]                  optional: what its tables and folders hold that is not
                                                used, or looks odd
    groups(tracks, task) -> (Series, str)       optional: other groups for a task than the column's, and what they are
    about(**options) -> dict                    optional: `title`, `licence` and `citation` (BibTeX), where the options
                                                choose the dataset
"""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean


def names() -> list[str]:
    """The names of all dataset modules, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def load(name: str) -> ModuleType:
    """The dataset module of this name.

    Raises:
        SoundcheckError: there is none; with the nearest name.
    """
    if name not in names():
        raise SoundcheckError(
            f"no dataset module '{name}'{did_you_mean(name, names())}; there are {', '.join(names())}."
        )
    return importlib.import_module(f"{__name__}.{name}")


def provide(name: str, dataset: str, folder: str | Path, options: dict | None = None) -> dict:
    """Make a dataset's files present; the record says what is there: number of audio files, bytes, licence, title."""
    module, folder = load(name), Path(folder)
    module.download(folder, **(options or {}))
    paths = audio_files(folder)
    return {
        "dataset": dataset,
        "dir": folder.as_posix(),
        "n_files": len(paths),
        "bytes": sum(_size(folder / path) for path in paths),
        **about(module, options),
        "synthetic": module.SYNTHETIC,
    }


def _size(path: Path) -> int:
    # A link whose target is gone is no reason to stop: the index lists it as a missing file.
    return path.stat().st_size if path.exists() else 0


def about(module: ModuleType, options: dict | None = None) -> dict[str, str]:
    """A dataset's `title`, `licence` and `citation`: its module's, or those of the dataset that the options choose."""
    if hasattr(module, "about"):
        return module.about(**(options or {}))
    return {"title": module.TITLE, "licence": module.LICENSE, "citation": module.BIBTEX}


def published_counts(name: str) -> dict | None:
    """How many tracks the parts of a dataset's published splits have, by task, split and part; None where unknown."""
    return getattr(load(name), "PUBLISHED_COUNTS", None) if name in names() else None
