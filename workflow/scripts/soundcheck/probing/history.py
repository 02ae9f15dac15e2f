"""The course of training: as a table, and as TensorBoard's event files."""

import csv
import sys
import time
import types
from pathlib import Path

from soundcheck.plumbing.files import atomic, read_rows


def write_history(history: dict[int, list[dict]], path: str | Path) -> None:
    """Write the rows of all folds as CSV: fold, seed, epoch, then the losses and metrics, then whether it is the best.

    The same run gives the same bytes.
    """
    rows = [{"fold": fold, **row} for fold, rows in history.items() for row in rows]
    values = [name for name in (rows[0] if rows else ()) if name not in ("fold", "seed", "epoch", "best")]
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["fold", "seed", "epoch", *values, "best"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"best": int(row["best"])} for row in rows)


def read_history(path: str | Path) -> dict[int, list[dict]]:
    """The rows of all folds, as `write_history` wrote them, without their fold."""
    history: dict[int, list[dict]] = {}
    for row in read_rows(path):
        values = {name: float(value) for name, value in row.items() if value and _is_curve(name)}
        history.setdefault(int(row["fold"]), []).append(
            {"seed": int(row["seed"]), "epoch": int(row["epoch"]), **values, "best": row["best"] == "1"}
        )
    return history


def write_tensorboard(history: dict[int, list[dict]], directory: str | Path) -> None:
    """Write TensorBoard's event files, one run per fold and seed; `train_loss` becomes `loss/train`, and so on.

    The event files carry wall times and the host's name, so two runs' differ.
    """
    # A probe without epochs has no curves.
    Path(directory).mkdir(parents=True, exist_ok=True)
    for fold, rows in history.items():
        for seed in dict.fromkeys(row["seed"] for row in rows):
            of_seed = [row for row in rows if row["seed"] == seed]
            _write_run(of_seed, Path(directory) / f"fold{fold}" / f"seed{seed}")


def _write_run(rows: list[dict], directory: Path) -> None:
    # TensorBoard's own writer: neither TensorFlow nor torch.utils.tensorboard, which are slow to import. Where it finds
    # a module of this name, TensorBoard does without TensorFlow, even if that is installed.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    directory.mkdir(parents=True, exist_ok=True)
    # A run that was interrupted leaves its own file behind; the curves of two runs must not be mixed.
    for stale in directory.glob("events.out.tfevents.*"):
        stale.unlink()
    writer = EventFileWriter(str(directory))
    for row in rows:
        summary = Summary(value=[Summary.Value(tag=_tag(name), simple_value=row[name]) for name in _curves(row)])
        writer.add_event(Event(wall_time=time.time(), step=row["epoch"], summary=summary))
    writer.close()


def _curves(row: dict) -> list[str]:
    return list(filter(_is_curve, row))


def _is_curve(name: str) -> bool:
    return name.startswith(("train_", "val_"))


def _tag(name: str) -> str:
    part, _, value = name.partition("_")
    return f"{value}/{'validation' if part == 'val' else 'train'}"
