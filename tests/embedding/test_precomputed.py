"""Vectors made elsewhere: read from every layout, pooled, and whatever is wrong with some is said of each."""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundcheck import parquet
from soundcheck.embedding import store
from soundcheck.embedding.precomputed import embed_from_folder
from soundcheck.embedding.store import AUDIO_COLUMNS
from soundcheck.plumbing import files
from soundcheck.plumbing.errors import SoundcheckError

RNG = np.random.default_rng(0)
# Unsorted; one id is in a sub-folder, one looks like a number, two differ in what follows a dot.
IDS = ["b.mid", "a/one", "007", "b"]
TRACKS = [(track_id, f"{track_id}.wav", 1.5) for track_id in IDS]
VECTORS = {track_id: RNG.standard_normal((1 + number, 4), dtype=np.float32) for number, track_id in enumerate(IDS)}

LISTS = pa.list_(pa.float32())


@pytest.fixture
def embed(tmp_path):
    def run(condition="clean", tracks=TRACKS, **more):
        target, audio = tmp_path / "out" / "e.parquet", tmp_path / "out" / "a.csv"
        statistics = embed_from_folder(
            tracks, condition, tmp_path / "mine", "mine", target, audio, {"embedder": "mine"}, **more
        )
        ids, vectors = store.read(target)
        return dict(zip(ids, vectors, strict=True)), files.read_rows(audio), statistics

    return run


def save(place, vectors=VECTORS):
    for track_id, frames in vectors.items():
        path = place / f"{track_id}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, frames[0] if len(frames) == 1 else frames)


def rows():
    return [(track_id, *map(float, frame)) for track_id, frames in VECTORS.items() for frame in frames]


def save_csv(place):
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w", newline="") as file:
        csv.writer(file).writerows([("track_id", "v1", "v2", "v3", "v4"), *rows()])


def save_npz(place):
    place.parent.mkdir(parents=True, exist_ok=True)
    np.savez(place, **VECTORS)


def save_columns(place):
    place.parent.mkdir(parents=True, exist_ok=True)
    ids, *columns = zip(*rows(), strict=True)
    pq.write_table(
        pa.table({"track_id": ids, "time_s": [0.5] * len(ids)} | dict(zip("wxyz", columns, strict=True))), place
    )


def save_lists(place, kind=LISTS):
    place.parent.mkdir(parents=True, exist_ok=True)
    lists = pa.array([list(row[1:]) for row in rows()], kind)
    pq.write_table(pa.table({"track_id": [row[0] for row in rows()], "embedding": lists}), place)


def save_fixed_lists(place):
    save_lists(place, pa.list_(pa.float32(), 4))


LAYOUTS = {
    "clean": save,
    ".": save,
    "clean.npz": save_npz,
    "clean.csv": save_csv,
    "clean.parquet": save_columns,
    "lists": lambda place: save_lists(place.with_name("clean.parquet")),
    "fixed": lambda place: save_fixed_lists(place.with_name("clean.parquet")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_mean_of_the_frames_of_each_track(embed, tmp_path, layout):
    LAYOUTS[layout](tmp_path / "mine" / layout)
    embedded, audio, statistics = embed()
    assert list(embedded) == sorted(IDS)
    for track_id, frames in VECTORS.items():
        np.testing.assert_allclose(embedded[track_id], frames.mean(axis=0), rtol=1e-6, atol=1e-7)
    assert (statistics.n_embedded, statistics.n_left_out) == (4, 0)
    assert [(row["track_id"], row["n_windows"]) for row in audio] == [
        ("007", "3"),
        ("a/one", "2"),
        ("b", "4"),
        ("b.mid", "1"),
    ]
    assert tuple(audio[0]) == AUDIO_COLUMNS
    assert audio[0]["duration_s"] == "1.5"


def test_a_scenario_has_its_own_place_and_no_other(embed, tmp_path):
    save(tmp_path / "mine")
    save(tmp_path / "mine" / "noise", {track_id: frames + 1 for track_id, frames in VECTORS.items()})
    np.testing.assert_allclose(embed("noise")[0]["b"], embed("clean")[0]["b"] + 1, rtol=1e-5)
    with pytest.raises(SoundcheckError, match=r"^embedder mine, gain: there are no vectors .*looked for .*gain/<track"):
        embed("gain")


def test_mean_and_deviation_are_an_option(embed, tmp_path):
    save(tmp_path / "mine")
    embedded = embed(pooling="mean_std")[0]
    expected = np.concatenate([VECTORS["b"].mean(axis=0), VECTORS["b"].std(axis=0)])
    np.testing.assert_allclose(embedded["b"], expected, rtol=1e-5)
    assert parquet.metadata(tmp_path / "out" / "e.parquet")["pooling"] == "mean_std"


def test_metadata_say_where_the_vectors_came_from(embed, tmp_path):
    save(tmp_path / "mine" / "clean")
    embed()
    metadata = parquet.metadata(tmp_path / "out" / "e.parquet")
    assert metadata["embedder"] == "mine"
    assert metadata["weights"] == "precomputed"
    assert metadata["source"] == str(tmp_path / "mine" / "clean")
    assert metadata["dimension"] == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no vectors of this track"),
        (b"not numpy", "vectors not readable: ValueError"),
        (b"", "vectors not readable: EOFError"),
        (np.zeros(3), "its vectors have 3 values, those of most tracks 4"),
        (np.zeros((1, 2, 4)), "vectors are an array of float64, of shape (1, 2, 4); expected numbers, (dim,) or (n_fr"),
        (np.array(["a"] * 4), "vectors are an array of <U1, of shape (4,)"),
        (np.zeros(4, np.complex64), "vectors are an array of complex64, of shape (4,); expected numbers"),
        (np.zeros((0, 4)), "vectors are empty, of shape (0, 4)"),
        (np.array([0, 1, np.nan, 2]), "vectors with values that are not finite"),
        (np.array([0, 1, 1e39, 2]), "vectors with values that are not finite"),
        (np.array([[0, 1, 2, 3], [0, 1, 2, np.inf]]), "vectors with values that are not finite"),
        (np.array([{}] * 4), "vectors not readable: ValueError: Object arrays cannot be loaded"),
    ],
)
def test_a_track_without_usable_vectors_is_left_out_with_the_reason(embed, tmp_path, content, reason):
    save(tmp_path / "mine")
    path = tmp_path / "mine" / "007.npy"
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    embedded, audio, statistics = embed()
    assert set(embedded) == {"a/one", "b", "b.mid"}
    assert (statistics.n_embedded, statistics.n_left_out) == (3, 1)
    assert audio[0]["left_out"].startswith(reason)
    assert not any(row["left_out"] for row in audio[1:])


@pytest.mark.parametrize("kind", ["float16", "float64", "longdouble", "int8", "uint64", "bool"])
def test_arrays_of_any_kind_of_number_are_read(embed, tmp_path, kind):
    save(tmp_path / "mine", {track_id: (4 * frames).astype(kind) for track_id, frames in VECTORS.items()})
    expected = (4 * VECTORS["b"]).astype(kind).astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(embed()[0]["b"], expected, rtol=1e-6, atol=1e-7)


def test_the_size_is_that_of_most_tracks_not_of_the_first(embed, tmp_path):
    save(tmp_path / "mine", VECTORS | {"007": np.zeros((1, 9))})
    assert {len(vector) for vector in embed()[0].values()} == {4}


def test_ids_never_reach_beyond_the_folder(embed, tmp_path):
    save(tmp_path / "mine")
    np.save(tmp_path / "secret.npy", np.zeros(4))
    audio = embed(tracks=[*TRACKS, ("../secret", "x.wav", 1.0)])[1]
    assert {row["track_id"]: row["left_out"] for row in audio}["../secret"] == "no vectors of this track"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda mine: None, "there are no vectors for this condition; looked for .*/mine/clean/<track_id>.npy"),
        (lambda mine: mine.mkdir(), r"not one of 4 tracks has usable vectors in .*the first, 007: no vectors of this"),
        (lambda mine: save(mine, {"007_": np.zeros((1, 4))}), r"007: no vectors of this track .did you mean '007_'\?"),
        (
            lambda mine: (save(mine / "clean"), save_csv(mine / "clean.csv")),
            "there are both .*clean and .*clean.csv; keep",
        ),
        (lambda mine: write(mine, b"PK broken", "npz"), "clean.npz cannot be read: "),
        (lambda mine: write(mine, b"", "csv"), "clean.csv has no column 'track_id'"),
        (lambda mine: write(mine, b"PAR1", "parquet"), "clean.parquet cannot be read: "),
        (
            lambda mine: write(mine, b"track,v1\n007,1\n", "csv"),
            "has no column 'track_id' .did you mean 'track'",
        ),
        (
            lambda mine: write(mine, b"track_id,v1,kind\n007,1,a\n", "csv"),
            "the column 'kind' holds 'a', which is no number; .* `columns: .v1.`",
        ),
        (lambda mine: write(mine, b"track_id\n007\n", "csv"), "has no columns of values beside track_id"),
        (
            lambda mine: write(mine, b"track_id,v1\n007,\nb,\n", "csv"),
            "007: vectors with values that are not finite",
        ),
    ],
)
def test_nothing_that_can_be_used_is_one_clear_error_and_no_file(embed, tmp_path, make, message):
    make(tmp_path / "mine")
    with pytest.raises(SoundcheckError, match=f"^embedder mine, clean: .*{message}") as raised:
        embed()
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_table_of_text_is_refused(embed, tmp_path):
    (tmp_path / "mine").mkdir()
    pq.write_table(pa.table({"track_id": ["b"], "v1": [1.0], "kind": ["a"]}), tmp_path / "mine" / "clean.parquet")
    with pytest.raises(SoundcheckError, match=r"the column 'kind' is string, no number; .* `columns: .v1.`"):
        embed()


def test_numbers_of_a_csv_are_not_guessed_from_its_first_rows(embed, tmp_path):
    (tmp_path / "mine").mkdir()
    ids = [f"{number:06}" for number in range(100_000)]
    rows = "".join(f"{track_id},{0.5 if track_id == ids[-1] else 0}\n" for track_id in ids)
    (tmp_path / "mine" / "clean.csv").write_text(f"track_id,v1\n{rows}")
    assert embed(tracks=[(ids[-1], "x.wav", 1.0)])[0][ids[-1]] == [0.5]


def test_lists_of_different_lengths_are_refused(embed, tmp_path):
    (tmp_path / "mine").mkdir()
    table = pa.table({"track_id": ["b", "007"], "embedding": [[1.0], [1.0, 2.0]]})
    pq.write_table(table, tmp_path / "mine" / "clean.parquet")
    with pytest.raises(SoundcheckError, match="the lists in 'embedding' differ in length"):
        embed()


def write(mine, content, suffix):
    mine.mkdir()
    (mine / f"clean.{suffix}").write_bytes(content)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_tables_times_stay_with_its_frames(embed, tmp_path, suffix):
    (tmp_path / "mine").mkdir()
    timed = [(track_id, 0.05 * number, *values) for number, (track_id, *values) in enumerate(rows())]
    names = ["track_id", "time_s", "v1", "v2", "v3", "v4"]
    if suffix == "csv":
        with (tmp_path / "mine" / "clean.csv").open("w", newline="") as file:
            csv.writer(file).writerows([names, *timed])
    else:
        columns = dict(zip(names, zip(*timed, strict=True), strict=True))
        pq.write_table(
            pa.table({name: list(values) for name, values in columns.items()}), tmp_path / "mine/clean.parquet"
        )
    embed(pooling="none")
    written = parquet.read(tmp_path / "out" / "e.parquet").to_pandas()
    expected = sorted((track_id, time_s) for track_id, time_s, *_ in timed)
    assert sorted(zip(written["track_id"], written["time_s"], strict=True)) == expected
    embed(pooling="mean")
    assert parquet.read(tmp_path / "out" / "e.parquet")["time_s"].null_count == len(TRACKS)


def test_times_that_are_no_numbers_are_refused(embed, tmp_path):
    (tmp_path / "mine").mkdir()
    columns = {"track_id": ["b"], "time_s": ["soon"], "v1": [1.0]}
    pq.write_table(pa.table(columns), tmp_path / "mine" / "clean.parquet")
    with pytest.raises(SoundcheckError, match="the column 'time_s' is string; it must be numbers, in seconds"):
        embed(pooling="none")
