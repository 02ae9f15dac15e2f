"""When the training of a seed stops, and which of its epochs is the best."""

import math
from dataclasses import dataclass

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring import metrics


@dataclass
class Outcome:
    """What the training of one seed gave."""

    seed: int
    weights: list[np.ndarray]
    best_epoch: int
    best_value: float
    history: list[dict]


class Progress:
    """The course of one seed: its best epoch, and whether its patience is at an end."""

    def __init__(self, seed: int, criterion: str, patience: int):
        self.seed, self.patience = seed, patience
        self.name, self.sign = (f"val_{criterion}", -1 if criterion == "loss" else metrics.sign(criterion))
        self.rows: list[dict] = []
        self.best_row: dict | None = None
        self.lowest_loss, self.waited = math.inf, 0

    @property
    def stopped(self) -> bool:
        return self.waited >= self.patience

    def improved_by(self, row: dict) -> bool:
        """Take the row of a new epoch; is it the best so far?"""
        self.rows.append(row)
        if row["val_loss"] < self.lowest_loss:
            self.lowest_loss, self.waited = row["val_loss"], 0
        else:
            self.waited += 1
        value = row[self.name]
        better = math.isfinite(value) and (
            self.best_row is None or self.sign * value > self.sign * self.best_row[self.name]
        )
        if better:
            self.best_row = row
        return better

    def outcome(self, weights: list[np.ndarray]) -> Outcome:
        if self.best_row is None:
            raise SoundcheckError(
                f"seed {self.seed}: {self.name} was never finite. Training diverged (lower learning_rate), or the "
                "validation items have no label with both positive and negative items (save_criterion: loss works)"
            )
        for row in self.rows:
            row["best"] = row is self.best_row
        return Outcome(self.seed, weights, self.best_row["epoch"], self.best_row[self.name], self.rows)
