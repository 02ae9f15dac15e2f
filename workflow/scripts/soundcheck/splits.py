"""Who is train, validation and test: seeded, stratified by label, never across a group.

Every split that we draw comes from one algorithm, iterative stratification over groups. A track without a group is a
group of its own, and a multiclass label is a single tag, so it serves multiclass and multilabel tasks alike.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from soundcheck.errors import SoundcheckError
from soundcheck.events import labels_of, parsed
from soundcheck.naming import several
from soundcheck.sampling import sampled
from soundcheck.seeds import seed_for
from soundcheck.stratification import quantile_bins, stratify

PARTS = ("train", "validation", "test")
TASK_TYPES = ("multiclass", "multilabel", "regression", "event_detection")
LEFT_OUT = "left_out"
SINGLE_FRACTIONS = (0.8, 0.1, 0.1)
N_FOLDS = 5
# All tracks are tested, by probes that were trained on another dataset.
EVERYTHING = "everything"
# Where published parts have no validation part, this share of their training tracks becomes it.
VALIDATION_SHARE = 0.1

SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("fold", pa.int32()),
        ("part", pa.string()),
        ("label", pa.list_(pa.string())),
        ("group", pa.string()),
        ("reason", pa.string()),
    ]
)


# Beside these columns, the events of each track, where the task is to detect them.
EVENTS = pa.field("events", pa.list_(pa.string()))


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

    Of a regression, labels are numbers, whose names are `targets`: `classes` holds the names, `label` the numbers in
    their order, as decimals that read back exactly; parts are alike in the distribution of each target.

    For event detection, `events` hold lists of events (`soundcheck.events`), None or reasons in the place of labels.
    Their labels are handled as those of a multilabel task, and the table has a column `events` of those that stay.

    Raises SoundcheckError for overlapping or empty parts, and for arguments that make no sense.
    """
    name = f"dataset '{dataset}', task '{task}', split '{split}'"
    if task_type not in TASK_TYPES:
        raise SoundcheckError(f"{name}: the task type is one of {', '.join(TASK_TYPES)}, not '{task_type}'.")
    if (task_type == "event_detection") != (events is not None):
        raise SoundcheckError(f"{name}: events are needed for event detection, and for nothing else.")
    items, counted = _items(tracks, labels if events is None else list(map(_labels_of, events)), task_type, name)
    if events is not None:
        ids = tracks["track_id"].to_pylist() if isinstance(tracks, pa.Table) else list(tracks["track_id"])
        of_track = dict(zip(ids, events, strict=True))
        items["events"] = [of_track[track_id] for track_id in items["track_id"]]
    if task_type == "regression":
        targets = _read_numbers(items, targets, task)
    generator = np.random.default_rng(seed_for(seed, dataset, task, split))
    is_official = fractions is None and official is not None
    notes: dict = {}
    dropped: dict[str, str] = {}
    if split == EVERYTHING:
        folds = [items[items["reason"].isna()].reset_index(drop=True).assign(fold=0, part="test")]
    elif is_official:
        which = "all" if published else split
        folds = _official_folds(items, official, which, generator, notes, name, "id" in allow_overlap)
    else:
        shares = _shares(split, fractions, name)
        dropped = {} if targets else _drop_rare_labels(items, task_type, len(shares))
        folds = _drawn_folds(items, shares, split, generator)
    if split != EVERYTHING and not targets:
        dropped |= _drop_untrained_labels(items, folds, task_type)
    if per_class:
        _leave_out_all_but_a_sample(folds, per_class, "regression" if targets else task_type, generator)
        split = f"{split}-{per_class}-per-class"
    classes = targets or sorted({label for fold in folds for label in _labels_in(fold, "train")})
    table = _table(items, folds)
    if split != EVERYTHING:
        check(table, groups=not is_official, name=name, ids="id" not in allow_overlap)
    metadata = {
        "dataset": dataset,
        "task": task,
        "task_type": task_type,
        "split": split,
        "classes": classes,
        "left_out_labels": dropped,
        "fractions": None if is_official or split == EVERYTHING else _part_fractions(shares),
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


def check(table: pa.Table, groups: bool = True, name: str = "split", ids: bool = True) -> None:
    """Raise SoundcheckError, naming the items, where parts share a track (`ids`) or group (`groups`), or one is empty.

    Split tables that others wrote can be checked with it, too.
    """
    frame = table.select(["track_id", "fold", "part", "group", "reason"]).to_pandas()
    if frame.empty:
        raise SoundcheckError(f"{name}: no track has a label for this task.")
    for fold, rows in frame.groupby("fold", sort=True):
        where = f"{name}, fold {fold}"
        twice = rows["track_id"][rows["track_id"].duplicated()].unique()
        if ids and len(twice):
            raise SoundcheckError(f"{where}: in more than one part: {_count(len(twice), 'track')} ({several(twice)}).")
        shared = _shared_groups(rows)
        if groups and shared:
            raise SoundcheckError(
                f"{where}: in more than one part: {_count(len(shared), 'group')} ({several(shared)})."
            )
        counts = {part: int((rows["part"] == part).sum()) for part in (*PARTS, LEFT_OUT)}
        empty = [part for part in PARTS if counts[part] == 0]
        if empty:
            found = ", ".join(f"{part} {count}" for part, count in counts.items())
            reasons = Counter(rows["reason"].dropna()).most_common(1)
            why = f" Most frequent reason for leaving out: {reasons[0][0]}." if reasons else ""
            lacking = f"{empty[0]} part has" if len(empty) == 1 else f"parts {', '.join(empty)} have"
            raise SoundcheckError(f"{where}: the {lacking} no track ({found}).{why}")


def digest(table: pa.Table) -> str:
    """SHA-256 of who is where: fold, track and part of all rows in their order. Equal splits have equal digests."""
    columns = (table[name].to_pylist() for name in ("fold", "track_id", "part"))
    lines = (f"{fold}\t{track_id}\t{part}\n" for fold, track_id, part in zip(*columns, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def group_overlap(table: pa.Table) -> list[str]:
    """The groups that have tracks in more than one part of a fold, sorted. Never in a split that we draw."""
    frame = table.select(["track_id", "fold", "part", "group"]).to_pandas()
    return sorted({group for _, rows in frame.groupby("fold") for group in _shared_groups(rows)})


def _shared_groups(rows: pd.DataFrame) -> list[str]:
    used = rows[(rows["part"] != LEFT_OUT) & rows["group"].notna()]
    n_parts = used.groupby("group")["part"].nunique()
    return sorted(n_parts.index[n_parts > 1])


def _items(
    tracks: pa.Table | pd.DataFrame, labels: Sequence, task_type: str, name: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Tracks that the task applies to (track_id, group, label, reason), sorted by id; and how many were not taken."""
    frame = tracks.select(["track_id", "group", "left_out"]).to_pandas() if isinstance(tracks, pa.Table) else tracks
    labels = list(labels)
    if len(labels) != len(frame):
        raise SoundcheckError(f"{name}: {len(labels)} labels for {len(frame)} tracks.")
    left_out = frame["left_out"].notna() if "left_out" in frame else np.zeros(len(frame), dtype=bool)
    rows = []
    n_not_applicable = 0
    for track_id, group, out, label in zip(frame["track_id"], frame["group"], left_out, labels, strict=True):
        if out:
            continue
        if label is None:
            n_not_applicable += 1
            continue
        reason = label if isinstance(label, str) else None
        label = [] if reason else list(label) if task_type == "regression" else sorted(set(label))
        if reason is None and task_type == "multiclass" and len(label) != 1:
            reason = (
                f"has {len(label)} labels ({', '.join(label)}), and the task is multiclass" if label else "no label"
            )
        rows.append((track_id, group if isinstance(group, str) else None, label, reason))
    items = pd.DataFrame(rows, columns=["track_id", "group", "label", "reason"], dtype=object)
    twice = items["track_id"][items["track_id"].duplicated()]
    if len(twice):
        raise SoundcheckError(f"{name}: track ids are not unique: {several(twice)}.")
    items = items.sort_values("track_id", ignore_index=True)
    return items, {"n_tracks_left_out": int(np.sum(left_out)), "n_not_applicable": n_not_applicable}


def _read_numbers(items: pd.DataFrame, targets: Sequence[str] | None, task: str) -> list[str]:
    """Make the labels numbers that read back exactly, and note the bin of each in `strata`; returns the targets' names.

    What is no finite number, and what has another number of them than there are targets, is left out; changes `items`.
    """
    lengths = Counter(len(label) for label, reason in zip(items["label"], items["reason"], strict=True) if not reason)
    usual = len(targets) if targets else max(lengths, key=lambda length: (lengths[length], length), default=1)
    targets = targets or ([task] if usual == 1 else [f"{task} {number}" for number in range(1, usual + 1)])
    numbers = []
    for row, label in enumerate(items["label"]):
        reason = items.at[row, "reason"] or _why_no_numbers(label, len(targets))
        items.at[row, "reason"] = reason
        numbers.append([] if reason else [float(each) for each in label])
    items["label"] = pd.Series([[repr(each) for each in label] for label in numbers], dtype=object)
    bins = quantile_bins(np.array([label for label in numbers if label]).reshape(-1, len(targets)))
    rows = iter(bins.tolist())
    strata = [[f"{target} {each}" for target, each in enumerate(next(rows))] if label else [] for label in numbers]
    items["strata"] = pd.Series(strata, dtype=object)
    return list(targets)


def _why_no_numbers(label: Sequence, n_targets: int) -> str | None:
    """The reason why labels are not the numbers that a regression needs."""
    if len(label) != n_targets:
        return f"has {_count(len(label), 'value')}, not {_count(n_targets, 'value')}" if label else "no value"
    for each in label:
        try:
            finite = np.isfinite(float(each))
        except (TypeError, ValueError):
            return f"'{each}' is not a number"
        if not finite:
            return f"'{each}' is not a finite number"
    return None


def _shares(split: str, fractions: Sequence[float] | None, name: str) -> list[float]:
    if fractions is None:
        if split not in ("single", "all"):
            raise SoundcheckError(f"{name}: a split is 'single', 'all' or a list of three fractions.")
        return list(SINGLE_FRACTIONS) if split == "single" else [1 / N_FOLDS] * N_FOLDS
    total = sum(fractions)
    # Decimal fractions such as 0.7 + 0.2 + 0.1 are not exactly 1 in binary.
    if len(fractions) != len(PARTS) or min(fractions) <= 0 or abs(total - 1) > 1e-6:
        raise SoundcheckError(
            f"{name}: fractions are three numbers above 0 (train, validation, test) that sum to 1, "
            f"not {list(fractions)}."
        )
    return [fraction / total for fraction in fractions]


def _part_fractions(shares: list[float]) -> list[float]:
    """What train, validation and test get; five folds give 0.6, 0.2, 0.2."""
    if len(shares) == len(PARTS):
        return [round(share, 6) for share in shares]
    return [1 - 2 / len(shares), 1 / len(shares), 1 / len(shares)]


def _group_keys(items: pd.DataFrame) -> list[tuple[str, str]]:
    """Tracks without a group are each a group of their own; a pair keeps those apart from groups of the same name."""
    return [
        ("group", group) if group is not None else ("track", track_id)
        for track_id, group in zip(items["track_id"], items["group"], strict=True)
    ]


def _drop_rare_labels(items: pd.DataFrame, task_type: str, n_parts: int) -> dict[str, str]:
    """Leave out what cannot be in every part; changes `items`, returns the labels with their reasons."""
    n_items: Counter = Counter()
    groups: dict[str, set] = {}
    usable = items[items["reason"].isna()]
    for key, label in zip(_group_keys(usable), usable["label"], strict=True):
        for each in label:
            n_items[each] += 1
            groups.setdefault(each, set()).add(key)
    dropped = {
        label: f"label '{label}' has {_count(n_items[label], 'item')} in {_count(len(found), 'group')}; "
        f"a split into {n_parts} parts needs {n_parts} groups"
        for label, found in sorted(groups.items())
        if len(found) < n_parts
    }
    _remove_labels(items, dropped, task_type)
    return dropped


def _remove_labels(items: pd.DataFrame, dropped: dict[str, str], task_type: str) -> None:
    if not dropped:
        return
    if task_type == "multiclass":
        reasons = [dropped.get(label[0]) if label else None for label in items["label"]]
        items["reason"] = items["reason"].where(items["reason"].notna(), pd.Series(reasons, dtype=object))
    else:
        items["label"] = pd.Series([[each for each in label if each not in dropped] for label in items["label"]])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _drawn_folds(
    items: pd.DataFrame, shares: list[float], split: str, generator: np.random.Generator
) -> list[pd.DataFrame]:
    usable = items[items["reason"].isna()].reset_index(drop=True)
    assigned = _assign(usable, shares, generator)
    if split == "all" and len(shares) == N_FOLDS:
        parts = []
        for fold in range(N_FOLDS):
            part = np.full(len(usable), "train", dtype=object)
            part[assigned == fold] = "validation"
            part[assigned == (fold + 1) % N_FOLDS] = "test"
            parts.append(part)
    else:
        parts = [np.array(PARTS, dtype=object)[assigned]]
    return [usable.assign(fold=fold, part=part) for fold, part in enumerate(parts)]


def _assign(items: pd.DataFrame, shares: Sequence[float], generator: np.random.Generator) -> np.ndarray:
    """The index of each item's part, `(n_items,)`, drawn over groups."""
    keys = _group_keys(items)
    row_of = {key: row for row, key in enumerate(sorted(set(keys)))}
    labels = items["strata"] if "strata" in items else items["label"]
    column_of = {label: column for column, label in enumerate(sorted({each for one in labels for each in one}))}
    counts = np.zeros((len(row_of), len(column_of)), dtype=int)
    sizes = np.zeros(len(row_of), dtype=int)
    rows = np.array([row_of[key] for key in keys], dtype=int)
    for row, label in zip(rows, labels, strict=True):
        sizes[row] += 1
        for each in label:
            counts[row, column_of[each]] += 1
    return stratify(counts, sizes, shares, generator)[rows]


def _official_folds(
    items: pd.DataFrame,
    official: pd.DataFrame,
    split: str,
    generator: np.random.Generator,
    notes: dict,
    name: str,
    allows_ids: bool,
) -> list[pd.DataFrame]:
    if split not in ("single", "all"):
        raise SoundcheckError(f"{name}: a split is 'single', 'all' or a list of three fractions.")
    unknown = sorted(set(official["part"]) - set(PARTS))
    if unknown:
        raise SoundcheckError(
            f"{name}: unknown parts {several(unknown)} in the official split; parts are {', '.join(PARTS)}."
        )
    if official.empty:
        raise SoundcheckError(f"{name}: the official split names no track.")
    numbers = sorted(set(official["fold"]))
    folds = []
    for position, number in enumerate(numbers[:1] if split == "single" else numbers):
        given = official[official["fold"] == number]
        twice = given["track_id"][given["track_id"].duplicated()]
        if len(twice) and not allows_ids:
            raise SoundcheckError(
                f"{name}, fold {number}: in more than one part of the official split: {several(twice)}. To go on all "
                "the same, write `allow_overlap: [id]` at this dataset in the configuration."
            )
        # A left merge keeps the order of the items, and drops ids of tracks that are not there (left out, or missing).
        fold = items.merge(given[["track_id", "part"]], on="track_id", how="left").assign(fold=position)
        outside = fold["part"].isna() & fold["reason"].isna()
        fold.loc[outside, "reason"] = "in no part of the dataset's own split"
        fold = fold[fold["reason"].isna() | outside].reset_index(drop=True)
        fold.loc[fold["reason"].notna(), "part"] = LEFT_OUT
        if not (fold["part"] == "validation").any():
            notes["validation_from_train"] = VALIDATION_SHARE
            _take_validation(fold, generator)
        folds.append(fold)
    return folds


def _take_validation(fold: pd.DataFrame, generator: np.random.Generator) -> None:
    train = fold[fold["part"] == "train"]
    if train.empty:
        return
    assigned = _assign(train.reset_index(drop=True), (1 - VALIDATION_SHARE, VALIDATION_SHARE), generator)
    fold.loc[train.index[assigned == 1], "part"] = "validation"


def _drop_untrained_labels(items: pd.DataFrame, folds: list[pd.DataFrame], task_type: str) -> dict[str, str]:
    """Leave out what a fold would test without having trained it; changes `folds`, returns dropped labels."""
    dropped: dict[str, str] = {}
    for number, fold in enumerate(folds):
        trained = _labels_in(fold, "train")
        for part in ("validation", "test"):
            for label in sorted(_labels_in(fold, part) - trained):
                dropped.setdefault(label, _untrained(label, number))
        if task_type == "multiclass":
            unseen = [
                part in ("validation", "test") and not trained.issuperset(label)
                for part, label in zip(fold["part"], fold["label"], strict=True)
            ]
            fold.loc[unseen, "reason"] = [_untrained(label[0], number) for label in fold["label"][unseen]]
            fold.loc[unseen, "part"] = LEFT_OUT
    if task_type == "multiclass":
        return {}
    for fold in folds:
        _remove_labels(fold, dropped, task_type)
    return dropped


def _leave_out_all_but_a_sample(
    folds: list[pd.DataFrame], per_class: int, task_type: str, generator: np.random.Generator
) -> None:
    """Keep the same tracks in every fold; changes `folds`."""
    used = folds[0][folds[0]["part"] != LEFT_OUT]
    if task_type == "regression":
        used = used.assign(label=[["all"]] * len(used))
    chosen = sampled(used, per_class, generator)
    for fold in folds:
        others = (fold["part"] != LEFT_OUT) & ~fold["track_id"].isin(chosen)
        fold.loc[others, "reason"] = f"not in the sample of {per_class} tracks of each class"
        fold.loc[others, "part"] = LEFT_OUT


def _untrained(label: str, fold: int) -> str:
    return f"label '{label}' has no item in the train part of fold {fold}"


def _labels_in(fold: pd.DataFrame, part: str) -> set[str]:
    return {each for label in fold["label"][fold["part"] == part] for each in label}


def _table(items: pd.DataFrame, folds: list[pd.DataFrame]) -> pa.Table:
    """Each fold's rows, and in each fold the items that were left out before the parts were drawn."""
    before = items[items["reason"].notna()].assign(part=LEFT_OUT)
    whole = [pd.concat([fold, before.assign(fold=number)]) for number, fold in enumerate(folds)]
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
