"""The catalogues in `config/catalogue/`: what Soundcheck knows by name."""

import dataclasses
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from soundcheck.plumbing.constants import constants
from soundcheck.probing.kinds import DEFAULT, KINDS
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES

_FAMILIES = Path(__file__).parents[1] / "embedding" / "families"
# Vectors that were made elsewhere stand in the place of a family.
PRECOMPUTED = "precomputed"


@dataclass(frozen=True)
class Transform:
    """A transform of audiomentations; the head of `config/catalogue/transforms.yaml` says what the fields mean."""

    parameters: dict[str, Any]
    limits: dict[str, list] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    multiples: dict[str, int] = field(default_factory=dict)
    one_of: dict[str, list] = field(default_factory=dict)
    choices: dict[str, list] = field(default_factory=dict)
    moves: dict[str, Any] = field(default_factory=dict)
    is_additive: bool = False

    def moved(self, given: dict) -> list[str]:
        """What no longer holds of a recording after this transform with the parameters `given`: time, pitch, tempo."""
        values = self.parameters | given
        return [
            what
            for what, when in self.moves.items()
            if when == "always" or any(values[name] == value for name, value in when.items())
        ]

    def is_additive_with(self, given: dict) -> bool:
        """Whether it has a signal-to-noise ratio: what it adds lies beside the clean signal in time."""
        return self.is_additive and not self.moved(given)


@dataclass(frozen=True)
class Catalog:
    """Entries by name: tasks, datasets, embedders, probes, deformations (scenarios), transforms."""

    tasks: dict[str, dict]
    datasets: dict[str, dict]
    embedders: dict[str, dict]
    probes: dict[str, dict]
    deformations: dict[str, list]
    transforms: dict[str, Transform]
    schema: dict
    own: tuple[str, ...] = ()

    @property
    def published(self) -> dict[str, dict]:
        """The embedders of `config/catalogue/embedders.yaml`."""
        return {name: row for name, row in self.embedders.items() if name not in self.own}

    def extended(self, rows: object) -> "Catalog":
        """This one with the embedders of a configuration's own `catalogue`; what is no row is left for the schema."""
        own = rows if isinstance(rows, dict) else {}
        own = {name: embedder_row(row) for name, row in own.items() if _is_row(row)}
        new = {name: row for name, row in own.items() if name not in self.embedders}
        return dataclasses.replace(self, embedders=self.embedders | new, own=tuple(new))


def load(root: str | Path) -> Catalog:
    """Read the catalogues and the schema of the checkout at `root`."""
    known = Path(root) / "config" / "catalogue"
    return Catalog(
        tasks=_read(known / "tasks.yaml"),
        datasets={name: _dataset_row(row) for name, row in _read(known / "datasets.yaml").items()},
        embedders={name: embedder_row(row) for name, row in _read(known / "embedders.yaml").items()},
        probes=_read(known / "probes.yaml"),
        deformations=_read(known / "deformations.yaml"),
        transforms={name: Transform(**row) for name, row in _read(known / "transforms.yaml").items()},
        schema=_with_names(_read(Path(root) / "workflow" / "schemas" / "config.schema.yaml")),
    )


@functools.cache
def families() -> tuple[str, ...]:
    """The names of the families of embedders, sorted: each is a module of its own."""
    return tuple(sorted(path.stem for path in _FAMILIES.glob("*.py") if path.stem != "__init__"))


def said_by_family(name: object) -> dict[str, Any]:
    """The constants of a family's module, such as its environment; none where there is no such family."""
    if name == PRECOMPUTED:
        return constants("embedding.precomputed")
    return constants(f"embedding.families.{name}") if name in families() else {}


def _dataset_row(row: dict) -> dict:
    """A row of the catalogue of datasets with its title, which its module says."""
    of_mirdata = row.get("options", {}).get("dataset")
    if of_mirdata:
        return {"title": constants("datasets.support.mirdata.recipes")["TITLES"][of_mirdata]} | row
    return {"title": constants(f"datasets.sources.{row['module']}")["TITLE"]} | row


def _is_row(row: object) -> bool:
    """Whether the files that a row names can be read; its other mistakes are the schema's to find."""
    if not isinstance(row, dict):
        return False
    hub, weights = row.get("huggingface", {}), row.get("weights", [])
    whole = isinstance(hub, dict) and hub.keys() in (set(), {"repo", "revision", "files"})
    files = hub.get("files", []) if whole else None
    return (
        whole
        and isinstance(files, list | dict)
        and isinstance(weights, list)
        and all(isinstance(file, dict) for file in weights)
    )


def embedder_row(row: dict) -> dict:
    """A row of the catalogue of embedders with what may be left out; a Hugging Face model as its files."""
    family: Any = row.get("family")
    env = said_by_family(family).get("ENVIRONMENT", family)
    full: dict[str, Any] = {"env": env, "gpu": 0, "pretrained_on": [], "weights": [], "options": {}} | row
    full |= {key: row.get(key, "") for key in ("title", "citation", "licence_weights", "licence_code")}
    if "huggingface" in full:
        full["weights"] = _huggingface_files(**full.pop("huggingface"))
    full["weights"] = [{"sha256": ""} | file for file in full["weights"]]
    return full


def _huggingface_files(repo: str, revision: str, files: list[str] | dict[str, str]) -> list[dict]:
    digests = files if isinstance(files, dict) else dict.fromkeys(files, "")
    return [
        {
            "file": f"huggingface/{repo}/{revision}/{file}",
            "url": f"hf://{repo}/{revision}/{file}",
            "sha256": sha256 or "",
        }
        for file, sha256 in digests.items()
    ]


def _with_names(schema: dict) -> dict:
    """The schema with the names of metrics and kinds of probes, of which the file says only where they belong."""
    by_task: dict[str, list[str]] = {}
    for name, metric in METRICS.items():
        by_task.setdefault(metric.task, []).append(name)
    described = schema["$defs"]["experiment"]["properties"]["metrics"]
    of_tasks = "; ".join(f"{', '.join(f'`{name}`' for name in names)} ({task})" for task, names in by_task.items())
    described["description"] = described["description"].format(metrics=of_tasks)
    described = schema["$defs"]["probe"]["properties"]["save_criterion"]
    names = ["loss", *(name for name, metric in METRICS.items() if metric.criterion)]
    described["description"] = described["description"].format(
        criteria=", ".join(f"`{name}`" for name in names),
        defaults=", ".join(f"`{kind.criterion}` for {kind.name}" for kind in TASK_TYPES.values()),
    )
    described["enum"] = [*names, None]
    described = schema["$defs"]["probe"]["properties"]["type"]
    about = "; ".join(f"`{name}`{f', {kind.about}' if kind.about else ''}" for name, kind in KINDS.items())
    described["description"] = described["description"].format(kinds=about)
    described |= {"enum": list(KINDS), "default": DEFAULT}
    return schema


def _read(path: Path) -> dict:
    # The C loader reads the catalogues about eight times faster, at every start of Snakemake.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)
