"""Tables with their provenance: what was written is read, and only what repeats is stored as if it did."""

import pyarrow as pa
import pyarrow.parquet as pq

from soundcheck import parquet

TABLE = pa.table(
    {
        "track_id": ["a", "b", "b"],
        "fold": pa.array([0, 0, 1], pa.int32()),
        "label": [["flute"], ["oboe", "loud"], []],
        "value": [0.1, 0.2, 0.3],
        "score": pa.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]], pa.list_(pa.float32(), 2)),
    }
)


def test_a_table_and_its_metadata_come_back(tmp_path):
    parquet.write(TABLE, tmp_path / "t.parquet", {"é": [1, None]})
    assert parquet.read(tmp_path / "t.parquet").equals(TABLE)
    assert parquet.read(tmp_path / "t.parquet", ["fold"]).column_names == ["fold"]
    assert parquet.metadata(tmp_path / "t.parquet") == {"é": [1, None]}


def test_all_columns_but_floats_have_a_dictionary(tmp_path):
    parquet.write(TABLE, tmp_path / "t.parquet")
    group = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    assert [column.path_in_schema for column in columns if column.has_dictionary_page] == [
        "track_id",
        "fold",
        "label.list.element",
    ]
