"""Reading a configuration: from YAML to the experiments that the matrix is made of. Everything wrong stops here."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from soundcheck.canonical import KEY_SYNONYMS, canonical, scenario_name
from soundcheck.catalog import Catalog
from soundcheck.errors import SoundcheckError, nearest
from soundcheck.locations import Locator
from soundcheck.validation import Problem, complete, problems


@dataclass(frozen=True)
class Task:
    """A task; `type` is multiclass or multilabel, `is_key` says that the classes are the 24 keys."""

    name: str
    type: str
    is_key: bool
    title: str


@dataclass(frozen=True)
class Dataset:
    """A dataset, and where it lies."""

    name: str
    module: str
    folder: str
    csv: str
    title: str
    synthetic: bool


@dataclass(frozen=True)
class Split:
    """How a dataset is parted for a task; `fractions` only when the config gives them."""

    name: str
    fractions: tuple[float, ...] | None


@dataclass(frozen=True)
class Scenario:
    """A deformation: transforms of audiomentations, applied in order; none for `clean`."""

    name: str
    transforms: list[dict]

    @property
    def description(self) -> str:
        """What it does, such as `AddGaussianSNR-15dB`."""
        return scenario_name(self.transforms) if self.transforms else "the audio as it is"

    @property
    def files(self) -> list[str]:
        """Files and folders that transforms read, such as impulse responses."""
        values = [value for transform in self.transforms for key, value in transform["params"].items() if "path" in key]
        return sorted(value for value in values if isinstance(value, str) and Path(value).exists())


@dataclass(frozen=True)
class Embedder:
    """An embedder: what its family's module needs (`entry`), and where its jobs run."""

    name: str
    entry: dict
    env: str
    gpu: int
    files: tuple[str, ...]
    about: dict


@dataclass(frozen=True)
class Probe:
    """A probe's parameters, those that depend on the task still open (None)."""

    name: str
    parameters: dict

    def for_task(self, task: Task) -> dict:
        """All parameters; output activation and save criterion fit the task unless the config names them."""
        multilabel = task.type == "multilabel"
        fitting = {
            "output_activation": "sigmoid" if multilabel else "softmax",
            "save_criterion": "roc_auc" if multilabel else "accuracy",
        }
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


@dataclass(frozen=True)
class Config:
    """A whole configuration, checked and resolved; `completed` is its canonical form with all defaults."""

    results: str
    seed: int
    seeds: list[int]
    resamples: int
    autotable: list[str]
    listen: int
    experiments: list[Experiment]
    completed: dict = field(repr=False)


def read(raw: dict, catalog: Catalog, files: Sequence[str | Path] = ()) -> Config:
    """Check and resolve a configuration as YAML gave it; `files` are where it came from, to point at lines.

    Raises:
        SoundcheckError: lists everything that is wrong, each with its place and the nearest valid name.
    """
    locator = Locator(files, KEY_SYNONYMS)
    completed = complete(canonical(raw, catalog), catalog.schema)
    _stop_at(list(problems(completed, catalog)), locator)
    _stop_at(list(_wrong_names(completed, catalog)), locator)
    experiments = [_experiment(item, completed, catalog) for item in completed["experiments"]]
    config = Config(
        experiments=experiments,
        completed=completed,
        **{key: completed[key] for key in ("results", "seed", "seeds", "resamples", "autotable", "listen")},
    )
    _stop_at(list(_conflicts(config)), locator)
    return config


def _stop_at(found: list[Problem], locator: Locator) -> None:
    if found:
        lines = "\n".join(f"  {locator.place(path)}: {message}" for path, message in found)
        raise SoundcheckError(f"the configuration has {len(found)} mistake{'s'[: len(found) > 1]}:\n{lines}")


# --- names and parameters that the schema cannot know -----------------------------------------------------------------


def _wrong_names(completed: dict, catalog: Catalog) -> Iterator[Problem]:
    for index, experiment in enumerate(completed["experiments"]):
        path = ("experiments", index)
        task_problems = list(_wrong_task(experiment["task"], (*path, "task"), catalog))
        yield from task_problems
        if task_problems:
            continue
        task = _task(experiment["task"], catalog)
        for position, dataset in enumerate(experiment["datasets"]):
            yield from _wrong_dataset(dataset, task, (*path, "datasets", position), catalog)
            yield from _wrong_scenarios(dataset, (*path, "datasets", position), catalog)
        yield from _wrong_scenarios(experiment, path, catalog)
        for position, embedder in enumerate(experiment["embedders"]):
            yield from _wrong_embedder(embedder, (*path, "embedders", position), catalog)
        for position, probe in enumerate(experiment["probes"]):
            yield from _wrong_probe(probe, task, (*path, "probes", position))
        for position, metric in enumerate(experiment["metrics"]):
            yield from _wrong_metric(metric, task, (*path, "metrics", position), catalog)


def _wrong_task(task: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    known = catalog.tasks.get(task["name"])
    if known is None and "type" not in task:
        hint = nearest(task["name"], catalog.tasks)
        yield path, f"unknown task {task['name']!r}{hint} A task of one's own needs {{name: ..., type: ...}}"
    elif known and task.get("type", known["type"]) != known["type"]:
        yield (*path, "type"), f"{task['name']} is {known['type']}, not {task['type']}"


def _wrong_dataset(dataset: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    kind = dataset.get("type", dataset["name"])
    if kind not in catalog.datasets:
        place = (*path, "type") if "type" in dataset else path
        yield place, f"unknown dataset {kind!r}{nearest(kind, catalog.datasets)} Audio of one's own is `type: folder`"
        return
    tasks = catalog.datasets[kind].get("tasks") or {}
    if tasks and task.name not in tasks:
        yield path, f"{kind} has no labels for {task.name}{nearest(task.name, tasks)} Its tasks: {', '.join(tasks)}"
    if kind == "folder" and "dir" not in dataset:
        yield path, f"{dataset['name']}: a folder of one's own needs `dir`"
    if dataset["csv"] and kind != "folder":
        yield (*path, "csv"), f"`csv` is for `type: folder`; {kind} has labels of its own"


def _wrong_scenarios(owner: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    for position, scenario in enumerate(owner.get("deformations", ())):
        if scenario["name"] == "clean" and scenario["transforms"]:
            yield (*path, "deformations", position), "`clean` is the audio as it is: give this scenario another name"
        for step, transform in enumerate(scenario["transforms"]):
            place = (*path, "deformations", position, "transforms", step)
            known = catalog.transforms.get(transform["type"])
            if known is None:
                yield (
                    place,
                    f"audiomentations has no {transform['type']!r}{nearest(transform['type'], catalog.transforms)}",
                )
                continue
            for parameter in transform["params"].keys() - set(known):
                yield place, f"{transform['type']} has no parameter {parameter!r}{nearest(parameter, known)}"


def _wrong_embedder(embedder: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if "hear" in embedder:
        if embedder["name"] in catalog.embedders:
            yield (*path, "name"), f"{embedder['name']} is an embedder of the catalogue: give yours another name"
        for key in ("hear", "weights"):
            if embedder[key] and not Path(embedder[key]).exists():
                yield (*path, key), f"there is no file {embedder[key]!r} (paths start at the working directory)"
        return
    kind = embedder.get("like", embedder["name"])
    if kind not in catalog.embedders:
        place = (*path, "like") if "like" in embedder else path
        yield (
            place,
            f"unknown embedder {kind!r}{nearest(kind, catalog.embedders)} A model of one's own is `hear: file.py`",
        )
        return
    options = catalog.embedders[kind]["options"]
    for option in embedder["options"].keys() - options.keys():
        yield (*path, "options", option), f"{kind} has no option {option!r}{nearest(option, options)}"
    if embedder["options"] and "like" not in embedder:
        yield path, f"{kind} with other options is another embedder: give it a `name` of its own and `like: {kind}`"


def _wrong_probe(probe: dict, task: Task, path: tuple) -> Iterator[Problem]:
    needed = {"multiclass": "softmax", "multilabel": "sigmoid"}[task.type]
    if probe.get("output_activation", needed) != needed:
        yield (
            (*path, "output_activation"),
            f"{probe['output_activation']} does not fit {task.name}, which is {task.type}: use {needed}, or leave the "
            "key out",
        )
    fitting = {"multiclass": ("loss", "accuracy", "f1_macro"), "multilabel": ("loss", "roc_auc", "average_precision")}
    if probe.get("save_criterion", "loss") not in fitting[task.type]:
        yield (
            (*path, "save_criterion"),
            f"{probe['save_criterion']} is not defined for {task.name}, which is {task.type}: use one of "
            f"{', '.join(fitting[task.type])}, or leave the key out",
        )


def _wrong_metric(metric: str, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if "." in metric:
        return
    if metric not in catalog.metrics:
        yield path, f"unknown metric {metric!r}{nearest(metric, catalog.metrics)}"
    elif metric not in _fitting_metrics(task, catalog):
        yield path, f"{metric} does not fit {task.name}; metrics that do: {', '.join(_fitting_metrics(task, catalog))}"


def _conflicts(config: Config) -> Iterator[Problem]:
    """The same name for two different things, within the whole file: their results would share a path."""
    seen: dict[tuple[str, str], object] = {}
    for index, experiment in enumerate(config.experiments):
        path = ("experiments", index)
        named = [("task", path, experiment.task)]
        for position, (dataset, _, scenarios) in enumerate(experiment.datasets):
            named.append(("dataset", (*path, "datasets", position), dataset))
            named += [("scenario", (*path, "deformations"), scenario) for scenario in scenarios]
        named += [("embedder", (*path, "embedders", at), item) for at, item in enumerate(experiment.embedders)]
        named += [("probe", (*path, "probes", at), item) for at, item in enumerate(experiment.probes)]
        for kind, place, item in named:
            if seen.setdefault((kind, item.name), item) != item:
                yield place, f"{kind} {item.name!r} is defined twice, differently: give one of them another name"


# --- resolving names ------------------------------------------------------------------------------------------------


def _experiment(item: dict, completed: dict, catalog: Catalog) -> Experiment:
    task = _task(item["task"], catalog)
    return Experiment(
        task=task,
        datasets=[
            (
                _dataset(dataset, completed["data"], catalog),
                _split(dataset["split_type"]),
                _scenarios(dataset.get("deformations", item["deformations"])),
            )
            for dataset in item["datasets"]
        ],
        embedders=[_embedder(embedder, catalog) for embedder in item["embedders"]],
        probes=[_probe(probe, completed["seeds"]) for probe in item["probes"]],
        metrics=item["metrics"] or _fitting_metrics(task, catalog),
        exclude=item["exclude"],
    )


def _task(item: dict, catalog: Catalog) -> Task:
    known = catalog.tasks.get(item["name"], {})
    kind = (item.get("type") or known["type"]).removesuffix("_classification")
    return Task(item["name"], kind, known.get("key", False), known.get("title", item["name"].replace("_", " ")))


def _fitting_metrics(task: Task, catalog: Catalog) -> list[str]:
    wanted = {task.type, "key"} if task.is_key else {task.type}
    return [name for name, entry in catalog.metrics.items() if entry["task"] in wanted]


def _dataset(item: dict, data: str, catalog: Catalog) -> Dataset:
    entry = catalog.datasets[item.get("type", item["name"])]
    return Dataset(
        name=item["name"],
        module=entry["module"],
        folder=item.get("dir", str(Path(data) / item["name"])),
        csv=item["csv"],
        title=entry["title"] if item["name"] in catalog.datasets else item["name"],
        synthetic=entry["synthetic"],
    )


def _split(split_type: str | list[float]) -> Split:
    if isinstance(split_type, str):
        return Split(split_type, None)
    total = sum(split_type)
    return Split("-".join(f"{100 * share / total:.4g}" for share in split_type), tuple(split_type))


def _scenarios(items: list[dict]) -> list[Scenario]:
    clean = Scenario("clean", [])
    # `clean` is always evaluated: every other condition is compared with it.
    return [clean, *(Scenario(item["name"], _sorted(item["transforms"])) for item in items if item["name"] != "clean")]


def _sorted(transforms: list[dict]) -> list[dict]:
    # The order of keys in the file must not look like a change.
    return [{"params": dict(sorted(item["params"].items())), "type": item["type"]} for item in transforms]


def _embedder(item: dict, catalog: Catalog) -> Embedder:
    if "hear" in item:
        entry = {"family": "hear", "name": item["name"], "file": item["hear"]}
        entry |= {key: item[key] for key in ("weights", "use", "longest_s")}
        about = {
            "title": item["name"],
            "licence": "",
            "citation": f"HEAR API module {item['hear']}",
            "pretrained_on": [],
        }
        files = tuple(path for path in (item["hear"], item["weights"]) if path)
        return Embedder(item["name"], dict(sorted(entry.items())), item["env"], item["gpu"], files, about)
    known = catalog.embedders[item.get("like", item["name"])]
    entry = {"family": known["family"], **known["options"], **item["options"]}
    about = {key: known[key] for key in ("title", "licence", "citation", "pretrained_on", "sample_rate", "dimension")}
    return Embedder(item["name"], dict(sorted(entry.items())), known["env"], known["gpu"], (), about)


def _probe(item: dict, seeds: list[int]) -> Probe:
    left = {"name", "type", "emb_shape", "train_sampling"}
    parameters = {key: value for key, value in item.items() if key not in left}
    open_keys = dict.fromkeys(("output_activation", "save_criterion"))
    return Probe(item["name"], {"kind": "mlp", "seeds": seeds, **open_keys, **parameters})


def as_dict(config: Config) -> dict:
    """The resolved configuration as plain dicts and lists, for the report."""
    return {key: value for key, value in asdict(config).items() if key != "completed"}
