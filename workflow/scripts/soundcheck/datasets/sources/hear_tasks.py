"""A task folder of the HEAR benchmark (Holistic Evaluation of Audio Representations), as hear-preprocess writes it.

    task_metadata.json        embedding_type (scene or event), prediction_type, split_mode, splits
    labelvocabulary.csv       idx, label
    <split>.json              file name -> list of labels (of an event task: of events), for each split
    <rate>/<split>/<file>     the audio, at one or several sample rates (Hz)

Splits are train, valid and test, or folds (fold00, fold01, ...). Folds go round as in hear-eval-kit: fold i is tested,
fold i + 1 (modulo their number) validates, the others train.

Of the benchmark's 19 tasks, 17 are scene tasks, with one label or several tags a clip. Those of the two event tasks
(DCASE 2016 task 2, MAESTRO) are mappings with `label`, `start` and `end` (ms). They are for `event_detection`; as a
multilabel task, they are read as tags: which events, or notes, occur in a clip.

Source: J. Turian et al., HEAR: Holistic Evaluation of Audio Representations, PMLR 176, 2022; https://hearbenchmark.com.
"""

import csv
import json
import math
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from soundcheck.datasets.support.audio_files import ids_of
from soundcheck.datasets.support.tables.columns import with_faults
from soundcheck.events import Event, written
from soundcheck.plumbing.errors import SoundcheckError, nearest, several

TITLE = "A task of the HEAR benchmark"
LICENSE = "each task's own, see https://hearbenchmark.com/hear-tasks.html"
BIBTEX = r"""@inproceedings{turian2022hear,
  title = {{HEAR}: Holistic Evaluation of Audio Representations},
  author = {Turian, Joseph and Shier, Jordie and Khan, Humair Raj and Raj, Bhiksha and others},
  booktitle = {Proceedings of the NeurIPS 2021 Competitions and Demonstrations Track},
  series = {Proceedings of Machine Learning Research},
  volume = {176},
  year = {2022}
}"""
REMOTES: dict = {}
# Empty: any task, of the type that the configuration gives.
TASKS: dict[str, str] = {}
SPLITS: dict[str, tuple[str, ...]] = {}
SYNTHETIC = False
GROUPED_BY = "file name, where it is in several splits"

_METADATA, _VOCABULARY = "task_metadata.json", "labelvocabulary.csv"
_PARTS = {"train": "train", "valid": "validation", "test": "test"}
_HOW_TO_GET = (
    "The archives of all tasks are linked from https://hearbenchmark.com/hear-tasks.html: unpack one, and set `dir` to "
    f"the folder that holds its {_METADATA}."
)


def download(folder: Path, **options: object) -> None:
    """Check that a task is there; nothing is downloaded.

    Raises:
        SoundcheckError: there is none; it says how to get one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SoundcheckError(f"the folder '{folder}' does not exist. {_HOW_TO_GET}")
    _metadata(_task_folder(folder))


def tracks(folder: Path, sample_rate: int | None = None, **options: object) -> pd.DataFrame:
    """One row a clip: `track_id`, `path`, `group`, `left_out`, `labels` (list[str]), `split` (the benchmark's own).

    Of an event task also `events` (list[str]), as `soundcheck.events` writes them.

    `sample_rate` (Hz) chooses among those that are there, by default the highest. An id is split and file name, the
    same for each rate. A clip whose label is not in the vocabulary is left out; missing files are found by the index.

    Raises:
        SoundcheckError: the folder is not a task; with the name of the file.
    """
    folder = Path(folder)
    task = _task_folder(folder)
    metadata = _metadata(task)
    names = _split_names(task, metadata)
    vocabulary = _vocabulary(task / _VOCABULARY)
    rate = _rate(task, sample_rate)
    are_events = metadata["embedding_type"] == "event"
    rows = []
    for split in names:
        for file, found in _json(task / f"{split}.json").items():
            where = f"{task / f'{split}.json'}: '{file}'"
            events = _events(found, where) if are_events else []
            labels = sorted({event.label for event in events}) if are_events else _labels(found, where)
            unknown = [label for label in labels if label not in vocabulary]
            rows.append(
                {
                    "path": (task / rate / split / file).relative_to(folder).as_posix(),
                    "name": f"{split}/{file}",
                    "left_out": f"label '{unknown[0]}' is not in {_VOCABULARY}" if unknown else None,
                    "labels": labels,
                    "events": [written(event) for event in events],
                    "split": split,
                    "stem": Path(file).stem,
                }
            )
    if not any((folder / row["path"]).is_file() for row in rows):
        raise SoundcheckError(f"none of the {len(rows)} files of '{task}' is in '{task / rate}'. {_HOW_TO_GET}")
    n_splits = Counter(stem for stem, _ in {(row["stem"], row["split"]) for row in rows})
    for row, track_id in zip(rows, ids_of([row["name"] for row in rows]), strict=True):
        # hear-preprocess puts a file into one split alone: where it is in two, that is worth a warning.
        row |= {"track_id": track_id, "group": row["stem"] if n_splits[row["stem"]] > 1 else None}
    columns = ["track_id", "path", "group", "left_out", "labels", "split", *(["events"] if are_events else [])]
    return pd.DataFrame(rows, dtype=object)[columns]


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each clip, whatever the task is called: a folder of the benchmark has one task."""
    return pd.Series([list(value) for value in tracks["labels"]], index=tracks.index, dtype=object)


def events(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each clip, or a `str`: the reason why its events cannot be.

    Raises:
        SoundcheckError: it is a scene task.
    """
    if "events" not in tracks:
        raise SoundcheckError(
            f"task '{task}' is of type event_detection, but the folder holds a scene task, whose labels have no times."
        )
    return with_faults(tracks)


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame:
    """The benchmark's parts as fold 0, or each of its folds tested in turn: `track_id`, `fold`, `part`."""
    names = sorted(set(tracks["split"]))
    if set(names) <= _PARTS.keys():
        parts = [_PARTS[split] for split in tracks["split"]]
        return pd.DataFrame({"track_id": tracks["track_id"], "fold": 0, "part": parts})
    rotations = []
    for place, (fold, tested) in enumerate(zip(_numbers(names), names, strict=True)):
        parts = dict.fromkeys(names, "train") | {names[(place + 1) % len(names)]: "validation", tested: "test"}
        rotation = {"track_id": tracks["track_id"], "fold": fold, "part": [parts[split] for split in tracks["split"]]}
        rotations.append(pd.DataFrame(rotation))
    return pd.concat(rotations, ignore_index=True)


def _numbers(names: list[str]) -> list[int]:
    """The numbers of folds called `fold01`; of others, in their order from 0 on."""
    found = [re.fullmatch(r"fold_?0*([0-9]{1,9})", name) for name in names]
    numbers = [int(match[1]) for match in found if match]
    return numbers if len(set(numbers)) == len(names) else list(range(len(names)))


def _task_folder(folder: Path) -> Path:
    """`folder`, or the one folder below it that holds a task: archives unpack to `hear-<version>/tasks/<task>`."""
    if (folder / _METADATA).is_file():
        return folder
    found = sorted(path.parent for depth in ("*", "*/*", "*/*/*") for path in folder.glob(f"{depth}/{_METADATA}"))
    if len(found) == 1:
        return found[0]
    if found:
        raise SoundcheckError(
            f"'{folder}' holds {len(found)} tasks: set `dir` to one of them, such as "
            f"{several((path.as_posix() for path in found), shown=3)}."
        )
    raise SoundcheckError(f"no {_METADATA} in '{folder}'. {_HOW_TO_GET}")


def _metadata(task: Path) -> dict:
    path = task / _METADATA
    metadata = _json(path)
    missing = [key for key in ("embedding_type", "prediction_type", "split_mode") if key not in metadata]
    if missing:
        raise SoundcheckError(f"{path}: no {', '.join(missing)}; it has {', '.join(metadata)}.")
    if metadata["embedding_type"] not in ("scene", "event"):
        raise SoundcheckError(f"{path}: embedding_type '{metadata['embedding_type']}' is neither 'scene' nor 'event'.")
    if metadata["embedding_type"] == "event" and metadata["prediction_type"] != "multilabel":
        raise SoundcheckError(f"{path}: an event task is 'multilabel', not '{metadata['prediction_type']}'.")
    if metadata["prediction_type"] not in ("multiclass", "multilabel"):
        raise SoundcheckError(
            f"{path}: prediction_type '{metadata['prediction_type']}' is neither 'multiclass' nor 'multilabel'."
        )
    return metadata


def _split_names(task: Path, metadata: dict) -> list[str]:
    mode = metadata["split_mode"]
    if mode == "trainvaltest":
        names = list(_PARTS)
    elif mode in ("new_split_kfold", "presplit_kfold"):
        names = sorted(metadata.get("splits") or (path.stem for path in task.glob("fold*.json")))
        wanted = metadata.get("nfolds", len(names))
        if len(names) != wanted or len(names) < 3:
            raise SoundcheckError(
                f"{task}: {len(names)} folds ({', '.join(names) or 'none'}); the metadata say {wanted}, and a rotation "
                "needs at least three."
            )
    else:
        modes = ("trainvaltest", "new_split_kfold", "presplit_kfold")
        raise SoundcheckError(f"{task / _METADATA}: unknown split_mode '{mode}'{nearest(mode, modes)}")
    missing = [f"{name}.json" for name in names if not (task / f"{name}.json").is_file()]
    if missing:
        raise SoundcheckError(f"{task}: no {several(missing)}. Unpack the archive again.")
    return names


def _vocabulary(path: Path) -> set[str]:
    if not path.is_file():
        raise SoundcheckError(f"{path} is not there. Unpack the archive again.")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"idx", "label"} <= rows[0].keys():
        raise SoundcheckError(f"{path}: no rows with the columns idx and label.")
    return {(row["label"] or "").strip() for row in rows}


def _rate(task: Path, wanted: int | None) -> str:
    rates = sorted((path.name for path in task.iterdir() if path.is_dir() and path.name.isdigit()), key=int)
    if not rates:
        raise SoundcheckError(f"{task}: no folder of audio (one named like a sample rate, such as 48000).")
    if wanted is None:
        return rates[-1]
    if str(wanted) not in rates:
        raise SoundcheckError(f"{task}: no audio at {wanted} Hz; `sample_rate` may be {', '.join(rates)}.")
    return str(wanted)


def _labels(found: object, where: str) -> list[str]:
    values = found if isinstance(found, list) else [found]
    if any(isinstance(value, dict) for value in values):
        raise SoundcheckError(f"{where} has events with times, though the task is a scene task.")
    # Labels may be numbers: the pitches of NSynth, the speakers of LibriCount.
    return [str(value).strip() for value in values]


def _events(found: object, where: str) -> list[Event]:
    values = found if isinstance(found, list) else [found]
    events = []
    for value in values:
        if not isinstance(value, dict):
            raise SoundcheckError(f"{where} has labels without times, though the task is an event task.")
        missing = [key for key in ("label", "start", "end") if key not in value]
        if missing:
            raise SoundcheckError(f"{where} has an event without {', '.join(missing)}: {json.dumps(value)}.")
        try:
            times_s = [float(value[key]) / 1000 for key in ("start", "end")]
        except (TypeError, ValueError):
            times_s = [math.nan]
        if not all(map(math.isfinite, times_s)):
            raise SoundcheckError(f"{where} has an event whose start or end is not a number: {json.dumps(value)}.")
        events.append(Event(*times_s, str(value["label"]).strip()))
    return events


def _json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=lambda pairs: _dict(pairs, path))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise SoundcheckError(f"{path}: not readable as JSON ({problem}). Unpack the archive again.") from problem
    if not isinstance(content, dict):
        raise SoundcheckError(f"{path}: not a JSON object.")
    return content


def _dict(pairs: list[tuple], path: Path) -> dict:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise SoundcheckError(f"{path}: twice in one object: {several(twice)}.")
    return dict(pairs)
