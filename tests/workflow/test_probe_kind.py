"""A second kind of probe, from a configuration to scores: it touches its own module and one line of the kinds."""

import shutil
from pathlib import Path

import nearest_centroid
import pytest
from running import PROBE, REPOSITORY, copied_workflow, read_rows, snakemake, table, write_config, write_sounds

ENTRY = '    "nearest_centroid": Kind("probing.nearest_centroid", title="Centroid"),\n}\nDEFAULT'


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("kinds")
    copy = copied_workflow(directory / "copy")
    probing = copy / "workflow" / "scripts" / "soundcheck" / "probing"
    shutil.copy(nearest_centroid.__file__, probing)
    kinds = (probing / "kinds.py").read_text()
    (probing / "kinds.py").write_text(kinds.replace("}\nDEFAULT", ENTRY))
    write_sounds(directory / "audio")
    probes = [PROBE, {"type": "nearest_centroid"}, {"name": "other", "type": "nearest_centroid"}]
    write_config(directory, {"probes": probes}, seeds=2)
    done = snakemake(directory, "evaluate", "tables", repository=copy)
    assert done.status == 0, done.output[-4000:]
    return directory


def test_two_files_of_the_library_are_touched(run):
    def files(root):
        return {
            path.relative_to(root): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }

    original, changed = (files(Path(root) / "workflow") for root in (REPOSITORY, run / "copy"))
    touched = {path.as_posix() for path in changed if changed[path] != original.get(path)}
    assert touched == {"scripts/soundcheck/probing/kinds.py", "scripts/soundcheck/probing/nearest_centroid.py"}


def test_its_scores_are_those_of_nearest_means(run):
    (path,) = (run / "results/scores").rglob("Centroid.csv")
    rows = read_rows(path)
    (accuracy,) = (row for row in rows if row["metric"] == "accuracy" and row["seed"] == "mean")
    assert float(accuracy["value"]) > 0.8
    assert float(accuracy["seed_std"]) == 0
    # Another name is another probe, which is the same here.
    others = read_rows(path.with_name("other.csv"))
    assert [row | {"probe": ""} for row in others] == [row | {"probe": ""} for row in rows]


def test_it_is_kept_in_a_folder_of_its_own_and_has_no_curves(run):
    (folder,) = (run / "results/probes").rglob("Centroid")
    assert [path.name for path in (folder / "model/model").iterdir()] == ["0.json"]
    assert (folder / "history.csv").read_text() == "fold,seed,epoch,best\n"
    (model,) = nearest_centroid.load(folder / "model/model").values()
    assert model.seeds == [0, 1]
    assert model.facts["n_without_embedding"] == 0


def test_it_stands_in_tables_beside_perceptrons(run):
    (path,) = (run / "results/predictions").rglob("Centroid.parquet")
    assert table(path)["seed"].nunique() == 2
    (written,) = (run / "results/tables").rglob("embedders.md")
    assert "Centroid" in written.read_text()
