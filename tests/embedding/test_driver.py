"""The embedding driver: same bytes for any number of threads, the same to rounding in any company; bad audio and bad
models are named.
"""

import csv
import functools

import numpy as np
import pytest
import soundfile
from rounding import assert_same_to_rounding

from soundcheck import parquet
from soundcheck.audio.preparation import Condition, prepare
from soundcheck.embedding import driver, store
from soundcheck.embedding.families import Embedder, crepe, handcrafted
from soundcheck.embedding.families.support import windows
from soundcheck.plumbing.errors import SoundcheckError

RATE = 16_000
NOISE = [{"type": "AddGaussianSNR", "params": {"min_snr_db": 15, "max_snr_db": 15}}]
IDENTITY = [{"type": "Gain", "params": {"min_gain_db": 0, "max_gain_db": 0}}]
CREPE = {"family": "crepe", "capacity": "tiny", "weights": "random", "seed": 0, "hop_s": 0.05}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Twelve tones of 20 ms to 1.5 s, as (track id, path, seconds), in a folder."""
    folder = tmp_path_factory.mktemp("clips")
    tracks = []
    for number, seconds in enumerate(np.linspace(0.02, 1.5, 12)):
        time = np.arange(int(seconds * RATE)) / RATE
        soundfile.write(folder / f"{number:02}.wav", 0.3 * np.sin(2 * np.pi * 110 * (number + 1) * time), RATE)
        tracks.append((f"t{number:02}", f"{number:02}.wav", float(seconds)))
    return folder, tracks


@pytest.fixture
def embed(clips, tmp_path):
    folder, tracks = clips

    def run(embedder, scenario="clean", transforms=(), threads=1, chosen=tracks, name="model"):
        target, audio = tmp_path / f"{threads}.parquet", tmp_path / "audio.csv"
        condition = Condition(str(folder), scenario, list(transforms), 42, embedder.sample_rate)
        statistics = driver.embed(chosen, condition, driver.Model(name, embedder, threads), target, audio, {"a": 1})
        ids, vectors = store.read(target)
        return dict(zip(ids, vectors, strict=True)), list(csv.DictReader(audio.open())), statistics, target.read_bytes()

    return run


@pytest.fixture(scope="module")
def random_crepe():
    return crepe.load(CREPE, "cpu")


@pytest.fixture(scope="module")
def mel():
    return handcrafted.load({"features": "mel"}, "cpu")


def model(forward, dimension=3, batch_size=1, **more):
    cut = functools.partial(windows.pieces, longest=RATE)
    return Embedder(RATE, dimension, cut, forward, batch_size, **more)


def plain(batch):
    return np.stack([[[row.min(), row.max(), row.std()]] for row in batch])


@pytest.mark.rounding
@pytest.mark.parametrize("scenario", ["clean", "noise"])
@pytest.mark.parametrize("kind", ["random_crepe", "mel"])
def test_the_number_of_threads_changes_no_byte(embed, request, kind, scenario):
    embedder, transforms = request.getfixturevalue(kind), NOISE if scenario == "noise" else []
    alone, _, _, alone_bytes = embed(embedder, scenario, transforms, threads=1)
    several, _, _, several_bytes = embed(embedder, scenario, transforms, threads=3)
    assert alone.keys() == several.keys()
    assert alone_bytes == several_bytes


@pytest.mark.rounding
@pytest.mark.parametrize("kind", ["random_crepe", "mel"])
def test_a_track_is_embedded_the_same_to_rounding_in_any_company(embed, clips, request, kind):
    embedder = request.getfixturevalue(kind)
    everything = embed(embedder, "noise", NOISE)[0]
    some = embed(embedder, "noise", NOISE, chosen=clips[1][7:3:-1])[0]
    assert len(some) == 4
    for track_id, vector in some.items():
        assert_same_to_rounding(vector, everything[track_id])
        assert kind != "mel" or np.array_equal(vector, everything[track_id])


def test_tracks_of_unknown_length_are_embedded_as_all_others(embed, clips):
    unknown = [(track_id, path, None) for track_id, path, _ in clips[1]]
    assert embed(model(plain), threads=2, chosen=unknown)[3] == embed(model(plain), threads=2)[3]


def test_signal_and_noise_are_told_apart_only_where_a_scenario_adds(clips):
    folder, tracks = clips
    rows = {}
    for is_additive in (True, False):
        condition = Condition(str(folder), "noise", NOISE, 42, RATE, is_additive)
        rows[is_additive] = prepare(*tracks[-1][:2], condition).facts
    assert rows[True]["snr_db"] is not None
    assert rows[False]["snr_db"] is rows[False]["gain_db"] is None
    assert rows[True]["level_db"] == rows[False]["level_db"] > 0


@pytest.mark.rounding
def test_identity_equals_clean(embed, random_crepe, clips):
    """Exactly for the same tracks, to rounding for some of them."""
    clean, identity = embed(random_crepe)[0], embed(random_crepe, "identity", IDENTITY)[0]
    some = embed(random_crepe, "identity", IDENTITY, chosen=clips[1][3:9])[0]
    assert len(some) == 6
    for track_id, vector in clean.items():
        np.testing.assert_array_equal(identity[track_id], vector)
        assert_same_to_rounding(some.get(track_id, vector), vector)


def test_pooling_is_the_mean_of_all_windows_of_the_track_whatever_batches_they_were_in(embed, clips, random_crepe):
    from soundcheck.audio import samples as audio

    folder, tracks = clips
    embedded = embed(random_crepe)[0]
    for track_id, path, _ in tracks[::5]:
        cut = random_crepe.cut(audio.decode(folder / path)[0])
        padded = np.zeros((64, 1024), np.float32)
        padded[: len(cut)] = cut
        expected = random_crepe.forward(padded)[: len(cut), 0].astype(np.float64).mean(axis=0)
        np.testing.assert_allclose(embedded[track_id], expected, rtol=1e-6, atol=1e-7)


def test_bad_audio_is_listed_with_its_reason_and_the_rest_is_embedded(embed, clips):
    bad = [("gone", "no/such.wav", 1.0), ("t99", "../outside.wav", 1.0)]
    embedded, rows, statistics, _ = embed(model(plain), chosen=clips[1][:3] + bad)
    assert (statistics.n_embedded, statistics.n_left_out) == (3, 2)
    assert {row["track_id"]: row["left_out"] for row in rows if row["left_out"]} == {
        "gone": "missing file",
        "t99": "missing file",
    }
    assert set(embedded) == {"t00", "t01", "t02"}


def test_values_that_are_not_finite_leave_the_track_out(embed):
    def forward(batch):
        frames = plain(batch)
        return frames * np.nan if len(batch[0]) < 2000 else frames

    embedded, rows, _, _ = embed(model(forward))
    left_out = [row for row in rows if row["left_out"]]
    assert left_out
    assert len(left_out) + len(embedded) == len(rows) == 12
    assert all(row["left_out"] == "model returned values that are not finite" for row in left_out)


def test_a_model_that_raises_on_a_clip_leaves_it_out_and_says_what_it_raised(embed):
    def forward(batch):
        if len(batch[0]) < 2000:
            raise RuntimeError("clip too short")
        return plain(batch)

    rows = embed(model(forward))[1]
    (reason,) = {row["left_out"] for row in rows} - {""}
    assert reason.startswith("model raised RuntimeError: clip too short (line ")


@pytest.mark.parametrize(
    ("forward", "batch_size", "message"),
    [
        (lambda batch: plain(batch) * np.nan, 1, "not one of 12 tracks|fails on more than half"),
        (lambda batch: 1 / 0, 1, "fails on more than half of 12 tracks.*ZeroDivisionError"),
        (lambda batch: 1 / 0, 4, "model raised ZeroDivisionError"),
        (lambda batch: plain(batch)[:, :, :2], 1, r"shape \(1, 1, 2\); expected \(1, n_frames, 3\)"),
        (lambda batch: plain(batch)[:, 0], 1, "returned an array of shape"),
    ],
)
def test_a_model_that_cannot_be_used_stops_with_one_clear_error_and_leaves_no_file(
    embed, tmp_path, clips, forward, batch_size, message
):
    cut = functools.partial(windows.centred, window=512, hop=512)
    embedder = Embedder(RATE, 3, cut, forward, batch_size)
    with pytest.raises(SoundcheckError, match=message):
        embed(embedder)
    assert list(tmp_path.glob("*")) == []


def test_a_long_recording_is_embedded_piece_by_piece(clips, tmp_path):
    folder, _ = clips
    soundfile.write(folder / "long.wav", 0.1 * np.sin(np.arange(95 * RATE) / 5), RATE)
    longest = []

    def forward(batch):
        longest.append(batch.shape[1])
        return plain(batch)

    condition = Condition(str(folder), "clean", [], 42, RATE)
    one = driver.Model("model", model(forward))
    statistics = driver.embed([("long", "long.wav", 95.0)], condition, one, tmp_path / "e", tmp_path / "a", {})
    assert statistics.n_embedded == 1
    assert max(longest) <= RATE
    assert sum(longest) == 95 * RATE


def test_metadata_and_facts_travel_with_the_embeddings(embed, mel, tmp_path):
    from soundcheck import parquet

    embed(mel)
    metadata = parquet.metadata(tmp_path / "1.parquet")
    assert metadata["a"] == 1
    assert metadata["dimension"] == 256


def test_without_pooling_every_frame_is_kept_with_its_time(embed, tmp_path):
    def forward(batch):
        # Ten frames a window, each the mean of its samples.
        return batch.reshape(len(batch), 10, -1).mean(axis=2, keepdims=True)

    framed = Embedder(
        sample_rate=1000,
        dimension=1,
        cut=lambda samples: list(windows.centred(samples, 100, 50)),
        forward=forward,
        batch_size=4,
        first_s=-0.045,
        hop_s=0.01,
        window_hop_s=0.05,
        pooling="none",
    )
    embed(framed)
    table = parquet.read(tmp_path / "1.parquet")
    first = [row for row in table.to_pylist() if row["track_id"] == table["track_id"][0].as_py()]
    assert len(first) % 10 == 0
    expected = [-0.045 + 0.05 * (place // 10) + 0.01 * (place % 10) for place in range(len(first))]
    np.testing.assert_allclose([row["time_s"] for row in first], expected, atol=1e-12)


def test_times_that_a_model_does_not_tell_are_null(embed, tmp_path):
    unknown = Embedder(1000, 1, lambda samples: [samples], lambda batch: np.ones((1, 3, 1), np.float32), pooling="none")
    embed(unknown)
    assert set(parquet.read(tmp_path / "1.parquet")["time_s"].to_pylist()) == {None}
