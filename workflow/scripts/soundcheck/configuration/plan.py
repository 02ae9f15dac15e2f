"""The matrix, laid out for the questions that rules ask: each answer is one look into a dictionary."""

import dataclasses
import re
from collections.abc import Mapping
from typing import NamedTuple

from soundcheck.configuration.axes import Embedder, Split
from soundcheck.configuration.matrix import Cell, build
from soundcheck.configuration.pretraining import has_seen
from soundcheck.configuration.read import Config
from soundcheck.ids import CLEAN, EVERYTHING
from soundcheck.plumbing.errors import several
from soundcheck.scoring.metrics import METRICS


class Embedded(NamedTuple):
    """One file of embeddings, by the names of its axes."""

    dataset: str
    deformation: str
    embedder: str


class Modelled(NamedTuple):
    """What one job embeds, in all conditions: a dataset with an embedder."""

    dataset: str
    embedder: str


class Evaluated(NamedTuple):
    """What the probes of one job are fitted to, and those of another one tested on, in all conditions."""

    dataset: str
    task: str
    split: str
    embedder: str


class Checked(NamedTuple):
    """An embedder that is checked."""

    embedder: str


class Evaluation(NamedTuple):
    """What one table is about."""

    dataset: str
    task: str
    split: str


class Table(NamedTuple):
    """One table, by its evaluation and its preset."""

    dataset: str
    task: str
    split: str
    preset: str


class Figure(NamedTuple):
    """One figure file, by its evaluation and its name."""

    dataset: str
    task: str
    split: str
    figure: str


def embedded_parts(deformation: str) -> list[str]:
    """Probes are trained on clean audio alone; a deformed condition needs the tracks that are tested."""
    return ["train", "validation", "test"] if deformation == CLEAN else ["test"]


class Plan:
    """The names of a matrix, and how they hang together.

    `evaluations` has the cells of each table; `splits_embedded` the (task, split) pairs for which each file of
    embeddings is needed; `conditions` the scenarios in which one job embeds a dataset; `evaluated` the cells that one
    job scores.
    """

    def __init__(self, settings: Config) -> None:
        """Make the cells of a configuration.

        Raises:
            SoundcheckError: `exclude` leaves nothing to evaluate.
        """
        self.settings, matrix = settings, build(settings)
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
        self.evaluated: dict[Evaluated, list[Cell]] = {}
        for cell in matrix.cells:
            self.evaluations.setdefault(Evaluation(cell.dataset, cell.task, cell.split), []).append(cell)
            self.evaluated.setdefault(Evaluated(cell.dataset, cell.task, cell.split, cell.embedder), []).append(cell)
            self._note_embedded(cell)
        # Sorted, so that reordering a configuration changes no job.
        for pairs in self.splits_embedded.values():
            pairs.sort()
        for cells in self.evaluated.values():
            cells.sort()
        self.conditions: dict[Modelled, list[str]] = {}
        for dataset, deformation, embedder in sorted(self.splits_embedded):
            self.conditions.setdefault(Modelled(dataset, embedder), []).append(deformation)
        for deformations in self.conditions.values():
            # Probes wait for it.
            deformations.sort(key=lambda name: name != CLEAN)

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

    def joined_parts(self, dataset: str, deformation: str = CLEAN) -> list[str]:
        """The dataset that a joined one is trained on, and the one that it is tested on; deformed, the latter alone."""
        parts = [part.name for part in self.datasets[dataset].parts]
        return parts if deformation == CLEAN else parts[1:]

    @property
    def plain_datasets(self) -> list[str]:
        """The datasets that are not joined of two."""
        return [name for name in self.datasets if name not in self.joined]

    def split_parameters(self, split: str) -> dict:
        """What a job must know of a split."""
        return dataclasses.asdict(self.splits[split]) | {"whole": self.splits[split].whole}

    def splits_to_embed(self, embedded: Embedded) -> list[Evaluation]:
        """The splits whose tracks a file of embeddings holds."""
        return [Evaluation(embedded.dataset, *pair) for pair in self.splits_embedded[embedded]]

    @property
    def embedded_alike(self) -> dict[tuple[str, ...], list[Modelled]]:
        """What one job embeds with a model, by the conditions in which it does."""
        models, plain = set(self.models), set(self.plain_datasets)
        conditions = {
            each: tuple(names)
            for each, names in self.conditions.items()
            if each.embedder in models and each.dataset in plain
        }
        return _alike(conditions)

    def probes_of(self, evaluated: Evaluated) -> list[str]:
        """The probes that one job fits."""
        return list(dict.fromkeys(sorted(cell.probe for cell in self.evaluated[evaluated])))

    @property
    def fitted_alike(self) -> dict[tuple[str, ...], list[Evaluated]]:
        """What one job fits probes to, by the probes."""
        return _alike({each: tuple(self.probes_of(each)) for each in self.evaluated})

    @property
    def scored_alike(self) -> dict[tuple[tuple[str, str], ...], list[Evaluated]]:
        """What one job scores, by the conditions and probes of its cells."""
        return _alike(
            {each: tuple((cell.deformation, cell.probe) for cell in cells) for each, cells in self.evaluated.items()}
        )

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
        return [name for name in computed if not _is_hidden(name, computed)] or computed

    def tables(self, needs_labels: Mapping[str, bool]) -> list[Table]:
        """The tables that are made: of the presets that need a value for each label, those of evaluations with one."""
        return [
            Table(*evaluation, preset)
            for preset in self.settings.autotable
            for evaluation in (self.labelled if needs_labels[preset] else self.evaluations)
        ]

    @staticmethod
    def presets_alike(tables: list[Table]) -> dict[tuple[str, ...], list[Evaluation]]:
        """The evaluations by the presets of their tables."""
        presets: dict[Evaluation, list[str]] = {}
        for *evaluation, preset in tables:
            presets.setdefault(Evaluation(*evaluation), []).append(preset)
        return _alike({evaluation: tuple(sorted(names)) for evaluation, names in presets.items()})

    @property
    def figures(self) -> list[Figure]:
        """The figures that are drawn: `confusion` only where there is a value for each label."""
        return [
            *(Figure(*evaluation, "robustness") for evaluation in self.evaluations),
            *(Figure(*evaluation, "confusion") for evaluation in self.labelled),
        ]

    def figure_of_labels(self, evaluation: Evaluation) -> str:
        """The figure that shows each label: where a track may have several there is no confusion matrix."""
        return "per_label" if self.has_several_labels(evaluation) else "confusion"

    @property
    def labelled(self) -> list[Evaluation]:
        """The evaluations that have a value for each label, and a confusion matrix unless they are multilabel."""
        return [
            evaluation
            for evaluation in self.evaluations
            if any(map(_has_labels, self.shown_metrics(evaluation)))
            and (self.has_several_labels(evaluation) or self._has_confusion(evaluation))
        ]

    def has_several_labels(self, evaluation: Evaluation) -> bool:
        """Whether an item may have several labels, so that there is no confusion matrix."""
        return self.tasks[evaluation.task].kind.has_several_labels

    def first_labelled_metric(self, evaluation: Evaluation) -> str:
        """The first metric that is shown and has a value for each label; of none, the first."""
        shown = self.shown_metrics(evaluation)
        return next(filter(_has_labels, shown), shown[0])

    def _has_confusion(self, evaluation: Evaluation) -> bool:
        return all(any(map(_is_matrix, self.cells[cell])) for cell in self.evaluations[evaluation])

    @property
    def evaluated_embedders(self) -> list[str]:
        """The embedders that are evaluated, without those from which they are cut."""
        return list(dict.fromkeys(cell.embedder for cell in self.cells))

    @property
    def models(self) -> list[str]:
        """The embedders that run a model."""
        return [name for name, embedder in self.embedders.items() if not (embedder.is_cut or embedder.is_precomputed)]

    @property
    def precomputed(self) -> list[str]:
        """The embedders whose vectors were made elsewhere."""
        return [name for name, embedder in self.embedders.items() if embedder.is_precomputed]

    @property
    def cut(self) -> list[str]:
        """The embedders that are made of the layers of another one's file."""
        return [name for name, embedder in self.embedders.items() if embedder.is_cut]

    @property
    def checked_embedders(self) -> list[Checked]:
        """The evaluated embedders that run a model: what is cut from their layers needs no check."""
        makers = [self.embedders[name].made_by for name in self.evaluated_embedders]
        return [Checked(name) for name in dict.fromkeys(makers) if not self.embedders[name].is_precomputed]

    def called(self, embedder: str) -> str:
        """What messages call an embedder: where it is none of the user's, by the names of what is cut from it."""
        cut = [name for name in self.evaluated_embedders if self.embedders[name].made_by == embedder]
        return embedder if embedder in cut or not cut else several(cut, 3)

    def whose_weights(self, file: str) -> list[str]:
        """The models of the catalogue that read a file of weights, whichever of them are evaluated."""
        whole = {name: entry["weights"] for name, entry in self.settings.embedders.items() if "layers_of" not in entry}
        return [name for name, weights in whole.items() if file in (each["file"] for each in weights)]

    def how_to_get_weights(self, file: str) -> str:
        """What the catalogue says of a file of weights that has no address; empty where it says nothing."""
        return next((self.settings.embedders[name].get("get_weights", "") for name in self.whose_weights(file)), "")

    def digests_of_weights(self, embedder: str) -> list[str] | None:
        """What the weights of an embedder must be; None where the configuration accepts any."""
        weights = self.embedders[embedder].weights
        return [file.sha256 for file in weights] if self.settings.check_weights else None


def _alike(groups: Mapping) -> dict:
    """The keys of each value, in the order of the keys."""
    found: dict = {}
    for key, value in groups.items():
        found.setdefault(value, []).append(key)
    return found


def _is_hidden(name: str, computed: list[str]) -> bool:
    """Whether tables leave a metric out: it is drawn, or plain from others that are computed."""
    return _is_matrix(name) or (name in METRICS and not set(computed).isdisjoint(METRICS[name].hidden_beside))


def _is_matrix(name: str) -> bool:
    return name in METRICS and METRICS[name].is_matrix


def _has_labels(name: str) -> bool:
    """Whether a metric has a value for each label; what a user's own one returns is not known before it is called."""
    return name in METRICS and METRICS[name].per_label is not None


def _with_all_layers(embedders: dict[str, Embedder]) -> dict[str, Embedder]:
    """The embedders, and those from whose embeddings some of them are cut."""
    makers = {
        embedder.made_by: dataclasses.replace(embedder, name=embedder.made_by, layers=None)
        for embedder in embedders.values()
        if embedder.is_cut
    }
    return makers | embedders
