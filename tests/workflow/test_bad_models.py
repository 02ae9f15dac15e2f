"""A model file that does not work stops its own jobs with one clear error; other embedders go on."""

import itertools
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from running import folder, read_rows, snakemake, sound, table, write_config, write_sounds

GOOD = """
import torch

class Model(torch.nn.Module):
    sample_rate = 16000
    scene_embedding_size = 8
    timestamp_embedding_size = 8

def load_model(model_file_path=""):
    return Model()

def get_timestamp_embeddings(audio, model):
    frames = audio.unfold(1, 400, 400)
    frames = torch.fft.rfft(frames).abs()[..., :200].reshape(1, -1, 8, 25).mean(-1).log1p()
    return frames, torch.arange(frames.shape[1])[None] * 25.0

def get_scene_embeddings(audio, model):
    return get_timestamp_embeddings(audio, model)[0].mean(1)
"""
# Clips of the class `low` that are numbered 3 are told from the others by their first sample.
MARKED_SAMPLE = 0.75


def changed(old, new):
    """The good model, with one thing wrong."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def scene(*lines):
    """The good model with other lines in get_scene_embeddings."""
    return changed(
        "    return get_timestamp_embeddings(audio, model)[0].mean(1)\n",
        textwrap.indent("\n".join(lines), "    ") + "\n",
    )


MARKED = "marked = abs(audio[0, 0].item() - 0.75) < 0.01"
EMBEDDING = "embedding = get_timestamp_embeddings(audio, model)[0].mean(1)"

WORKING = {
    "by-scene": GOOD,
    "by-time": GOOD,
    "some-nan": scene(MARKED, EMBEDDING, "return embedding * float('nan') if marked else embedding"),
    "some-raise": scene(MARKED, EMBEDDING, "assert not marked, 'a clip that it cannot bear'", "return embedding"),
    "some-empty": changed(
        "    return frames, ", "    frames = frames[:, :0] if audio[0, 0] > 0.74 else frames\n    return frames, "
    ),
}
# embedder -> its file, and what the terminal and the log say
BROKEN = {
    "no-import": (
        "import torch\nimport absent\n",
        "no-import.py cannot be imported: ModuleNotFoundError: No module named 'absent' (line 2 of no-import.py)",
    ),
    "no-load": (changed("def load_model", "def load"), "no-load.py has no function load_model"),
    "load-raises": (
        changed("    return Model()", "    raise FileNotFoundError('weights.pt')"),
        "load_model of models/load-raises.py failed: FileNotFoundError: weights.pt (line 10 of load-raises.py)",
    ),
    "all-nan": (
        scene(EMBEDDING, "return embedding * float('nan')"),
        "the model fails on more than half of 36 tracks, so that a score would mean little; the last one, ",
    ),
    "all-raise": (
        scene("raise MemoryError('too much')"),
        "all-raise raised MemoryError: too much (line 18 of all-raise.py)",
    ),
    "shape": (
        scene("return torch.zeros(1, 7)"),
        "get_scene_embeddings of models/shape.py returned a tensor of shape (1, 7); expected (1, 8)",
    ),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import soundfile

    directory = tmp_path_factory.mktemp("bad-models")
    write_sounds(directory / "audio")
    marked = sound("low", 3)
    marked[0] = MARKED_SAMPLE
    soundfile.write(directory / "audio" / "low" / "03.wav", marked, 16_000)
    (directory / "models").mkdir()
    for name, text in WORKING.items():
        (directory / "models" / f"{name}.py").write_text(text)
    for name, (text, _) in BROKEN.items():
        (directory / "models" / f"{name}.py").write_text(text)
    with_time = ("by-time", "some-empty")
    embedders = [
        {"name": name, "hear": f"models/{name}.py", "gpu": 0, "use": "timestamps" if name in with_time else "scene"}
        for name in itertools.chain(WORKING, BROKEN)
    ]
    write_config(directory, {"embedders": embedders, "datasets": [folder()]})
    done = snakemake(directory, "evaluate", "audio/mine/clean/by-scene.csv", "--set-threads", "embed_tracks=1")
    return SimpleNamespace(**vars(done), results=directory / "results", directory=directory)


def test_the_run_fails_and_what_works_is_evaluated(run):
    assert run.status == 1
    made = {path.parent.name for path in (run.results / "scores").rglob("*.csv")}
    assert made == set(WORKING), run.output
    assert {path.stem for path in (run.results / "embeddings").rglob("*.parquet")} == set(WORKING)
    assert not (run.results / "results.parquet").exists()


@pytest.mark.parametrize("embedder", BROKEN)
def test_one_clear_error_names_embedder_file_and_cause(run, embedder):
    lines = [line for line in run.output.splitlines() if line.startswith("error: ") and BROKEN[embedder][1] in line]
    lines = [line for line in lines if embedder in line]
    # Once as it happens, once in the log of the job, which Snakemake shows.
    assert len(lines) == 2, run.output
    assert lines[0] == lines[1]
    log = run.results / "logs" / "embed_tracks" / "mine" / f"{embedder}.log"
    assert lines[0] in log.read_text().splitlines()


def test_no_traceback_reaches_the_terminal(run):
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("embedder", "reason"),
    [
        ("some-nan", "some-nan returned values that are not finite"),
        ("some-raise", "some-raise raised AssertionError: a clip that it cannot bear (line 20 of some-raise.py)"),
        ("some-empty", "some-empty returned no frame"),
    ],
)
def test_a_clip_on_which_the_model_fails_is_left_out_with_the_reason(run, embedder, reason):
    rows = read_rows(run.results / "audio" / "mine" / "clean" / f"{embedder}.csv")
    assert {row["track_id"]: row["left_out"] for row in rows if row["left_out"]} == {"low_03": reason}
    embedded = table(run.results / "embeddings" / "mine" / "clean" / f"{embedder}.parquet")
    assert len(embedded) == 35
    assert np.isfinite(np.stack(embedded["embedding"])).all()


def test_other_clips_have_the_embeddings_of_a_model_that_bears_all(run):
    whole = table(run.results / "embeddings" / "mine" / "clean" / "by-scene.parquet").set_index("track_id")
    for name in ("some-nan", "some-raise"):
        lacking = table(run.results / "embeddings" / "mine" / "clean" / f"{name}.parquet").set_index("track_id")
        for track_id, row in lacking.iterrows():
            assert np.array_equal(row["embedding"], whole.loc[track_id, "embedding"])


def test_scene_and_time_embeddings_of_this_model_agree(run):
    by_scene, by_time = (
        np.stack(table(run.results / "embeddings" / "mine" / "clean" / f"{name}.parquet")["embedding"])
        for name in ("by-scene", "by-time")
    )
    np.testing.assert_allclose(by_scene, by_time, rtol=1e-5)


def test_a_mended_model_file_runs_its_own_jobs_alone(run):
    (run.directory / "models" / "shape.py").write_text(GOOD)
    dry = snakemake(run.directory, "scores/mine/sound/50-25-25/clean/shape/linear.csv", "-n")
    jobs = {
        line for line in dry.output.splitlines() if line.startswith(("embed_tracks ", "fit_probes ", "score_probes "))
    }
    assert sorted(map(str.split, jobs)) == [["embed_tracks", "1"], ["fit_probes", "1"], ["score_probes", "1"]]


def test_a_model_file_that_is_not_there_stops_before_any_job_with_its_place_in_the_configuration(tmp_path):
    (tmp_path / "audio").mkdir()
    write_config(tmp_path, {"embedders": [{"name": "mine", "hear": "models/gone.py"}], "datasets": [folder()]})
    done = snakemake(tmp_path)
    assert done.status == 1
    error = done.output[done.output.index("error: ") :].strip().splitlines()
    assert error[0] == "error: the configuration has 1 mistake:"
    assert len(error) == 2
    assert "config.yaml" in error[1]
    assert "there is no file 'models/gone.py' (paths start at the working directory)" in error[1]
    assert not (tmp_path / "results").exists()
