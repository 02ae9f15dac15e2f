"""The matrix, laid out for the questions that rules ask: each answer is one look into a dictionary."""

import re

from soundcheck.matrix import Cell, Matrix


class Plan:
    """The names of a matrix and their relations.

    `evaluations` are the (dataset, task, split) that a table is about; `splits_embedded` tells for each (dataset,
    deformation, embedder) for which (task, split) it is needed.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.cells = matrix.cells
        self.pruned = matrix.pruned
        self.tasks, self.datasets, self.splits = matrix.tasks, matrix.datasets, matrix.splits
        self.scenarios, self.embedders, self.probes = matrix.scenarios, matrix.embedders, matrix.probes
        self.evaluations: dict[tuple[str, str, str], list[Cell]] = {}
        self.splits_embedded: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
        for cell in matrix.cells:
            self.evaluations.setdefault(cell[:3], []).append(cell)
            for deformation in ("clean", cell.deformation):
                # A probe is always trained on clean embeddings, whatever conditions are evaluated.
                needed = self.splits_embedded.setdefault((cell.dataset, deformation, cell.embedder), [])
                if (cell.task, cell.split) not in needed:
                    needed.append((cell.task, cell.split))
        # Sorted, so that reordering a configuration changes no job.
        for needed in self.splits_embedded.values():
            needed.sort()

    def pattern(self, axis: str) -> str:
        """A regular expression of the names on an axis, for the constraints of wildcards."""
        return "|".join(re.escape(name) for name in getattr(self, axis))

    def order(self, evaluation: tuple[str, str, str]) -> dict[str, list[str]]:
        """Names on each axis of one (dataset, task, split), in the order of the configuration, for its tables."""
        cells = self.evaluations[evaluation]
        axes = {"deformations": "deformation", "embedders": "embedder", "probes": "probe"}
        return {name: list(dict.fromkeys(getattr(cell, axis) for cell in cells)) for name, axis in axes.items()}

    def metrics(self, evaluation: tuple[str, str, str]) -> list[str]:
        """All metrics of one (dataset, task, split)."""
        return list(dict.fromkeys(metric for cell in self.evaluations[evaluation] for metric in self.cells[cell]))
