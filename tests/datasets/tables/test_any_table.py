"""Generated tables, well-formed and odd: each row is used as it is meant, or listed or refused with its row."""

import csv
import io
import json
import re
import shutil
from dataclasses import dataclass, field

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.datasets import index
from soundcheck.datasets.sources import folder
from soundcheck.datasets.splits import making, questions
from soundcheck.events import number
from soundcheck.plumbing.errors import SoundcheckError

N_FILES = 12
# The same tables in every run.
FIXED = settings(
    max_examples=70, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
LABELS = ["low", "acoustic guitar", "R'n'B", '12" mix', "hip/hop", "café", "C#", "(live)", "100 %", "Ünï \\ x", "it's"]
PARTS = {"train": ["train", "Training", "TRAIN"], "validation": ["val", "dev", "Valid"], "test": ["test", "eval"]}
UNSEEN = ["", "", "", "\u200b", " ", "\u00a0", "\ufeff"]


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    root = tmp_path_factory.mktemp("audio")
    for i in range(N_FILES):
        soundfile.write(root / f"{i:02}.wav", np.full(80, 0.1), 8000)
    yield root
    shutil.rmtree(root)


@dataclass
class Meant:
    """What a row means: None where its column is absent or its cell empty."""

    path: str
    labels: list[str]
    part: str | None = None
    fold: int | None = None
    group: str | None = None


@dataclass
class Written:
    """A table as text, and where its rows are."""

    text: bytes
    rows: list[int]
    options: dict = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------- what is meant, and how


@st.composite
def meanings(draw, task_type):
    n = draw(st.integers(3, N_FILES))
    rows = []
    has_groups, kind = draw(st.booleans()), draw(st.sampled_from(["", "split", "fold"]))
    n_labels = {"multiclass": (1, 1), "multilabel": (0, 3), "regression": (1, 1)}[task_type]
    for i in range(n):
        labels = draw(st.lists(st.sampled_from(LABELS), min_size=n_labels[0], max_size=n_labels[1], unique=True))
        if task_type == "regression":
            labels = [repr(draw(st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)))]
        row = Meant(f"{i:02}.wav", labels)
        row.group = draw(st.sampled_from([None, "g 1", "g 2", "ö"])) if has_groups else None
        row.part = draw(st.sampled_from([None, *PARTS])) if kind == "split" else None
        # Three folds are there in any table with folds.
        row.fold = (i + 1 if i < 3 else draw(st.integers(1, 12))) if kind == "fold" else None
        rows.append(row)
    return rows


LISTS = {
    "bars": "|".join,
    "spaced bars": " | ".join,
    "python": str,
    "tuple": lambda labels: str(tuple(labels)),
    "set": lambda labels: str(set(labels)) if labels else "set()",
    "json": json.dumps,
    "numpy": lambda labels: str(np.array(labels)) if labels else "[]",
    "numpy in lists": lambda labels: str([np.str_(label) for label in labels]),
}
FOLDS = {"plain": "{}", "decimal": "{}.0", "padded": "{:02}", "word": "fold{}", "words": "Fold {}"}


@st.composite
def renderings(draw, meant, task_type):
    """A table that means these rows, in one of the ways in which people and programs write it."""
    unseen = st.sampled_from(UNSEEN)
    as_columns = task_type == "multilabel" and draw(st.booleans())
    columns: dict[str, list[str]] = {"path": [row.path for row in meant]}
    options = {}
    if as_columns:
        names = sorted({label for row in meant for label in row.labels} | {"never", "nor this"})
        yes, no = draw(st.sampled_from([("1", "0"), ("1.0", "0.0"), ("True", "FALSE"), ("x", ""), ("yes", "no")]))
        columns |= {name: [yes if name in row.labels else no for row in meant] for name in names}
        options["label"] = names
    elif task_type == "multilabel":
        style = draw(st.sampled_from(sorted(LISTS)))
        columns[draw(st.sampled_from(["tags", "labels"]))] = [LISTS[style](row.labels) for row in meant]
    else:
        stray = unseen if task_type == "multiclass" else st.just("")
        columns["label"] = [row.labels[0] + draw(stray) for row in meant]
    if any(row.group for row in meant):
        columns["group"] = [(row.group or "") + draw(unseen) for row in meant]
    if any(row.part for row in meant):
        columns[draw(st.sampled_from(["split", "Part"]))] = [
            draw(st.sampled_from(PARTS[row.part])) + draw(unseen) if row.part else "" for row in meant
        ]
    if any(row.fold for row in meant):
        form = FOLDS[draw(st.sampled_from(sorted(FOLDS)))]
        columns["fold"] = [form.format(row.fold) for row in meant]
    if draw(st.booleans()):
        columns[draw(st.sampled_from(["notes", "marked", "left_out", "events", "set", "csv_left_out"]))] = [
            draw(st.sampled_from(["", "a, b; c", 'say "so"', "two\nlines, of text", "1"])) for _ in meant
        ]
    return draw(texts(columns)), options


@st.composite
def texts(draw, columns):
    """Columns as the bytes of a CSV; and the row of each, as a spreadsheet counts."""
    names = draw(st.permutations(list(columns)))
    index_name = draw(st.sampled_from([None, "", "Unnamed: 0"]))
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
    above = draw(st.sampled_from(["", "# made by me", "# a, b; c"]))
    lead = [] if index_name is None else [index_name]
    stream.write(above + end if above else "")
    writer.writerow([*lead, *names])
    rows, at = [], (2 if above else 1)
    for i, cells in enumerate(zip(*(columns[name] for name in names), strict=True)):
        at += 1
        if draw(st.integers(0, 9)) == 0:
            stream.write(end)
            at += 1
        writer.writerow([*([] if index_name is None else [i]), *cells])
        rows.append(at)
    text = stream.getvalue()
    if draw(st.booleans()):
        text = f"sep={delimiter}{end}{text}"
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))), rows


# ------------------------------------------------------------------------------------------------------------ outcomes


def outcome(root, text, task_type, options):
    """The tracks by path, their labels or reasons, and their parts by fold, as a split gets them; or what refused."""
    (root / "t.csv").write_bytes(text)
    options = {"csv": str(root / "t.csv")} | options
    tracks = index.index(folder, root, "mine", options)[0].to_pandas()
    found, _ = questions.labels(folder, tracks, "mood", task_type)
    official = questions.official_splits(folder, tracks, "mood")
    parts = {}
    for row in [] if official is None else official.itertuples():
        parts.setdefault(row.track_id, {})[row.fold] = row.part
    rows = {
        row["path"]: row | {"labels": labels, "parts": parts.get(row["track_id"], {})}
        for row, labels in zip(tracks.to_dict("records"), found, strict=True)
    }
    refusal = ""
    try:
        table, _ = making.split_of(
            folder, tracks, dataset="mine", task="mood", task_type=task_type, seed=0, options=options,
            split={"whole": "single", "fractions": None, "published": None, "per_class": None},
        )  # fmt: skip
    except SoundcheckError as problem:
        refusal = str(problem)
    if refusal:
        # Few rows seldom make a split; what it refuses is all of it.
        assert refusal.startswith("dataset 'mine', task 'mood', split 'single'"), refusal
    else:
        usable = {row["track_id"] for row in rows.values() if not isinstance(row["left_out"], str)}
        placed = table.to_pandas()
        assert set(placed["track_id"]) == usable
        assert placed["track_id"].is_unique
        assert (placed["reason"].notna() == (placed["part"] == "left_out")).all()
    return rows


def outcome_or_refusal(root, text, task_type, options):
    try:
        return outcome(root, text, task_type, options), ""
    except SoundcheckError as problem:
        return {}, str(problem)


def is_as_meant(row, meant, task_type):
    if task_type == "regression":
        same = [number(label) for label in row["labels"]] == [float(label) for label in meant.labels]
    else:
        same = not isinstance(row["labels"], str) and set(row["labels"]) == set(meant.labels)
    tested = {fold: part for fold, part in row["parts"].items() if part == "test"}
    group = row["group"] if isinstance(row["group"], str) else None
    if meant.fold is not None:
        in_part = list(tested) == [meant.fold]
    else:
        in_part = row["parts"] == ({0: meant.part} if meant.part else {})
    return same and in_part and group == meant.group


TASK_TYPES = st.sampled_from(["multiclass", "multilabel", "regression"])


@FIXED
@given(data=st.data(), task_type=TASK_TYPES)
def test_a_table_is_read_as_it_is_meant_however_it_is_written(audio, data, task_type):
    meant = data.draw(meanings(task_type))
    (text, _), options = data.draw(renderings(meant, task_type))
    rows = outcome(audio, text, task_type, options)
    assert set(rows) == {row.path for row in meant}
    for row in meant:
        assert not isinstance(rows[row.path]["left_out"], str)
        assert is_as_meant(rows[row.path], row, task_type), (rows[row.path], row, text)


JUNK = {
    "path": ["gone.wav", "", ".", "x" * 300, "00.wav"],
    "label": ["", "['a' 'b' ... 'z']", "\u200b", "nan", "1_000", "[a, b]"],
    "fold": ["1.5", "x", "-1", "1_0", "001", "fold 1"],
    "split": ["tset", "1", "both", "train, test"],
    "group": ["g\u200b", "7"],
}


@FIXED
@given(data=st.data(), task_type=TASK_TYPES)
def test_a_row_with_an_odd_cell_is_used_listed_or_refused_and_the_others_are_as_meant(audio, data, task_type):
    meant = data.draw(meanings(task_type))
    place = data.draw(st.integers(0, len(meant) - 1))
    (text, at), options = data.draw(renderings(meant, task_type))
    encoding = "utf-16" if text[:2] == b"\xff\xfe" else "utf-8-sig"
    lines = list(csv.reader(io.StringIO(text.decode(encoding), newline=""), delimiter=_delimiter_of(text, encoding)))
    header = next(line for line in lines if "path" in line)
    line = next(line for line in lines if meant[place].path in line)
    kinds = {"tags": "label", "labels": "label", "Part": "split"} | dict.fromkeys(options.get("label", []), "label")
    columns = [i for i, name in enumerate(header) if kinds.get(name, name) in JUNK]
    column = data.draw(st.sampled_from(columns))
    kind = kinds.get(header[column], header[column])
    line[column] = data.draw(st.sampled_from(JUNK[kind]))
    stream = io.StringIO()
    csv.writer(stream, delimiter=_delimiter_of(text, encoding), lineterminator="\n").writerows(lines)
    rows, refusal = outcome_or_refusal(audio, stream.getvalue().encode(), task_type, options)
    if refusal:
        numbers = {int(found) for found in re.findall(r"\d+", "".join(re.findall(r"rows? ([\d, ]+)", refusal)))}
        # Or it says of the whole table what is wrong: none of its files is there, folds are too few.
        assert at[place] in numbers or re.search("none of its|at least three folds|has a label", refusal), refusal
        return
    # A row whose only cell is empty now is no row.
    assert len(rows) == len(meant) - (not any(line))
    for row in meant:
        if row is not meant[place]:
            found = rows[row.path]
            # The folds before and after the one that is gone may validate now; the tested one stays.
            assert is_as_meant(found, row, task_type), (found, row)


def _delimiter_of(text, encoding):
    header = next(line for line in text.decode(encoding).splitlines() if "path" in line)
    return max(",;\t", key=header.count)


WORDS = ["", "1", "0", "0.5", "train", "val", "test", "1.0", "2", "3", "nan", "['a']", "(", '"', "'", "a|b", "a;b"]
NASTY = st.one_of(
    st.sampled_from([*LABELS, *WORDS]),
    st.text(alphabet=st.sampled_from("ab ,;|\t\n\r\"'[]{}()\\./#=\u200b\u00e9\ufeff١½-+_e"), max_size=8),
    st.just("x\u2028y"),
)
NAMES = ["split", "fold", "group", "track_id", "x", "marked", "unclear", "left_out", "", "path ", "events_file"]


@FIXED
@given(
    data=st.data(),
    label=st.sampled_from(["label", "labels", "tags"]),
    others=st.lists(st.sampled_from(NAMES), max_size=3),
    task_type=TASK_TYPES,
    raw=st.booleans(),
)
def test_any_text_is_a_table_of_as_many_tracks_or_is_refused(audio, data, label, others, task_type, raw):
    n = data.draw(st.integers(1, 6))
    names = data.draw(st.permutations(["path", label, *others]))
    rows = [[f"{i:02}.wav" if name == "path" else data.draw(NASTY) for name in names] for i in range(n)]
    if raw:
        text = "\n".join(",".join(row) for row in [names, *rows])
    else:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
        text = stream.getvalue()
    found, refusal = outcome_or_refusal(audio, text.encode(), task_type, {})
    if refusal:
        assert "t.csv" in refusal
        return
    assert set(found) >= {f"{i:02}.wav" for i in range(n)}
    # A line break that no quotation mark holds makes a row of its own, which is a track as well.
    assert len(found) == n or (raw and len(found) > n)
