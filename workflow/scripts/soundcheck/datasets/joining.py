"""Train on one dataset, test on another: their tracks and splits joined into those of one dataset.

A joined track's id is `<dataset>/<track id>`, so that two datasets may use the same ids.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from soundcheck import parquet
from soundcheck.datasets.splits.integrity import check, group_overlap
from soundcheck.datasets.splits.table import EVENTS, LEFT_OUT, SCHEMA, digest
from soundcheck.events import parsed, written
from soundcheck.ids import joined_ids, letters
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.tasks import TASK_TYPES

_TRACKS = ("track_id", "path", "duration_s", "sample_rate", "channels", "group", "left_out")


def join_tracks(paths: list[str], datasets: list[str], folders: list[str], name: str) -> tuple[pa.Table, dict]:
    """The tracks of both datasets and the table's metadata; paths are relative to the working directory."""
    tables, metadata = [], [parquet.metadata(path) for path in paths]
    for path, dataset, folder in zip(paths, datasets, folders, strict=True):
        table = parquet.read(path, columns=list(_TRACKS))
        columns = {column: table[column].to_pylist() for column in _TRACKS}
        columns["track_id"] = joined_ids(dataset, columns["track_id"])
        columns["path"] = [(Path(folder) / each).as_posix() for each in columns["path"]]
        columns["group"] = [None if group is None else f"{dataset}/{group}" for group in columns["group"]]
        tables.append(pa.table(columns, schema=table.schema.remove_metadata()))
    return pa.concat_tables(tables).sort_by("track_id"), {
        "dataset": name,
        "title": " to ".join(each["title"] for each in metadata),
        "licence": "; ".join(dict.fromkeys(each["licence"] for each in metadata)),
        "citation": "\n\n".join(dict.fromkeys(each["citation"] for each in metadata if each.get("citation"))),
        "synthetic": any(each["synthetic"] for each in metadata),
        "n_found": sum(each["n_found"] for each in metadata),
        "n_left_out": sum(each["n_left_out"] for each in metadata),
    }


def join_splits(trained_path: str, tested_path: str, datasets: list[str], name: str) -> tuple[pa.Table, dict]:
    """Train and validation of the first dataset's split, with all tracks of the second one for testing in each fold.

    Labels that differ in case, spaces or punctuation alone are the same. What is labelled with none of the classes that
    are trained is left out with its reason; of a multilabel task, such labels are dropped and the tracks stay,
    and so are such events.

    Raises:
        SoundcheckError: the two have no label in common.
    """
    trained, metadata = parquet.read(trained_path).to_pandas(), parquet.metadata(trained_path)
    tested = parquet.read(tested_path).to_pandas().drop(columns="fold")
    dropped: dict[str, str] = {}
    if not TASK_TYPES[metadata["task_type"]].has_numbers:
        tested, dropped = _harmonised(tested, metadata, datasets)
    was_tested = trained["part"] == "test"
    trained.loc[was_tested, "reason"] = f"in the test part of {datasets[0]}, which is not tested here"
    trained.loc[was_tested, "part"] = LEFT_OUT
    for frame, dataset in ((trained, datasets[0]), (tested, datasets[1])):
        frame["track_id"] = joined_ids(dataset, frame["track_id"])
        frame["group"] = [f"{dataset}/{group}" if isinstance(group, str) else None for group in frame["group"]]
    whole = pd.concat([trained, *(tested.assign(fold=fold) for fold in sorted(set(trained["fold"])))])
    whole = whole.sort_values(["fold", "track_id"]).astype(object)
    whole = whole.where(whole.notna(), None)
    schema = SCHEMA.append(EVENTS) if "events" in whole else SCHEMA
    columns = [pa.array([_plain(value) for value in whole[field.name]], field.type) for field in schema]
    table = pa.table(columns, schema=schema)
    check(table, groups=False, name=f"dataset '{name}', task '{metadata['task']}', split '{metadata['split']}'")
    return table, metadata | {
        "dataset": name,
        "left_out_labels": metadata["left_out_labels"] | dropped,
        "tested_on": datasets[1],
        "group_overlap": group_overlap(table),
        "sha256": digest(table),
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, np.ndarray) else value


def _harmonised(tested: pd.DataFrame, metadata: dict, datasets: list[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The tested tracks with the labels' names of training; the labels that training lacks, with the reason."""
    known = {_letters(label): label for label in metadata["classes"]}
    if len(known) < len(metadata["classes"]):
        alike = sorted(set(metadata["classes"]) - set(known.values()))
        raise SoundcheckError(
            f"{datasets[0]} has labels that differ in marks, spaces or case alone, so those of {datasets[1]} could be "
            f"either: {', '.join(f'{label!r} and {known[_letters(label)]!r}' for label in alike)}; make them one"
        )
    used = tested["part"] == "test"
    found = {label for labels in tested["label"][used] for label in labels}
    reasons = {
        label: f"label '{label}' of {datasets[1]} is none of {datasets[0]}"
        for label in sorted(found)
        if _letters(label) not in known
    }
    if found and len(reasons) == len(found):
        raise SoundcheckError(
            f"{datasets[0]} and {datasets[1]} have no label in common: {sorted(metadata['classes'])[:5]} ... and "
            f"{sorted(found)[:5]} ..."
        )
    tested = tested.copy()
    has_one_label = TASK_TYPES[metadata["task_type"]].has_one_label
    if has_one_label:
        unknown = used & np.array([any(label in reasons for label in labels) for labels in tested["label"]], dtype=bool)
        tested.loc[unknown, "reason"] = [reasons[labels[0]] for labels in tested["label"][unknown]]
        tested.loc[unknown, "part"] = LEFT_OUT
    # What is left out keeps the label that it came with.
    tested["label"] = [
        [known[_letters(label)] for label in labels if label not in reasons] if part == "test" else list(labels)
        for labels, part in zip(tested["label"], tested["part"], strict=True)
    ]
    if "events" in tested:
        tested["events"] = [
            [_renamed(text, known) for text in events if parsed(text).label not in reasons]
            for events in tested["events"]
        ]
    return tested, {} if has_one_label else reasons


def _renamed(text: str, known: dict[str, str]) -> str:
    event = parsed(text)
    return written(event._replace(label=known.get(_letters(event.label), event.label)))


def _letters(label: str) -> str:
    # Sharps and flats tell keys and pitches apart; other marks, spaces and case do not.
    return letters(label, also="#♯♭")
