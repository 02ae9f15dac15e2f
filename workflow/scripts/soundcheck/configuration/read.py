"""Reading a configuration: from YAML to the experiments that the matrix is made of. Everything wrong stops here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Protocol

from soundcheck.configuration.axes import Dataset, Experiment, Probe, Scenario, Split
from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.embedders import resolve_embedders
from soundcheck.configuration.mistakes import wrong_names
from soundcheck.configuration.mistakes.datasets import label_file
from soundcheck.configuration.schema import Problem, complete, problems
from soundcheck.configuration.tasks import fitting_metrics, resolve_task
from soundcheck.configuration.yaml.canonical import SYNONYMS, canonical
from soundcheck.configuration.yaml.places import Locator
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError, nearest, plural
from soundcheck.probing.kinds import KINDS


class _Named(Protocol):
    """An item of an experiment, of whatever axis."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Config:
    """A whole configuration, checked and resolved; `completed` is its canonical form with all defaults.

    `embedders` are the rows of the catalogue, those of the configuration's own among them.
    """

    results: str
    models: str
    seed: int
    seeds: list[int]
    resamples: int
    autotable: list[str]
    listen: int
    check_embedders: bool
    check_weights: bool
    rerun_on_upgrade: bool
    experiments: list[Experiment]
    embedders: dict[str, dict] = field(repr=False)
    completed: dict = field(repr=False)


def read(raw: dict, catalog: Catalog, files: Sequence[str | Path] = ()) -> Config:
    """Check and resolve a configuration as YAML gave it; `files` are where it came from, to point at lines.

    Raises:
        SoundcheckError: lists everything that is wrong, each with its place and the nearest valid name.
    """
    locator = Locator(files, SYNONYMS)
    _stop_at_traps(locator)
    given = canonical(raw, catalog)
    if isinstance(given, dict):
        catalog = catalog.extended(given.get("catalogue"))
    completed = complete(given, catalog.schema)
    found = list(problems(completed, catalog))
    _stop_at([*found, *wrong_names(completed, catalog, [path for path, _ in found])], locator)
    experiments = [_experiment(item, completed, catalog) for item in completed["experiments"]]
    resolved = {"experiments": experiments, "embedders": catalog.embedders, "completed": completed}
    named = {key.name: completed[key.name] for key in fields(Config) if key.name in completed}
    config = Config(**(named | resolved))
    _stop_at([*_conflicts(config), *_wrong_exclusions(config)], locator)
    return config


def _stop_at(found: list[Problem], locator: Locator) -> None:
    if found:
        lines = "\n".join(
            f"  {locator.place(path)}: {message}{_empty(locator.empty_keys(path))}" for path, message in found
        )
        raise SoundcheckError(f"the configuration has {plural(len(found), 'mistake')}:\n{lines}")


def _empty(keys: list[str]) -> str:
    """Hints at empty keys next to a mistake."""
    return f"; {', '.join(f'`{key}`' for key in keys)} {'is' if len(keys) == 1 else 'are'} empty" if keys else ""


def _stop_at_traps(locator: Locator) -> None:
    found = [f"  {file}, line {line}: {message}" for file, line, message in locator.traps()]
    if found:
        raise SoundcheckError("\n".join(["YAML does not read the configuration as it looks:", *found]))


def _conflicts(config: Config) -> Iterator[Problem]:
    """The same name for two different things, within the whole file: their results would share a path."""
    seen: dict[tuple[str, str], object] = {}
    for index, experiment in enumerate(config.experiments):
        path: tuple[str | int, ...] = ("experiments", index)
        named: list[tuple[str, tuple[str | int, ...], _Named]] = [("task", path, experiment.task)]
        for position, (dataset, split, scenarios) in enumerate(experiment.datasets):
            # What is joined of two is made of their files, so that they must be the same everywhere, too.
            named += [("dataset", (*path, "datasets", position), each) for each in (dataset, *dataset.parts)]
            named += [("split", (*path, "datasets", position, "split_type"), split)]
            named += [("scenario", (*path, "deformations"), scenario) for scenario in scenarios]
        named += [("embedder", (*path, "embedders", at), item) for at, item in enumerate(experiment.embedders)]
        named += [("probe", (*path, "probes", at), item) for at, item in enumerate(experiment.probes)]
        for kind, place, item in named:
            if seen.setdefault((kind, item.name), item) != item:
                advice = "write the shares alike" if kind == "split" else "rename one of them"
                yield place, f"{kind} {item.name!r} is defined twice, differently: {advice}"


def _wrong_exclusions(config: Config) -> Iterator[Problem]:
    """Exclusions of what an experiment has not, and of all that it has."""
    for index, experiment in enumerate(config.experiments):
        scenarios = [scenario for _, _, scenarios in experiment.datasets for scenario in scenarios]
        items: dict[str, Sequence[_Named]] = {
            "dataset": [dataset for dataset, _, _ in experiment.datasets],
            "deformation": scenarios,
            "embedder": experiment.embedders,
            "probe": experiment.probes,
        }
        for position, rule in enumerate(experiment.exclude):
            path = ("experiments", index, "exclude", position)
            if not items.keys() & rule.keys():
                yield path, f"this would exclude everything: say what to exclude, by {', '.join(items)}"
            for axis in sorted(items.keys() & rule.keys()):
                known = list(dict.fromkeys(item.name for item in items[axis]))
                if rule[axis] not in known:
                    yield (*path, axis), f"this experiment has no {axis} {rule[axis]!r}{nearest(rule[axis], known)}"


# --- resolving names ------------------------------------------------------------------------------------------------


def _experiment(item: dict, completed: dict, catalog: Catalog) -> Experiment:
    task = resolve_task(item["task"], catalog)
    return Experiment(
        task=task,
        datasets=[
            (
                _dataset(dataset, completed["data"], catalog),
                _split(dataset["split_type"], dataset.get("per_class")),
                _scenarios(dataset.get("deformations", item["deformations"]), catalog),
            )
            for dataset in item["datasets"]
        ],
        embedders=[embedder for own in item["embedders"] for embedder in resolve_embedders(own, catalog)],
        probes=[_probe(probe, completed["seeds"]) for probe in item["probes"]],
        # A synonym may name a metric again.
        metrics=list(dict.fromkeys(item["metrics"])) or fitting_metrics(task),
        exclude=item["exclude"],
    )


def _dataset(item: dict, data: str, catalog: Catalog) -> Dataset:
    if "train_on" not in item:
        return _plain_dataset(item, data, catalog)
    parts = tuple(_plain_dataset(item[end], data, catalog) for end in ("train_on", "test_on"))
    return Dataset(
        name=item["name"],
        module="joined",
        folder=".",
        title=" to ".join(part.title for part in parts),
        synthetic=any(part.synthetic for part in parts),
        allow_overlap=tuple(sorted(item["allow_overlap"])),
        parts=parts,
    )


def _plain_dataset(item: dict, data: str, catalog: Catalog) -> Dataset:
    kind = item.get("type", item["name"])
    entry = catalog.datasets[kind]
    # Entries of the catalogue may share a folder; your own dataset has its own.
    folder = Path(entry["dir"]).name if kind == item["name"] else item["name"]
    options = entry.get("options", {}) | item["options"] | ({"csv": label_file(item)} if item["csv"] else {})
    if kind == "mirdata":
        options = {"dataset": item["name"]} | options
    return Dataset(
        name=item["name"],
        module=entry["module"],
        folder=item.get("dir", str(Path(data) / folder)),
        title=entry["title"] if item["name"] in catalog.datasets else item["name"],
        synthetic=entry["synthetic"],
        allow_overlap=tuple(sorted(item["allow_overlap"])),
        group_equal_audio=item["group_equal_audio"],
        options=dict(sorted(options.items())),
    )


def _split(split_type: str | list[float], per_class: int | None) -> Split:
    sample = f"-{per_class}-per-class" if per_class else ""
    if isinstance(split_type, list):
        total = sum(split_type)
        name = "-".join(f"{100 * share / total:.4g}" for share in split_type)
        return Split(name + sample, tuple(split_type), per_class=per_class)
    published = None if split_type in ("single", "all") else split_type
    return Split(split_type + sample, None, published, per_class)


def _scenarios(items: list[dict], catalog: Catalog) -> list[Scenario]:
    clean = Scenario(CLEAN, [])
    # `clean` is always evaluated: every other condition is compared with it.
    return [clean, *(_scenario(item, catalog) for item in items if item["name"] != CLEAN)]


def _scenario(item: dict, catalog: Catalog) -> Scenario:
    is_additive = all(catalog.transforms[each["type"]].is_additive_with(each["params"]) for each in item["transforms"])
    return Scenario(item["name"], _sorted(item["transforms"]), is_additive)


def _sorted(transforms: list[dict]) -> list[dict]:
    # The order of keys in the file must not look like a change.
    return [{"params": dict(sorted(item["params"].items())), "type": item["type"]} for item in transforms]


def _probe(item: dict, seeds: list[int]) -> Probe:
    kind = KINDS[item["type"]]
    parameters = {key: value for key, value in item.items() if key in kind.keys}
    return Probe(item["name"], {"kind": item["type"], "seeds": seeds, **dict.fromkeys(kind.open_keys), **parameters})
