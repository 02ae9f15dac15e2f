"""Audio to listen to: whatever tracks are called, each has a file of its own, with its samples as they are deformed."""

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from soundcheck import parquet
from soundcheck.audio import listening

IDS = ["a/b", "a_b", "A_B", "..", ".", "~", "*", "x" * 300, "x" * 300 + "y", "ü" * 150, "plain", "-rf", "\\"]


@pytest.fixture
def tracks(tmp_path):
    for place in range(len(IDS)):
        soundfile.write(tmp_path / f"{place}.wav", np.full(80, (place + 1) / 20, np.float32), 8000, subtype="FLOAT")
    columns = {"track_id": IDS, "path": [f"{place}.wav" for place in range(len(IDS))]}
    path = tmp_path / "tracks.parquet"
    parquet.write(pa.table(columns | {"left_out": pa.nulls(len(IDS), pa.string())}), path)
    return path


def test_each_track_has_a_file_of_its_own_with_its_own_samples(tracks, tmp_path):
    written = listening.render(str(tracks), str(tmp_path), "clean", [], 99, 0, tmp_path / "out")
    assert sorted(written) == sorted(IDS)
    files = sorted((tmp_path / "out").iterdir())
    names = dict(zip(IDS, listening.names_of(IDS), strict=True))
    assert {f"{name}.wav" for name in names.values()} == {file.name for file in files}
    assert len({file.name.casefold() for file in files}) == len(IDS)
    for place, track_id in enumerate(IDS):
        samples, _ = soundfile.read(tmp_path / "out" / f"{names[track_id]}.wav", dtype="float32")
        assert samples == pytest.approx((place + 1) / 20)


def test_a_name_is_the_id_where_that_is_possible():
    assert listening.names_of(["plain", "c/d", "e_f"]) == ["plain", "c_d", "e_f"]


def test_the_same_tracks_are_rendered_in_every_scenario_and_no_more_than_asked_for(tracks, tmp_path):
    gain = [{"type": "Gain", "params": {"min_gain_db": -6.0, "max_gain_db": -6.0}}]
    clean = listening.render(str(tracks), str(tmp_path), "clean", [], 4, 0, tmp_path / "clean")
    quiet = listening.render(str(tracks), str(tmp_path), "quiet", gain, 4, 0, tmp_path / "quiet")
    assert clean == quiet
    assert len(set(clean)) == 4
    for name in listening.names_of(IDS):
        if (tmp_path / "clean" / f"{name}.wav").exists():
            before, after = (soundfile.read(tmp_path / each / f"{name}.wav")[0] for each in ("clean", "quiet"))
            assert after == pytest.approx(before * 10 ** (-6 / 20), rel=1e-4)
