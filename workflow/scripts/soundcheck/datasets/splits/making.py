"""Who is train, validation and test: seeded, stratified by label, never across a group.

Every split that we draw comes from one algorithm, iterative stratification over groups. A track without a group is a
group of its own, and a multiclass label is a single tag, so it serves multiclass and multilabel tasks alike.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa

from soundcheck.datasets.splits import questions
from soundcheck.datasets.splits.drawing import drawn_folds, drop_rare_labels, part_fractions, shares_of
from soundcheck.datasets.splits.integrity import check, group_overlap
from soundcheck.datasets.splits.items import items_of, read_numbers
from soundcheck.datasets.splits.official import official_folds
from soundcheck.datasets.splits.sampling import sampled
from soundcheck.datasets.splits.table import EVENTS, LEFT_OUT, SCHEMA, digest, labels_in, remove_labels
from soundcheck.datasets.support.characters import tidy
from soundcheck.datasets.support.groups import with_equal_audio
from soundcheck.events import labels_of, parsed
from soundcheck.ids import EVERYTHING
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.seeds import seed_for
from soundcheck.tasks import TASK_TYPES, TaskType


def split_of(
    module: ModuleType,
    tracks: pd.DataFrame,
    *,
    dataset: str,
    task: str,
    task_type: str,
    split: dict,
    seed: int,
    options: dict | None = None,
    allow_overlap: Sequence[str] = (),
    digests: Mapping[str, str | None] | None = None,
) -> tuple[pa.Table, dict]:
    """A split of the tracks that a dataset's module listed, with what the module knows of them for a task.

    `split` has the keys `whole` (its name), `fractions`, `published` and `per_class`, `options` are those of the
    dataset; see `make_split`, which it calls, also for what is returned and raised. With `digests`, of the tracks'
    samples, parts that we draw never part equal audio.
    """
    kind = TASK_TYPES[task_type]
    detects = kind.has_times
    labels, spellings = ([], {}) if detects else questions.labels(module, tracks, task, task_type)
    official = questions.official_splits(module, tracks, task, split["published"])
    hints = questions.hints(module, tracks)
    columns = questions.target_names(module, task, options)
    has_columns = kind.has_several_labels and not detects and len(columns or []) > 1
    tracks, grouped_by = questions.with_groups(module, tracks, task)
    if digests is not None and (official is None or split["fractions"]):
        known = tracks["group"].notna().any()
        tracks = tracks.assign(group=with_equal_audio(tracks["track_id"], tracks["group"], digests))
        grouped_by = f"{grouped_by}, or equal audio" if known and grouped_by else "equal audio"
    table, metadata = make_split(
        tracks,
        labels,
        dataset=dataset,
        task=task,
        task_type=task_type,
        split=split["whole"],
        seed=seed,
        fractions=split["fractions"],
        published=split["published"],
        per_class=split["per_class"],
        official=official,
        grouped_by=grouped_by,
        allow_overlap=allow_overlap,
        events=questions.events(module, tracks, task) if detects else None,
        targets=columns if kind.has_numbers else None,
        named=[spellings.get(tidy(name), tidy(name)) for name in columns or [] if has_columns],
    )
    return table, metadata | {"spellings": spellings, "hints": hints}


def make_split(
    tracks: pa.Table | pd.DataFrame,
    labels: Sequence,
    *,
    dataset: str,
    task: str,
    task_type: str,
    split: str,
    seed: int,
    fractions: Sequence[float] | None = None,
    official: pd.DataFrame | None = None,
    grouped_by: str | None = None,
    targets: Sequence[str] | None = None,
    published: str | None = None,
    per_class: int | None = None,
    allow_overlap: Sequence[str] = (),
    events: Sequence | None = None,
    named: Sequence[str] = (),
) -> tuple[pa.Table, dict]:
    """A split's table (`SCHEMA`, sorted by fold and track_id) and its metadata.

    `labels` holds, in the order of `tracks`, a list of labels; None where the task does not apply to the track; or a
    string, the reason why the track is left out of this task. Tracks that the tracks table leaves out are in no split.

    `split` is `single` (the first official fold, else 0.8 / 0.1 / 0.1); `all` (all official folds, else five:
    validation = fifth i, test = fifth i + 1 modulo 5, train = the rest); or any id together with `fractions` (train,
    validation, test), which ignores the official folds; or `everything`, all for testing. `official` has the columns
    track_id, fold, part; `published` is the name of that split where the configuration chose it: then all its folds are
    meant. With `per_class`, all but a sample of so many tracks of each class are left out. With `id` in `allow_overlap`
    a track may be in several parts of an official fold, as it was published.

    The `label` column holds labels of `classes` only, except in rows that are left out. Of a multiclass task these are
    left out: items whose label has fewer groups than a drawn split has parts, and items to be tested whose label the
    fold's train part lacks. Of a multilabel task such labels are dropped (`left_out_labels`), and the tracks stay.

    Labels that are `named` and that no item has, such as a column of zeros for a tag, are dropped as well.

    Of a regression, labels are numbers, whose names are `targets`: `classes` holds the names, `label` the numbers in
    their order, as decimals that read back exactly; parts are alike in the distribution of each target.

    For event detection, `events` hold lists of events (`soundcheck.events`), None or reasons in the place of labels.
    Their labels are handled as those of a multilabel task, and the table has a column `events` of those that stay.

    Raises:
        SoundcheckError: parts overlap or are empty, or arguments make no sense.
    """
    name = f"dataset '{dataset}', task '{task}', split '{split}'"
    if task_type not in TASK_TYPES:
        raise SoundcheckError(f"{name}: the task type is one of {', '.join(TASK_TYPES)}, not '{task_type}'.")
    kind = TASK_TYPES[task_type]
    if kind.has_times != (events is not None):
        raise SoundcheckError(f"{name}: events are needed for event detection, and for nothing else.")
    items, counted = items_of(tracks, labels if events is None else list(map(_labels_of, events)), kind, name)
    if events is not None:
        ids = tracks["track_id"].to_pylist() if isinstance(tracks, pa.Table) else list(tracks["track_id"])
        of_track = dict(zip(ids, events, strict=True))
        items["events"] = [of_track[track_id] for track_id in items["track_id"]]
    if kind.has_numbers:
        targets = read_numbers(items, targets, task)
    generator = np.random.default_rng(seed_for(seed, dataset, task, split))
    is_official = fractions is None and official is not None
    notes: dict = {}
    dropped: dict[str, str] = {}
    if split == EVERYTHING:
        folds = {0: items[items["reason"].isna()].reset_index(drop=True).assign(fold=0, part="test")}
    elif is_official:
        which = "all" if published else split
        folds = official_folds(items, official, which, generator, notes, name, "id" in allow_overlap)
    else:
        shares = shares_of(split, fractions, name)
        dropped = {} if kind.has_numbers else drop_rare_labels(items, kind, len(shares))
        folds = drawn_folds(items, shares, generator)
    if split != EVERYTHING and not kind.has_numbers:
        there = {label for labels in items["label"] for label in labels} | dropped.keys()
        dropped |= {label: f"label '{label}' has no item" for label in named if label not in there}
        dropped |= _drop_untrained_labels(folds, kind)
    if per_class:
        notes["not_drawn"] = f"not in the sample of {per_class} tracks of each class"
        _leave_out_all_but_a_sample(folds, per_class, kind.has_numbers, notes["not_drawn"], generator)
        split = f"{split}-{per_class}-per-class"
    classes = targets or sorted({label for fold in folds.values() for label in labels_in(fold, "train")})
    table = _table(items, folds)
    if split != EVERYTHING:
        check(table, groups=not is_official, name=name, ids="id" not in allow_overlap, drawn=not is_official)
        if not classes:
            why = f" {next(iter(dropped.values()))}" if dropped else ""
            raise SoundcheckError(f"{name}: no label is left to train.{why}")
        if kind.has_one_label and len(classes) < 2:
            raise SoundcheckError(
                f"{name}: '{classes[0]}' is the only class to train; classification needs at least two."
            )
    metadata = {
        "dataset": dataset,
        "task": task,
        "task_type": task_type,
        "split": split,
        "classes": classes,
        "left_out_labels": dropped,
        "fractions": None if is_official or split == EVERYTHING else part_fractions(shares),
        "seed": seed,
        "grouped_by": grouped_by if items["group"].notna().any() else None,
        "official": is_official,
        "group_overlap": group_overlap(table),
        "sha256": digest(table),
        **counted,
        **notes,
    }
    return table, metadata


def _labels_of(events: object) -> object:
    return labels_of(events) if isinstance(events, list) else events


def _drop_untrained_labels(folds: dict[int, pd.DataFrame], kind: TaskType) -> dict[str, str]:
    """Leave out what a fold would test without having trained it; changes `folds`, returns dropped labels."""
    dropped: dict[str, str] = {}
    for number, fold in folds.items():
        trained = labels_in(fold, "train")
        for part in ("validation", "test"):
            for label in sorted(labels_in(fold, part) - trained):
                dropped.setdefault(label, _untrained(label, number))
        if kind.has_one_label:
            unseen = [
                part in ("validation", "test") and not trained.issuperset(label)
                for part, label in zip(fold["part"], fold["label"], strict=True)
            ]
            fold.loc[unseen, "reason"] = [_untrained(label[0], number) for label in fold["label"][unseen]]
            fold.loc[unseen, "part"] = LEFT_OUT
    if kind.has_one_label:
        return {}
    for fold in folds.values():
        remove_labels(fold, dropped, kind)
    return dropped


def _untrained(label: str, fold: int) -> str:
    return f"label '{label}' has no item in the train part of fold {fold}"


def _leave_out_all_but_a_sample(
    folds: dict[int, pd.DataFrame], per_class: int, has_numbers: bool, reason: str, generator: np.random.Generator
) -> None:
    """Keep the same tracks in every fold; changes `folds`."""
    first = next(iter(folds.values()))
    used = first[first["part"] != LEFT_OUT]
    if has_numbers:
        used = used.assign(label=[["all"]] * len(used))
    chosen = sampled(used, per_class, generator)
    for fold in folds.values():
        others = (fold["part"] != LEFT_OUT) & ~fold["track_id"].isin(chosen)
        fold.loc[others, "reason"] = reason
        fold.loc[others, "part"] = LEFT_OUT


def _table(items: pd.DataFrame, folds: dict[int, pd.DataFrame]) -> pa.Table:
    """Each fold's rows, and in each fold the items that were left out before the parts were drawn."""
    before = items[items["reason"].notna()].assign(part=LEFT_OUT)
    whole = [pd.concat([fold, before.assign(fold=number)]) for number, fold in folds.items()]
    frame = pd.concat(whole).sort_values(["fold", "track_id"]).astype(object)
    frame = frame.where(frame.notna(), None)
    schema = SCHEMA
    if "events" in frame:
        # Without labels that were dropped, as in the column of labels; reasons for leaving out are in another column.
        frame["events"] = [
            [text for text in events if parsed(text).label in label] if isinstance(events, list) else []
            for events, label in zip(frame["events"], frame["label"], strict=True)
        ]
        schema = SCHEMA.append(EVENTS)
    return pa.table([pa.array(list(frame[field.name]), field.type) for field in schema], schema=schema)
