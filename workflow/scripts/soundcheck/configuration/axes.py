"""What a configuration is made of: tasks, datasets, splits, scenarios, embedders, probes, experiments."""

from dataclasses import dataclass, field

from soundcheck.configuration.catalogue import PRECOMPUTED, said_by_family
from soundcheck.configuration.names import scenario_name
from soundcheck.tasks import TaskType


@dataclass(frozen=True)
class Task:
    """A task; `postprocessing` says how events are made of frames.

    `labels_tell` names what its labels are about that a transform may move: time, pitch, tempo.
    """

    name: str
    kind: TaskType
    title: str
    postprocessing: dict | None = None
    labels_tell: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The name of its type."""
        return self.kind.name


@dataclass(frozen=True)
class Dataset:
    """A dataset, where it lies, what its module is told, and what its parts may share although it is a leak.

    With `group_equal_audio`, parts that are drawn never part tracks with equal samples.

    A joined one has `parts`, the dataset that is trained on and the one that is tested on.
    """

    name: str
    module: str
    folder: str
    title: str
    synthetic: bool
    allow_overlap: tuple[str, ...] = ()
    group_equal_audio: bool = False
    options: dict = field(default_factory=dict)
    parts: tuple["Dataset", ...] = ()

    @property
    def known_as(self) -> list[str]:
        """Its name in the configuration, which anybody may choose, and those under which the field knows it."""
        return [self.name, self.module, *(value for key, value in self.options.items() if key == "dataset")]

    @property
    def tested(self) -> "Dataset":
        """The dataset whose tracks are tested."""
        return self.parts[1] if self.parts else self


@dataclass(frozen=True)
class Split:
    """How a dataset is parted for a task.

    `published` names a published split; without it and without `fractions` it is `single` or `all`. With `per_class`
    only a sample of that many tracks of each class takes part.
    """

    name: str
    fractions: tuple[float, ...] | None = None
    published: str | None = None
    per_class: int | None = None

    @property
    def whole(self) -> str:
        """The name of the split of which a sample is taken."""
        return self.name.removesuffix(f"-{self.per_class}-per-class")


@dataclass(frozen=True)
class Scenario:
    """A deformation: transforms of audiomentations, applied in order; none for `clean`.

    `is_additive`: afterwards there is the clean signal at some gain and something added, so that there is a
    signal-to-noise ratio.
    """

    name: str
    transforms: list[dict]
    is_additive: bool = True

    @property
    def description(self) -> str:
        """What it does, such as `AddGaussianSNR-15dB`."""
        return scenario_name(self.transforms) if self.transforms else "the audio as it is"

    @property
    def files(self) -> list[str]:
        """Files and folders that transforms read, such as impulse responses."""
        values = [value for transform in self.transforms for key, value in transform["params"].items() if "path" in key]
        paths = [path for value in values for path in (value if isinstance(value, list) else [value])]
        return sorted({path for path in paths if isinstance(path, str)})


@dataclass(frozen=True)
class Weights:
    """A published file of weights: where it lies below the `models` directory, and where it comes from."""

    file: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Embedder:
    """An embedder: what its family's module needs (`entry`), where its jobs run, what it reads.

    Where `layers` are given it is cut from the embeddings of the embedder `made_by`, which has all layers; otherwise
    `made_by` is its own name.
    """

    name: str
    entry: dict
    env: str
    gpu: int
    files: tuple[str, ...]
    weights: tuple[Weights, ...]
    about: dict
    made_by: str
    layers: tuple[int, ...] | None = None

    @property
    def is_cut(self) -> bool:
        """Whether it is made of the layers of another one's file."""
        return self.made_by != self.name

    @property
    def is_precomputed(self) -> bool:
        """Whether its vectors were made elsewhere."""
        return self.entry["family"] == PRECOMPUTED

    @property
    def declared_dimension(self) -> int:
        """The size of its vectors as the catalogue says; 0 where that is not known, or its pooling is another."""
        return 0 if "pooling" in self.entry else self.about.get("dimension", 0)

    @property
    def threads(self) -> int:
        """Threads of a job, as the family says."""
        return said_by_family(self.entry["family"])["THREADS"]


@dataclass(frozen=True)
class Probe:
    """A probe's parameters, those that depend on the task still open (None)."""

    name: str
    parameters: dict

    @property
    def kind(self) -> str:
        """Its kind, a name of `soundcheck.probing.kinds`."""
        return self.parameters["kind"]

    def for_task(self, task: Task) -> dict:
        """All parameters; output activation and save criterion, of kinds that have them, fit the task unless given."""
        open_keys: dict[str, object] = {
            "output_activation": task.kind.output_activation,
            "save_criterion": task.kind.criterion,
        }
        fitting = {key: value for key, value in open_keys.items() if key in self.parameters}
        if task.postprocessing:
            fitting["postprocessing"] = task.postprocessing
        given = {key: value for key, value in self.parameters.items() if value is not None or key not in fitting}
        return dict(sorted((fitting | given).items()))


@dataclass(frozen=True)
class Experiment:
    """One entry of `experiments`, all names resolved; `datasets` pairs each dataset with its split and scenarios."""

    task: Task
    datasets: list[tuple[Dataset, Split, list[Scenario]]]
    embedders: list[Embedder]
    probes: list[Probe]
    metrics: list[str]
    exclude: list[dict]
