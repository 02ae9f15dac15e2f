"""Tables of vectors: an index, a label or a fold is never taken for a value, however the table was written."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from soundcheck import parquet
from soundcheck.embedding import store, vector_tables
from soundcheck.embedding.precomputed import embed_from_folder
from soundcheck.plumbing.errors import SoundcheckError

IDS = [f"{number:03}" for number in range(6)]
FRAME = pd.DataFrame({"track_id": IDS, "a": np.arange(6) + 0.5, "b": -np.arange(6) - 0.25})
VALUES = FRAME[["a", "b"]].to_numpy()


def write(folder: Path, frame: pd.DataFrame, name="clean.csv", **options) -> Path:
    place = folder / name
    if place.suffix == ".csv":
        frame.to_csv(place, **{"index": False} | options)
    else:
        frame.to_parquet(place, **options)
    return place


def with_first(frame: pd.DataFrame, name: str, values) -> pd.DataFrame:
    frame = frame.copy()
    frame.insert(0, name, values)
    return frame


SHUFFLED = FRAME.set_axis([4, 7, 1, 9, 0, 2])
INDEXED = {
    "as pandas writes a table": (FRAME, "clean.csv", {"index": True}),
    "filtered and shuffled before": (SHUFFLED, "clean.csv", {"index": True}),
    "written and read twice": (with_first(FRAME, "Unnamed: 0", range(6)), "clean.csv", {"index": True}),
    "counted from 1 under a name": (with_first(FRAME, "row", range(1, 7)), "clean.csv", {}),
    "counted under any name": (with_first(FRAME, "foo", range(6)), "clean.csv", {}),
    "Parquet with the index of pandas": (SHUFFLED, "clean.parquet", {}),
    "Parquet with a named index": (SHUFFLED.rename_axis("foo"), "clean.parquet", {}),
    "Parquet that counts": (with_first(FRAME, "foo", range(6)), "clean.parquet", {}),
    "Parquet indexed by track": (FRAME.set_index("track_id"), "clean.parquet", {}),
}


@pytest.mark.parametrize("form", INDEXED)
def test_an_index_is_never_a_value(tmp_path, form):
    frame, name, options = INDEXED[form]
    table = vector_tables.read(write(tmp_path, frame, name, **options))
    assert table.taken == ("a", "b")
    np.testing.assert_array_equal(np.concatenate([table.of_track(track_id) for track_id in IDS]), VALUES)


@pytest.mark.parametrize("name", ["clean.csv", "clean.parquet"])
def test_a_column_that_counts_the_frames_of_each_track_is_no_value(tmp_path, name):
    frames = pd.DataFrame({"track_id": list("aaabbb"), "n": [0, 1, 2, 0, 1, 2], "a": 0.5 * np.ones(6)})
    assert vector_tables.read(write(tmp_path, frames, name)).taken == ("a",)


@pytest.mark.parametrize("fact", ["label", "index", "Fold", "class_id", "split", "sample rate", "start", "y", "target"])
@pytest.mark.parametrize("name", ["clean.csv", "clean.parquet"])
def test_what_is_known_of_a_track_is_no_value_unless_it_is_named(tmp_path, fact, name):
    place = write(tmp_path, FRAME.rename(columns={"a": "aa"}).assign(**{fact: [0, 1, 1, 0, 1, 0]}), name)
    with pytest.raises(SoundcheckError, match=rf": {fact} is called like .* `columns: \[aa, b\]`"):
        vector_tables.read(place)
    assert vector_tables.read(place, ["b", fact]).taken == ("b", fact)
    assert vector_tables.read(place, ["aa", "b"]).left == (fact,)


def test_the_axes_of_a_space_are_values(tmp_path):
    assert vector_tables.read(write(tmp_path, FRAME.rename(columns={"a": "x", "b": "y"}))).taken == ("x", "y")


def test_values_may_be_named_by_a_pattern_or_one_by_one_in_any_order(tmp_path):
    frame = FRAME.assign(v1=1.0, v2=2.0, kind="loud")
    for name in ("clean.csv", "clean.parquet"):
        place = write(tmp_path, frame, name)
        assert vector_tables.read(place, ["v*"]).taken == ("v1", "v2")
        table = vector_tables.read(place, ["v2", "a"])
        np.testing.assert_array_equal(table.of_track("003"), [[2.0, 3.5]])
        assert table.left == ("b", "v1", "kind")
        with pytest.raises(SoundcheckError, match=r"has no column 'w\*', named by `columns`"):
            vector_tables.read(place, ["w*"])
    numbered = pd.DataFrame(VALUES).assign(track_id=IDS)
    assert vector_tables.read(write(tmp_path, numbered), [0, 1]).taken == ("0", "1")


@pytest.mark.parametrize(
    "options", [{"sep": ";"}, {"sep": "\t"}, {"sep": ";", "decimal": ","}, {"encoding": "utf-8-sig"}, {"quoting": 1}]
)
def test_tables_of_spreadsheets_are_read(tmp_path, options):
    table = vector_tables.read(write(tmp_path, FRAME, **options))
    np.testing.assert_array_equal(table.values, VALUES)


def test_a_cell_that_is_no_number_is_named_with_its_column(tmp_path):
    place = write(tmp_path, with_first(FRAME, "", range(6)).astype({"b": str}).replace({"b": {"-2.25": "low"}}))
    with pytest.raises(SoundcheckError, match=r"the column 'b' holds 'low', which is no number; .*`columns: \[a\]`"):
        vector_tables.read(place)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    place = write(tmp_path, FRAME, header=["track_id", "a", "a"])
    with pytest.raises(SoundcheckError, match="has the column 'a' twice"):
        vector_tables.read(place)


@pytest.mark.parametrize("name", ["clean.csv", "clean.parquet"])
def test_ids_in_the_index_are_asked_for_by_name(tmp_path, name):
    place = write(tmp_path, FRAME.set_index("track_id").rename_axis(None), name, index=True)
    with pytest.raises(SoundcheckError, match=r"has no column 'track_id'.*rename_axis\('track_id'\)"):
        vector_tables.read(place)


def test_lists_under_another_name_are_taken_where_they_are_alone_or_named(tmp_path):
    frame = pd.DataFrame({"track_id": IDS, "vector": list(VALUES), "label": 1})
    place = write(tmp_path, frame.drop(columns="label"), "clean.parquet")
    np.testing.assert_array_equal(vector_tables.read(place).values, VALUES)
    place = write(tmp_path, frame.rename(columns={"label": "more"}), "clean.parquet")
    with pytest.raises(SoundcheckError, match=r"'vector' is list<.*>, no number; .*`columns: \[vector\]`"):
        vector_tables.read(place)
    np.testing.assert_array_equal(vector_tables.read(place, ["vector"]).values, VALUES)
    named = write(tmp_path, frame.rename(columns={"vector": "embedding"}), "clean.parquet")
    table = vector_tables.read(named)
    assert (table.taken, table.left) == (("embedding",), ("label",))


@pytest.mark.parametrize("kind", ["float16", "float32", "int8", "uint16", "int64", "bool"])
def test_numbers_of_any_kind_are_values(tmp_path, kind):
    frame = pd.DataFrame({"track_id": IDS, "a": np.array([1, 0, 1, 1, 0, 1]).astype(kind)})
    np.testing.assert_array_equal(vector_tables.read(write(tmp_path, frame, "clean.parquet")).values, frame[["a"]])


@pytest.fixture
def embed(tmp_path):
    def run(condition="clean", **more):
        tracks = [(track_id, f"{track_id}.wav", 1.0) for track_id in IDS]
        target = tmp_path / "e.parquet"
        embed_from_folder(tracks, condition, tmp_path, "mine", target, tmp_path / "a.csv", {}, **more)
        return store.read(target)[1], parquet.metadata(target)

    return run


def test_the_log_and_the_facts_say_which_columns_were_taken(embed, tmp_path, capsys):
    write(tmp_path, FRAME.assign(label=1), index=True)
    vectors, facts = embed(columns=["a", "b"])
    np.testing.assert_array_equal(vectors, VALUES)
    assert facts["columns"] == "a, b (2 columns)"
    assert facts["columns_left_out"] == "column 1 (without a name), label"
    assert re.search(r"clean\.csv: the values are a, b \(2 columns\); left out: column 1", capsys.readouterr().out)


def test_a_condition_has_its_columns_in_the_order_of_clean(embed, tmp_path):
    write(tmp_path, FRAME)
    write(tmp_path, FRAME[["b", "track_id", "a"]], "noise.parquet")
    np.testing.assert_array_equal(embed("noise")[0], VALUES)
    for condition in ("clean", "noise"):
        np.testing.assert_array_equal(embed(condition, columns=["b", "a"])[0], VALUES[:, ::-1])
    write(tmp_path, FRAME.assign(c=1.5), "noise.parquet")
    with pytest.raises(SoundcheckError, match=r"noise\.parquet has the column 'c', which .*clean\.csv has not"):
        embed("noise")


def test_columns_have_no_meaning_for_arrays(embed, tmp_path):
    np.savez(tmp_path / "clean.npz", **dict(zip(IDS, VALUES, strict=True)))
    with pytest.raises(SoundcheckError, match="`columns` is for a table, but the vectors are arrays; leave it out"):
        embed(columns="v*")
