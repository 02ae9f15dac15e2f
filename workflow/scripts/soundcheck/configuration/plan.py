"""The matrix, laid out for the questions that rules ask: each answer is one look into a dictionary."""

import dataclasses
import re
from typing import NamedTuple

from soundcheck.configuration.axes import Embedder, Split
from soundcheck.configuration.matrix import Cell, Matrix
from soundcheck.configuration.pretraining import has_seen
from soundcheck.ids import CLEAN, EVERYTHING

# Metrics that have a value for each label.
LABELLED = {
    "f1_macro",
    "roc_auc",
    "average_precision",
    "key_score_macro",
    "event_onset_200ms",
    "event_onset_50ms",
    "event_onset_offset_50ms",
}


class Embedded(NamedTuple):
    """One file of embeddings, by the names of its axes."""

    dataset: str
    deformation: str
    embedder: str


class Checked(NamedTuple):
    """An embedder that is checked."""

    embedder: str


class Evaluation(NamedTuple):
    """What one table is about."""

    dataset: str
    task: str
    split: str


class Plan:
    """The names of a matrix, and how they hang together.

    `evaluations` has the cells of each table; `splits_embedded` the (task, split) pairs for which each file of
    embeddings is needed.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.cells, self.pruned = matrix.cells, matrix.pruned
        self.tasks = matrix.tasks
        self.datasets = {part.name: part for dataset in matrix.datasets.values() for part in (*dataset.parts, dataset)}
        self.joined = [name for name, dataset in self.datasets.items() if dataset.parts]
        self.splits = matrix.splits | ({EVERYTHING: Split(EVERYTHING)} if self.joined else {})
        self.scenarios, self.probes = matrix.scenarios, matrix.probes
        self.embedders = _with_all_layers(matrix.embedders)
        self.weights = {file.file: file for embedder in self.embedders.values() for file in embedder.weights}
        self.evaluations: dict[Evaluation, list[Cell]] = {}
        self.splits_embedded: dict[Embedded, list[tuple[str, str]]] = {}
        for cell in matrix.cells:
            self.evaluations.setdefault(Evaluation(cell.dataset, cell.task, cell.split), []).append(cell)
            self._note_embedded(cell)
        # Sorted, so that reordering a configuration changes no job.
        for needed in self.splits_embedded.values():
            needed.sort()

    def _note_embedded(self, cell: Cell) -> None:
        """Note the files of embeddings that a cell needs; where layers are cut, also the one that has all layers."""
        for dataset, deformation, split in self._conditions(cell):
            for embedder in (cell.embedder, self.embedders[cell.embedder].made_by):
                needed = self.splits_embedded.setdefault(Embedded(dataset, deformation, embedder), [])
                if (cell.task, split) not in needed:
                    needed.append((cell.task, split))

    def _conditions(self, cell: Cell) -> list[tuple[str, str, str]]:
        """Dataset, deformation and split that must be embedded for a cell: probes are always trained on clean audio."""
        if cell.dataset not in self.joined:
            return [(cell.dataset, deformation, cell.split) for deformation in (CLEAN, cell.deformation)]
        trained, tested = (part.name for part in self.datasets[cell.dataset].parts)
        return [(trained, CLEAN, cell.split), *((tested, each, EVERYTHING) for each in (CLEAN, cell.deformation))]

    def pattern(self, axis: str) -> str:
        """A regular expression of the names on an axis, for the constraints of wildcards."""
        return "|".join(re.escape(name) for name in getattr(self, axis))

    def order(self, evaluation: Evaluation) -> dict:
        """Names on each axis of one evaluation, in the order of the configuration; what its scenarios do.

        `seen` are the embedders that were trained on the dataset.
        """
        cells = self.evaluations[evaluation]
        axes = {"deformations": "deformation", "embedders": "embedder", "probes": "probe"}
        order = {name: list(dict.fromkeys(getattr(cell, axis) for cell in cells)) for name, axis in axes.items()}
        tested = self.datasets[evaluation.dataset].tested.known_as
        pretrained_on = {name: self.embedders[name].about["pretrained_on"] for name in order["embedders"]}
        return order | {
            "descriptions": {name: self.scenarios[name].description for name in order["deformations"]},
            "seen": [name for name, datasets in pretrained_on.items() if has_seen(datasets, tested)],
        }

    def shown_metrics(self, evaluation: Evaluation) -> list[str]:
        """The metrics of an evaluation that its tables show: those that are not plain from another one beside them."""
        computed = list(dict.fromkeys(metric for cell in self.evaluations[evaluation] for metric in self.cells[cell]))
        hidden = {"confusion"}
        if "accuracy" in computed:
            hidden.add("f1_micro")  # with one label a track they are the same number
        if "key_score" in computed:
            hidden.add("f1_macro")  # for keys the weighted score is the field's own
        return [metric for metric in computed if metric not in hidden] or computed

    def tabulated(self, preset: str) -> list[Evaluation]:
        """The evaluations for which a table can be made: `per_class` needs a metric with a value for each label."""
        return self.labelled if preset == "per_class" else list(self.evaluations)

    @property
    def labelled(self) -> list[Evaluation]:
        """The evaluations that have a value for each label, and a confusion matrix unless they are multilabel."""
        return [
            evaluation
            for evaluation in self.evaluations
            if LABELLED.intersection(self.shown_metrics(evaluation))
            and (self.has_several_labels(evaluation) or self._has_confusion(evaluation))
        ]

    def has_several_labels(self, evaluation: Evaluation) -> bool:
        """Whether an item may have several labels, so that there is no confusion matrix."""
        return self.tasks[evaluation.task].type in ("multilabel", "event_detection")

    def first_labelled_metric(self, evaluation: Evaluation) -> str:
        """The first metric that is shown and has a value for each label; of none, the first."""
        shown = self.shown_metrics(evaluation)
        return next((metric for metric in shown if metric in LABELLED), shown[0])

    def _has_confusion(self, evaluation: Evaluation) -> bool:
        return all("confusion" in self.cells[cell] for cell in self.evaluations[evaluation])

    def one_embedding_per_embedder(self) -> list[Embedded]:
        """For each embedder one file, from which its software's versions can be read."""
        return list({embedded.embedder: embedded for embedded in reversed(self.splits_embedded)}.values())

    @property
    def evaluated_embedders(self) -> list[str]:
        """The embedders that are evaluated, without those from which they are cut."""
        return list(dict.fromkeys(cell.embedder for cell in self.cells))

    @property
    def checked_embedders(self) -> list[Checked]:
        """The embedders that run a model: what is cut from their layers needs no check."""
        models = [name for name in self.evaluated_embedders if self.embedders[name].entry["family"] != "precomputed"]
        return list(dict.fromkeys(Checked(self.embedders[name].made_by) for name in models))

    def weights_of(self, embedder: str) -> list[str]:
        """The files below the `models` folder that an embedder reads."""
        return [file.file for file in self.embedders[embedder].weights]


def _with_all_layers(embedders: dict[str, Embedder]) -> dict[str, Embedder]:
    """The embedders, and those from whose embeddings some of them are cut."""
    makers = {
        embedder.made_by: dataclasses.replace(embedder, name=embedder.made_by, layers=None)
        for embedder in embedders.values()
        if embedder.is_cut
    }
    return makers | embedders
