"""No number outlives what it was made of: each edit, by itself, runs again exactly what it touches.

One finished run has audio, tables, models and weights in the places where people have them: in linked folders, behind
absolute paths, with helper modules beside them. Each test makes one edit, asks what would run, and takes it back.
"""

import json
import os
import re
import shutil
from collections import Counter

import numpy as np
import pytest
import soundfile
from filelock import FileLock
from running import RATE, folder, snakemake, sound, write_config, write_rows, write_sounds

FUNCTION = """
import numpy as np
from helper import bands

def embed(samples, sample_rate):
    return np.array([np.log(1e-6 + np.mean(block**2)) for block in np.array_split(samples, bands())])
"""
MODEL = """
import torch
from parts.inner import scale

class Model:
    sample_rate = 16000
    scene_embedding_size = 2

def load_model(path=""):
    return Model()

def get_scene_embeddings(audio, model):
    return scale() * torch.stack([audio.mean(1), audio.std(1)], dim=1)
"""
METRIC = """
from counting import share_of

def share(y_true, y_score, labels):
    return share_of(y_true)
"""
EMBEDDERS = ["handcrafted-spectral", {"name": "mine", "function": "function.py", "sample_rate": RATE, "gpu": 0}]
HEAR = {"name": "module", "hear": "model.py", "weights": "weights.bin", "gpu": 0}
ROOMS = [
    {"name": "folder", "transforms": [{"type": "ApplyImpulseResponse", "params": {"ir_path": "rooms"}}]},
    {"name": "list", "transforms": [{"type": "ApplyImpulseResponse", "params": {"ir_path": ["hall.wav"]}}]},
]
# What follows is planned for every edit of a dataset's audio: of two conditions or more, two embedders, one probe.
NUMBERS = (
    *("download_dataset", "index_tracks", "make_split", "fingerprint_tracks"),
    *("embed_tracks", "fit_probes", "score_probes"),
)


def write_impulse(path, seconds):
    response = np.zeros(int(RATE * seconds), np.float32)
    response[0], response[-1] = 1.0, 0.3
    soundfile.write(path, response, RATE)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stale")
    # Linked: the folder of a class, and a file of another class.
    write_sounds(directory / "linked", kinds=("low", "high"))
    write_sounds(directory / "elsewhere", kinds=("noise",))
    (directory / "linked" / "noise").symlink_to(directory / "elsewhere" / "noise")
    shutil.move(directory / "linked" / "low" / "00.wav", directory / "elsewhere" / "target.wav")
    (directory / "linked" / "low" / "00.wav").symlink_to(directory / "elsewhere" / "target.wav")
    # Named by a table with absolute paths.
    paths = write_sounds(directory / "far" / "away", kinds=("low", "high"))
    (directory / "near").mkdir()
    rows = [(directory / "far" / "away" / path, path.split("/")[0]) for path in paths]
    write_rows(directory / "table.csv", ["path", "label"], rows)
    for name, text in {"function.py": FUNCTION, "model.py": MODEL, "my_metrics.py": METRIC}.items():
        (directory / name).write_text(text)
    (directory / "helper.py").write_text("def bands():\n    return 8\n")
    (directory / "counting.py").write_text("def share_of(values):\n    return float(values.mean())\n")
    (directory / "parts").mkdir()
    (directory / "parts" / "inner.py").write_text("from . import constant\n\ndef scale():\n    return constant.ONE\n")
    (directory / "parts" / "__init__.py").write_text("")
    (directory / "parts" / "constant.py").write_text("ONE = 1\n")
    (directory / "weights.bin").write_bytes(bytes(2_000_000))
    (directory / "rooms").mkdir()
    write_impulse(directory / "rooms" / "small.wav", 0.01)
    write_impulse(directory / "hall.wav", 0.02)
    write_config(
        directory,
        {"datasets": [folder("linked", str(directory / "linked"))], "embedders": EMBEDDERS, "deformations": ROOMS},
        {"datasets": [folder("table", str(directory / "near"), csv="table.csv")], "embedders": [HEAR]},
        {
            "datasets": [folder("linked", str(directory / "linked"))],
            "embedders": ["handcrafted-spectral"],
            "metrics": ["accuracy", "my_metrics.share"],
        },
    )
    run = snakemake(directory, "evaluate")
    assert run.status == 0, run.output
    return directory


@pytest.fixture
def planned(finished):
    """What would run now: how many jobs of each rule that makes numbers."""

    def plan(*arguments):
        return counted(snakemake(finished, "evaluate", "--dry-run", *arguments))

    return plan


def counted(run):
    """How many jobs of each rule that makes numbers a dry run has planned."""
    assert run.status == 0, run.output
    rules = Counter(re.findall(r"^(?:local)?rule (\w+?)(?:_\d)?:$", run.output, re.MULTILINE))
    return {rule: count for rule, count in rules.items() if rule in NUMBERS}


@pytest.fixture
def restored(finished):
    """Files as they are before an edit; put back, times and links included, after it."""
    kept = finished.parent / "kept"
    shutil.copytree(finished, kept, symlinks=True, ignore=shutil.ignore_patterns("results", ".snakemake"))
    yield finished
    for name in os.listdir(kept):
        place = finished / name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()
        shutil.move(kept / name, place)
    kept.rmdir()


def rewrite(path, kind="noise", number=99):
    """Other audio of equal length, so that the table of tracks stays as it is."""
    soundfile.write(path, sound(kind, number), RATE)


def replace_by_older(path, content):
    """Another file moved over this one, of the same size, and older."""
    other = path.with_name("older")
    other.write_bytes(content)
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(path)


def edit_rooms(directory):
    """The same folder, its time as before."""
    facts = os.stat(directory / "rooms")
    write_impulse(directory / "rooms" / "small.wav", 0.03)
    os.utime(directory / "rooms", ns=(facts.st_atime_ns, facts.st_mtime_ns))


# The dataset `linked`: clean and two rooms, two embedders; one of them is tested with a metric of one's own as well.
LISTED = {"index_tracks": 1, "make_split": 1, "fingerprint_tracks": 1}
OF_LINKED = LISTED | {"embed_tracks": 2, "fit_probes": 2, "score_probes": 2}
OF_TABLE = LISTED | {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}
OF_ONE = {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}
EDITS = {
    "nothing": (lambda directory: None, {}),
    "audio in a linked folder": (lambda directory: rewrite(directory / "elsewhere/noise/03.wav"), OF_LINKED),
    "the target of a link": (lambda directory: rewrite(directory / "elsewhere/target.wav"), OF_LINKED),
    "audio named by an absolute path": (lambda directory: rewrite(directory / "far/away/low/03.wav"), OF_TABLE),
    "a module that a function imports": (
        lambda directory: (directory / "helper.py").write_text("def bands():\n    return 9\n"),
        OF_ONE,
    ),
    "a module that a module beside a model imports": (
        lambda directory: (directory / "parts/constant.py").write_text("ONE = 2\n"),
        OF_ONE,
    ),
    "a module that a metric imports": (
        lambda directory: (directory / "counting.py").write_text("def share_of(values):\n    return 0.0\n"),
        {"score_probes": 1},
    ),
    "a sound in a folder, in place": (edit_rooms, {"embed_tracks": 2, "fit_probes": 2, "score_probes": 2}),
    "a sound of a list": (
        lambda directory: write_impulse(directory / "hall.wav", 0.05),
        {"embed_tracks": 2, "fit_probes": 2, "score_probes": 2},
    ),
    "weights replaced by an older file": (
        lambda directory: replace_by_older(directory / "weights.bin", bytes(1_999_999) + b"1"),
        OF_ONE,
    ),
    "a hidden file": (lambda directory: (directory / "linked/.DS_Store").write_bytes(b"1"), {}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_runs_again_what_it_touches(edit, restored, planned):
    change, expected = EDITS[edit]
    change(restored)
    assert planned() == expected


def test_a_file_that_is_added_to_a_linked_folder_is_used(restored, planned):
    rewrite(restored / "elsewhere/noise/98.wav")
    assert planned() == OF_LINKED


def test_an_edited_label_embeds_nothing(restored, planned):
    text = (restored / "table.csv").read_text()
    (restored / "table.csv").write_text(text.replace("low/03.wav,low", "low/03.wav,high"))
    counts = planned()
    assert counts["index_tracks"] == counts["make_split"] == 1


@pytest.fixture(scope="module")
def elsewhere(finished, tmp_path_factory):
    """Another folder, as of a second checkout, whose configuration names the same results."""
    directory = tmp_path_factory.mktemp("elsewhere")
    for name in ("function.py", "helper.py", "model.py", "my_metrics.py", "counting.py", "table.csv", "hall.wav"):
        shutil.copy2(finished / name, directory)
    for name in ("parts", "rooms"):
        shutil.copytree(finished / name, directory / name)
    shutil.copy2(finished / "weights.bin", directory)
    text = (finished / "config.yaml").read_text()
    (directory / "config.yaml").write_text(f"results: {finished / 'results'}\n{text}")
    return directory


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("models=models", {}),
        ("seeds=2", {"fit_probes": 3, "score_probes": 3}),
        ("resamples=200", {"score_probes": 3}),
    ],
)
def test_a_second_checkout_makes_again_what_differs_and_nothing_else(elsewhere, setting, expected):
    assert counted(snakemake(elsewhere, "evaluate", "--dry-run", "--config", setting)) == expected


def test_results_of_which_nothing_notes_how_they_were_made_are_made_again(finished, planned):
    notes = finished / "results" / ".snakemake"
    notes.rename(finished / "notes")
    counts = planned()
    shutil.rmtree(notes)
    (finished / "notes").rename(notes)
    assert counts == {
        **{"download_dataset": 2, "index_tracks": 2, "make_split": 2, "fingerprint_tracks": 2},
        **{"embed_tracks": 3, "fit_probes": 3, "score_probes": 3},
    }


def test_one_run_at_a_time_makes_the_same_results_and_others_may_share_the_checkout(finished):
    with FileLock(finished / "results" / ".snakemake" / "soundcheck.lock"):
        refused = snakemake(finished, "list_embedders", "--quiet", "all")
        beside = snakemake(finished, "list_embedders", "--config", "results=others")
    assert (refused.status, beside.status) == (1, 0)
    assert "another run" in refused.output
    assert "makes the same results" in refused.output


def test_what_other_versions_of_a_package_made_is_told_and_made_again_on_request(finished, planned):
    note = next((finished / "results" / "made_with" / "embed_tracks").rglob("module.jsonl"))
    text = note.read_text()
    made_with = json.loads(text)
    made_with["versions"]["numpy"] = "1.0"
    note.write_text(json.dumps(made_with) + "\n")
    told = snakemake(finished, "evaluate", "--dry-run")
    again = planned("--config", "rerun_on_upgrade=true")
    note.write_text(text)
    assert "2 files of the results made with numpy 1.0, now " in told.output
    assert "--config rerun_on_upgrade=true makes these files again" in told.output
    assert counted(told) == {}
    assert again == {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}


# After the test above, whose files count as incomplete from then on.
def test_a_result_that_was_edited_is_made_again(finished, planned):
    before = planned().get("score_probes", 0)
    path = next((finished / "results" / "scores" / "linked").rglob("mine/*.csv"))
    path.write_text(path.read_text().replace("accuracy", "ACCURACY"))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert planned()["score_probes"] == before + 1
