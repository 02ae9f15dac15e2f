from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import soundfile

from soundcheck import parquet
from soundcheck.datasets import index
from soundcheck.plumbing.errors import SoundcheckError


def module(rows):
    tracks = pd.DataFrame(rows)
    return SimpleNamespace(
        TITLE="Test", LICENSE="none", BIBTEX="", SYNTHETIC=True, tracks=lambda folder, **options: tracks
    )


def tone(n_samples, channels=1):
    return np.full((n_samples, channels), 0.1, dtype="float32")


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "good.wav", tone(22050), 44100)
    soundfile.write(tmp_path / "eight.wav", tone(48000, 8), 48000)
    soundfile.write(tmp_path / "fast.wav", tone(192), 192000)
    soundfile.write(tmp_path / "no-frames.wav", tone(0), 44100)
    (tmp_path / "no-bytes.wav").write_bytes(b"")
    (tmp_path / "corrupt.mp3").write_bytes(b"this is not audio" * 100)
    (tmp_path / "folder.wav").mkdir()
    return tmp_path


NAMES = (
    "no-frames.wav",
    "good.wav",
    "missing.wav",
    "eight.wav",
    "no-bytes.wav",
    "fast.wav",
    "corrupt.mp3",
    "folder.wav",
)
ROWS = [{"track_id": name.split(".")[0], "path": name, "group": None, "mood": "calm"} for name in NAMES]


def test_bad_files_are_listed_with_their_reason_and_counted(folder):
    table, metadata = index.index(module(ROWS), folder, "test", {}, 2)
    reasons = dict(zip(table["track_id"].to_pylist(), table["left_out"].to_pylist(), strict=True))
    assert reasons["missing"] == "missing file"
    assert reasons["no-bytes"] == "empty file (0 bytes)"
    assert reasons["no-frames"] == "empty (0 frames)"
    assert reasons["corrupt"].startswith("not readable as audio: ")
    assert str(folder) not in reasons["corrupt"]
    assert reasons["folder"].startswith("not readable as audio: ")
    assert [name for name, reason in reasons.items() if reason is None] == ["eight", "fast", "good"]
    assert (metadata["n_found"], metadata["n_left_out"]) == (8, 5)


def test_a_format_that_is_not_supported_says_what_to_do(tmp_path):
    (tmp_path / "a.M4A").write_bytes(b"\0\0\0 ftypM4A " + bytes(100))
    assert "it is M4A or MP4; convert it" in index.header(tmp_path / "a.M4A")["left_out"]


def test_a_web_page_that_is_called_mp3_is_not_said_to_be_absent(tmp_path):
    (tmp_path / "a.mp3").write_text("<html>not found</html>")
    reason = index.header(tmp_path / "a.mp3")["left_out"]
    assert reason == "not readable as audio: it is a page of HTML, perhaps a download that was refused"


def test_a_dataset_of_which_nothing_can_be_used_says_why(tmp_path, folder):
    for name in ("a.m4a", "b.m4a", "c.wav"):
        (tmp_path / name).write_bytes(b"x" * (name != "c.wav"))
    rows = [{"track_id": name, "path": name, "group": None} for name in ("a.m4a", "b.m4a", "c.wav")]
    table = index.index(module(rows), tmp_path, "mine")[0]
    with pytest.raises(
        SoundcheckError, match=r"'mine': not one of its 3 tracks .*; 2 of them: not readable .*convert it"
    ):
        index.check_usable(table, tmp_path, "mine")
    index.check_usable(index.index(module(ROWS), folder, "test")[0], folder, "test")


def test_headers_are_recorded(folder):
    rows = index.index(module(ROWS), folder, "test")[0].to_pandas().set_index("track_id")
    assert rows.loc["good", ["duration_s", "sample_rate", "channels"]].tolist() == [0.5, 44100, 1]
    assert rows.loc["eight", "channels"] == 8
    assert rows.loc["fast", "duration_s"] == 0.001


def test_the_table_is_sorted_and_depends_on_neither_order_nor_threads(folder, tmp_path):
    for name, rows, n_workers in (("a", ROWS, 1), ("b", ROWS[::-1], 8)):
        table, metadata = index.index(module(rows), folder, "test", {}, n_workers)
        parquet.write(table, tmp_path / f"{name}.parquet", metadata)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    ids = parquet.read(tmp_path / "a.parquet")["track_id"].to_pylist()
    assert ids == sorted(ids)


def test_a_reason_of_the_dataset_comes_first(folder):
    rows = [{"track_id": "good", "path": "good.wav", "group": None, "left_out": "bad name"}]
    table, metadata = index.index(module(rows), folder, "test")
    assert table["left_out"].to_pylist() == ["bad name"]
    assert metadata["n_left_out"] == 1


def test_own_columns_get_the_type_of_their_values(folder):
    values = {"whole": (3, None), "real": (0.5, None), "truth": (True, None), "text": ("x", None)}
    values |= {"several": (["a", "b"], []), "nothing": (None, None)}
    rows = [{"track_id": str(i), "path": "good.wav", "group": "g"} for i in range(2)]
    frame = pd.DataFrame(rows)
    for name, pair in values.items():
        frame[name] = pd.Series(pair, dtype=object)
    schema = index.index(module(frame), folder, "test")[0].schema
    types = {"whole": pa.int64(), "real": pa.float64(), "truth": pa.bool_(), "text": pa.string()}
    types |= {"several": pa.list_(pa.string()), "nothing": pa.string()}
    assert {name: schema.field(name).type for name in values} == types


def test_columns_of_mixed_types_are_refused_by_name(folder):
    rows = [{"track_id": str(i), "path": "good.wav", "group": None, "year": year} for i, year in enumerate([1999, "?"])]
    with pytest.raises(ValueError, match="column 'year' mixes types"):
        index.index(module(rows), folder, "test")


def test_equal_ids_are_an_error_that_names_the_files(folder):
    rows = [{"track_id": "x", "path": path, "group": None} for path in ("good.wav", "eight.wav")]
    with pytest.raises(ValueError, match=r"'x' names good\.wav, eight\.wav"):
        index.index(module(rows), folder, "test")


def test_a_dataset_without_tracks_is_an_error(folder):
    with pytest.raises(ValueError, match="no tracks found"):
        index.index(module({"track_id": [], "path": [], "group": []}), folder, "test")
