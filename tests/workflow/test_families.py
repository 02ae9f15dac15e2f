"""Every family of embedders, and models of one's own, from weights on a server to one table.

Each embedder of the catalogue is loaded and checked in `tests/contract/test_embedders.py`.
"""

import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest
from local_server import serving
from models import all_models, essentia_model, onnx_model
from running import REPOSITORY, folder, read_rows, snakemake, table, write_config, write_sounds

from soundcheck import parquet
from soundcheck.configuration import catalogue

CATALOGUE = catalogue.load(REPOSITORY).embedders
NOISE = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 15, "max_snr_db": 15}}]}
PROBE = {"name": "linear", "hidden_units": [], "epochs": 20, "learning_rate": 0.05}
# The first of each family, whose layers are cut as well, and one that sees a spectrogram.
OF_EACH_FAMILY = list(
    {row["family"]: name for name, row in reversed(CATALOGUE.items()) if "layers_of" not in row}.values()
)
CUT = ["mert-v1-95m-6", "mert-v1-95m-4-5-6-7-8"]
EVALUATED = [*OF_EACH_FAMILY, *CUT, "ast-audioset"]
MERT_GROUPS = ["mert-v1-95m-6", "mert-v1-95m-0-1-2-3", "mert-v1-95m-4-5-6-7-8", "mert-v1-95m-9-10-11-12"]
NOWHERE = "https://example.org/graph.pb"
# Other models of Essentia's collection, and a graph that takes samples.
OTHERS = {
    "tempo-cnn": {
        "family": "essentia",
        "sample_rate": 11_025,
        "dimension": 256,
        "weights": [{"file": "essentia/deeptemp-k16-3.pb", "url": NOWHERE}],
        "options": {"algorithm": "TensorflowPredictTempoCNN", "output": "output"},
    },
    "own-graph": {
        "family": "essentia",
        "sample_rate": 8000,
        "dimension": 30,
        "weights": [{"file": "essentia/waveform.pb", "url": NOWHERE}],
        "options": {"algorithm": "TensorflowPredict", "input": "waveform", "output": "mean", "window_s": 0.1},
    },
}
FUNCTION = """
import numpy as np

def embed(samples, sample_rate):
    return np.array([np.log(1e-6 + np.mean(block**2)) for block in np.array_split(samples, 8)])
"""


def own(directory):
    """Models of one's own, each a path."""
    (directory / "features.py").write_text(FUNCTION)
    onnx_model.write(directory / "encoder.onnx")
    (directory / "vectors" / "clean").mkdir(parents=True)
    (directory / "vectors" / "noise").mkdir()
    for number, kind in enumerate(("low", "high", "noise")):
        for place in range(12):
            for condition in ("clean", "noise"):
                path = directory / "vectors" / condition / f"{kind}_{place:02}.npy"
                np.save(path, np.eye(3, dtype=np.float32)[number])
    return [
        {"name": "plain-function", "function": "features.py", "sample_rate": 22050},
        {"name": "onnx-file", "onnx": "encoder.onnx", "sample_rate": onnx_model.RATE, "window_s": 0.1},
        {"name": "made-elsewhere", "precomputed": "vectors"},
    ]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("families")
    write_sounds(directory / "audio")
    all_models.fill(directory / "models", {name: CATALOGUE[name] for name in EVALUATED})
    for row in OTHERS.values():
        essentia_model.write(directory / "models" / row["weights"][0]["file"])
    write_config(
        directory,
        {"embedders": [*EVALUATED, *OTHERS], "probes": [PROBE]},
        {"embedders": ["crepe-tiny", "mert-v1-95m-6", *own(directory)], "deformations": [NOISE], "probes": [PROBE]},
        check_weights=False,
        catalogue=OTHERS,
    )
    run = snakemake(directory, "evaluate", "tables")
    assert run.status == 0, run.output
    return directory, run


def test_every_embedder_has_a_row_of_numbers(finished):
    directory, _ = finished
    (path,) = directory.glob("results/tables/*/*/*/embedders.csv")
    rows = [row for row in read_rows(path) if row["metric"] == "accuracy"]
    own_models = {"plain-function", "onnx-file", "made-elsewhere"}
    assert {row["embedder"] for row in rows} == {*EVALUATED, *OTHERS, *own_models}
    assert all(0 <= float(row["clean"]) <= 1 for row in rows)


def test_layer_groups_cost_one_pass(finished):
    directory, _ = finished
    passes = {path.stem for path in (directory / "results/logs/embed_tracks").rglob("mert-*.log")}
    assert passes == {"mert-v1-95m"}
    whole = parquet.read(directory / "results/embeddings/mine/clean/mert-v1-95m.parquet")
    cut = parquet.read(directory / "results/embeddings/mine/clean/mert-v1-95m-4-5-6-7-8.parquet")
    assert whole["track_id"] == cut["track_id"]
    layers = np.stack(whole["embedding"].to_pylist()).reshape(len(whole), 13, -1)
    np.testing.assert_allclose(np.stack(cut["embedding"].to_pylist()), layers[:, 4:9].mean(axis=1), atol=1e-6)


def test_vectors_made_elsewhere_are_taken_as_they_are(finished):
    directory, _ = finished
    results = table(directory / "results/results.parquet")
    row = results[
        (results["embedder"] == "made-elsewhere")
        & (results["deformation"] == "noise")
        & (results["metric"] == "accuracy")
        & (results["seed"] == "mean")
    ]
    assert float(row["value"].iloc[0]) == 1.0


def test_editing_a_file_of_ones_own_reruns_its_cells_alone(finished):
    directory, _ = finished
    (directory / "features.py").write_text(FUNCTION + "\n# edited\n")
    np.save(directory / "vectors" / "clean" / "low_00.npy", np.zeros(3, np.float32))
    run = snakemake(directory, "evaluate", "--dry-run")
    rules = re.findall(r"^rule (embed_tracks|take_precomputed)(?:_\d)?:", run.output, re.MULTILINE)
    assert Counter(rules) == {"embed_tracks": 1, "take_precomputed": 2}
    assert "made-elsewhere" in run.output
    assert "plain-function" in run.output
    assert "onnx-file" not in run.output.split("rule embed_tracks")[1].split("rule fit_probes")[0]


@pytest.fixture
def server(tmp_path):
    """A web server and the folder that it serves."""
    served = tmp_path / "served"
    served.mkdir()
    with serving(served) as running:
        yield running.address, served


def own_row(address):
    return {
        "my-clmr": {
            "family": "clmr",
            "sample_rate": 22050,
            "weights": [{"file": "mine/clmr.zip", "url": f"{address}/clmr.zip"}],
            "options": {"hop_s": None},
        }
    }


def test_weights_are_fetched_once_by_one_target_and_used_without_a_network(finished, server, tmp_path):
    address, served = server
    shutil.copy(next((finished[0] / "models" / "clmr").glob("*.zip")), served / "clmr.zip")
    write_sounds(tmp_path / "audio")
    write_config(tmp_path, {"embedders": ["my-clmr"]}, catalogue=own_row(address), models="shared/models")
    run = snakemake(tmp_path, "weights")
    assert run.status == 0, run.output
    assert {path.name for path in (tmp_path / "shared/models/mine").iterdir()} == {"clmr.zip", "clmr.zip.sha256"}
    (served / "clmr.zip").unlink()
    run = snakemake(tmp_path, "embed")
    assert run.status == 0, run.output
    metadata = parquet.metadata(tmp_path / "results/embeddings/mine/clean/my-clmr.parquet")
    assert metadata["weights"].startswith("sha256:")
    assert json.dumps(metadata).count("shared/models") == 0


def test_weights_without_an_address_say_how_to_get_them(tmp_path):
    write_sounds(tmp_path / "audio")
    write_config(tmp_path, {"embedders": ["neuralfp"]})
    run = snakemake(tmp_path, "embed")
    assert run.status != 0
    assert "weights of neuralfp: there is no address to get models/neuralfp/ckpt" in run.output
    assert "give its folder, or <folder>/ckpt-N, as `weights`" in run.output


def test_weights_that_cannot_be_had_are_one_clear_error_and_leave_nothing(server, tmp_path):
    address, served = server
    (served / "clmr.zip").write_text("<!DOCTYPE html><html>please log in</html>")
    write_sounds(tmp_path / "audio")
    write_config(tmp_path, {"embedders": ["my-clmr"]}, catalogue=own_row(address))
    run = snakemake(tmp_path, "embed")
    assert run.status != 0
    assert "a web page, not the file" in run.output
    assert "put the file at models/mine/clmr.zip by hand" in run.output
    assert [path for path in (tmp_path / "models").rglob("*") if path.is_file()] == []


def test_the_whole_catalogue_plans_on_real_recordings(tmp_path, philharmonia_dir):
    experiment = {
        "task": "instrument_classification",
        "datasets": [{"name": "philharmonia", "dir": str(philharmonia_dir)}],
        "deformations": ["D1", "D2", "D3", "D4"],
        "embedders": list(CATALOGUE),
        "probes": ["M1"],
    }
    write_config(tmp_path, experiment)
    run = snakemake(tmp_path, "evaluate", "--dry-run")
    assert run.status == 0, run.output
    jobs = dict(line.split() for line in run.output.split("Job stats:")[1].splitlines()[3:] if len(line.split()) == 2)
    n_cut = sum("layers_of" in row for row in CATALOGUE.values())
    n_passes = len(CATALOGUE) - n_cut
    assert int(jobs["embed_tracks"]) == n_passes
    assert int(jobs["cut_layers"]) == 5 * n_cut
    assert int(jobs["score_probes"]) == len(CATALOGUE)
    assert int(jobs["download_weights"]) == len({file["file"] for row in CATALOGUE.values() for file in row["weights"]})


def test_four_layer_groups_are_one_embedding_job(tmp_path):
    write_sounds(tmp_path / "audio")
    write_config(tmp_path, {"embedders": MERT_GROUPS, "deformations": [NOISE], "datasets": [folder()]})
    run = snakemake(tmp_path, "evaluate", "--dry-run")
    assert run.status == 0, run.output
    jobs = dict(line.split() for line in run.output.split("Job stats:")[1].splitlines()[3:] if len(line.split()) == 2)
    assert {rule: int(jobs[rule]) for rule in ("embed_tracks", "cut_layers")} == {"embed_tracks": 1, "cut_layers": 8}
