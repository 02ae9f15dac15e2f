import csv

import pytest

from soundcheck.probing import history

ROWS = {
    fold: [
        {
            "seed": seed,
            "epoch": epoch,
            "train_loss": 1 / epoch + seed,
            "val_loss": 2 / 3 + 0.1 * epoch,
            "val_accuracy": 0.1 * epoch + fold,
            "best": epoch == 2,
        }
        for seed in (0, 7)
        for epoch in (1, 2, 3)
    ]
    for fold in (0, 1)
}


def test_the_table_holds_every_epoch_of_every_fold_and_seed_and_reads_back_exactly(tmp_path):
    history.write_history(ROWS, tmp_path / "history.csv")
    with open(tmp_path / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["fold", "seed", "epoch", "train_loss", "val_loss", "val_accuracy", "best"]
    assert len(rows) == 12
    assert float(rows[0]["val_loss"]) == 2 / 3 + 0.1
    assert [row["epoch"] for row in rows if row["best"] == "1"] == ["2"] * 4


def test_tensorboard_reads_the_curves_back(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for _ in range(2):  # a second time replaces the first
        history.write_tensorboard(ROWS, tmp_path)
    runs = sorted(path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("events.out.tfevents.*"))
    assert runs == ["fold0/seed0", "fold0/seed7", "fold1/seed0", "fold1/seed7"]
    events = EventAccumulator(str(tmp_path / "fold1" / "seed7")).Reload()
    assert sorted(events.Tags()["scalars"]) == ["accuracy/validation", "loss/train", "loss/validation"]
    curve = events.Scalars("accuracy/validation")
    assert [event.step for event in curve] == [1, 2, 3]
    assert [event.value for event in curve] == pytest.approx([1.1, 1.2, 1.3])
