"""One long table of all scores, and the reading of one evaluation from it."""

import csv

import pyarrow as pa
import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, MISSING, PROBES, N, write_scores

from soundcheck import parquet
from soundcheck.presenting.evaluation import read_evaluation, usual_n
from soundcheck.scoring.table import KEY, SCHEMA, collect


@pytest.fixture
def paths(tmp_path):
    return write_scores(tmp_path / "scores")


@pytest.fixture
def results(paths, tmp_path):
    collect(paths, tmp_path / "results.parquet")
    return tmp_path / "results.parquet"


def test_every_row_of_every_file_arrives_unchanged(paths, results):
    def typed(row):
        numbers = {name: float(row[name]) if row[name] else None for name in ("value", "low", "high", "seed_std")}
        return row | numbers | {"n": int(row["n"])}

    written = [typed(row) for path in paths for row in csv.DictReader(path.open(newline=""))]
    read = parquet.read(results).to_pylist()
    by_key = lambda row: tuple(row[name] for name in KEY)  # noqa: E731
    assert sorted(read, key=by_key) == sorted(written, key=by_key)


def test_rows_are_sorted_by_the_axes(results):
    keys = [tuple(row[name] for name in KEY) for row in parquet.read(results).to_pylist()]
    assert keys == sorted(keys)


def test_columns_have_the_types_of_the_schema(results):
    schema = parquet.read(results).schema
    assert [(each.name, each.type) for each in schema] == [(each.name, each.type) for each in SCHEMA]
    assert schema.field("seed").type == pa.string()


def test_the_order_of_the_files_changes_no_byte(paths, results, tmp_path):
    collect(reversed(paths), tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == results.read_bytes()


def test_line_ends_and_a_missing_last_line_end_change_nothing(paths, results, tmp_path):
    paths[0].write_bytes(paths[0].read_bytes().replace(b"\n", b"\r\n").rstrip(b"\r\n"))
    collect(paths, tmp_path / "again.parquet")
    assert parquet.read(tmp_path / "again.parquet").equals(parquet.read(results))


def test_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no scores file to collect"):
        collect([], tmp_path / "results.parquet")
    assert not (tmp_path / "results.parquet").exists()


def test_an_empty_file_is_refused_by_name(paths, tmp_path):
    paths[3].write_text("")
    with pytest.raises(ValueError, match=paths[3].name):
        collect(paths, tmp_path / "results.parquet")


def test_a_file_with_a_header_alone_is_refused(paths, tmp_path):
    paths[0].write_text(",".join(SCHEMA.names) + "\n")
    with pytest.raises(ValueError, match="holds no score"):
        collect(paths, tmp_path / "results.parquet")


def test_a_file_with_other_columns_is_refused(paths, tmp_path):
    paths[0].write_text("track_id,fold\na,0\n")
    with pytest.raises(ValueError, match=r"not a scores file.*track_id,fold"):
        collect(paths, tmp_path / "results.parquet")


def test_a_cell_in_two_files_is_refused_naming_both(paths, tmp_path):
    copy = tmp_path / "scores" / "copy.csv"
    copy.write_bytes(paths[0].read_bytes())
    with pytest.raises(ValueError, match="come twice") as error:
        collect([*paths, copy], tmp_path / "results.parquet")
    assert str(copy) in str(error.value)
    assert str(paths[0]) in str(error.value)
    assert str(paths[1]) not in str(error.value)


def test_an_evaluation_holds_the_aggregates_the_seeds_and_the_class_sizes(results):
    found = read_evaluation(results, "bells", "instrument_classification", "single")
    assert len([key for key in found.scores if key[0] == "accuracy"]) == len(EMBEDDERS) * len(PROBES) * 3 - 1
    assert found.score("accuracy", *MISSING) is None
    assert found.score("accuracy", CONDITIONS[0], EMBEDDERS[0], PROBES[0]).n == N
    assert found.labels("f1_macro") == sorted(CLASSES)
    assert found.seeds == dict.fromkeys(PROBES, 3)
    assert found.folds == 1
    assert found.class_sizes == dict.fromkeys(sorted(CLASSES), N // 3)


def test_a_label_without_a_value_is_kept_as_undefined(tmp_path):
    collect(write_scores(tmp_path, left_out_label=CLASSES[1]), tmp_path / "results.parquet")
    found = read_evaluation(tmp_path / "results.parquet", "bells", "instrument_classification", "single")
    score = found.score("f1_macro", "clean", EMBEDDERS[0], PROBES[0], CLASSES[1])
    assert score.value is None
    assert score.n == N // 3


def test_an_evaluation_that_is_not_there_names_those_that_are(results):
    with pytest.raises(ValueError, match="bells/instrument_classification/single"):
        read_evaluation(results, "bells", "key_estimation", "single")


def test_the_usual_number_of_items_is_the_most_common_and_then_the_larger():
    assert usual_n([90, 88, 90]) == 90
    assert usual_n([88, 90]) == 90
    assert usual_n([]) == 0
