"""A regression from its configuration to its tables: two numbers a track, from a CSV."""

import pytest
import soundfile
from running import RATE, folder, read_rows, snakemake, sound, table, write_config, write_rows

LEFT_OUT = {"40": "'loud' is not a number", "41": "has 1 value, not 2 values"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on forty mixtures of tone and noise, whose shares are to be told, and two that have no such numbers."""
    directory = tmp_path_factory.mktemp("regression")
    (directory / "audio").mkdir()
    rows = []
    for number in range(42):
        share = (7 * number % 40) / 40
        mixture = (1 - share) * sound("low", 0) + 10 * share * sound("noise", number)
        soundfile.write(directory / "audio" / f"{number}.wav", mixture, RATE)
        rows.append([f"{number}.wav", f"{share} | {100 - 100 * share}"])
    rows[40][1], rows[41][1] = "0.5|loud", "0.5"
    write_rows(directory / "labels.csv", ["path", "labels"], rows)
    experiment = {
        "task": {"name": "tone", "type": "regression"},
        "datasets": [folder(csv="labels.csv", split_type=[0.6, 0.2, 0.2])],
        "probes": [{"name": "linear", "epochs": 300, "learning_rate": 0.01}],
    }
    write_config(directory, experiment, autotable=["embedders", "per_class"])
    done = snakemake(directory, "evaluate", "tables", "figures")
    assert done.status == 0, done.output[-4000:]
    return directory


def test_each_number_and_their_mean_have_scores(run):
    rows = read_rows(run / "results/scores/mine/tone/60-20-20/clean/handcrafted-spectral/linear.csv")
    means = {(row["metric"], row["label"]): float(row["value"]) for row in rows if row["seed"] == "mean"}
    assert means.keys() == {(name, label) for name in ("r2", "mae") for label in ("", "tone 1", "tone 2")}
    assert means["r2", ""] > 0.5
    assert means["mae", "tone 1"] < 0.2
    assert means["mae", "tone 2"] < 20


def test_what_has_no_numbers_is_left_out_with_the_reason(run):
    split = table(run / "results/splits/mine/tone/60-20-20.parquet").set_index("track_id")
    assert split["reason"].dropna().to_dict() == LEFT_OUT


def test_tables_and_the_figure_are_there_and_none_of_classes(run):
    made = {path.name for path in (run / "results/tables/mine/tone/60-20-20").iterdir()}
    assert made == {f"embedders.{kind}" for kind in ("csv", "md", "tex", "html", "txt")}
    assert "R²" in (run / "results/tables/mine/tone/60-20-20/embedders.md").read_text(encoding="utf-8")
    assert [path.name for path in (run / "results/figures/mine/tone/60-20-20").iterdir()] == ["robustness.svg"]
