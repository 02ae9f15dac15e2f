"""A job makes what belongs to one embedder together; after a change it makes what the change touches, and no more."""

import os

import pytest
from running import folder, snakemake, write_config, write_sounds

NOISE = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 9, "max_snr_db": 9}}]}
LOUDER = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 0, "max_snr_db": 0}}]}
DEEP, WIDE = ({"name": f"p{size}", "hidden_units": [size], "epochs": 4} for size in (8, 32))
BASE = {"datasets": [folder()], "deformations": ["identity", NOISE], "probes": [DEEP], "metrics": ["accuracy"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run with changes to the configuration; returns what was made that was not there before, by folder."""
    directory = tmp_path_factory.mktemp("kept")
    write_sounds(directory / "audio", n_each=8)
    (directory / "my_metrics.py").write_text("def share(y_true, y_score, labels):\n    return 0.5\n")

    def with_changes(*arguments, **changes):
        write_config(directory, BASE | changes)
        before = files(directory)
        done = snakemake(directory, "evaluate", *arguments)
        assert done.status == 0, done.output
        return {
            name: {path for path, number in made.items() if before[name].get(path) != number}
            for name, made in files(directory).items()
        }

    with_changes.directory = directory
    with_changes()
    return with_changes


def files(directory):
    """The things that jobs make together, by folder; each with the number of its file."""
    kinds = {"embeddings": "*/*/*.parquet", "probes": "*/*/*/*/*/model/model.*", "scores": "*/*/*/*/*/*.csv"}
    results = directory / "results"
    return {
        name: {
            path.relative_to(results / name).as_posix(): os.stat(path).st_ino for path in results.glob(f"{name}/{kind}")
        }
        for name, kind in kinds.items()
    }


def ends(made, name):
    """The condition and the probe of each file of scores."""
    return {(path.split("/")[3], path.split("/")[5].removesuffix(".csv")) for path in made[name]}


def test_an_edited_scenario_makes_its_own_condition_again(run):
    made = run(deformations=["identity", LOUDER])
    assert made["embeddings"] == {"mine/noise/handcrafted-spectral.parquet"}
    assert made["probes"] == set()
    assert ends(made, "scores") == {("noise", "p8")}


def test_another_probe_is_fitted_and_tested_alone(run):
    made = run(deformations=["identity", LOUDER], probes=[DEEP, WIDE])
    assert made["embeddings"] == set()
    assert len(made["probes"]) == 1
    assert ends(made, "scores") == {("clean", "p32"), ("identity", "p32"), ("noise", "p32")}


def test_what_is_asked_for_anew_is_made_again_and_equal(run):
    scores = run.directory / "results" / "scores"
    before = {path: path.read_bytes() for path in scores.rglob("*.csv")}
    made = run("--forcerun", "fit_probes", deformations=["identity", LOUDER], probes=[DEEP, WIDE])
    assert len(made["probes"]) == 2
    # The fitted probes are what they were, and so are the scores.
    assert made["scores"] == set()
    assert {path: path.read_bytes() for path in scores.rglob("*.csv")} == before


def test_after_all_these_runs_there_is_nothing_to_do(run):
    write_config(run.directory, BASE | {"deformations": ["identity", LOUDER], "probes": [DEEP, WIDE]})
    done = snakemake(run.directory, "evaluate")
    assert "Nothing to be done" in done.output
