"""The catalogues in `config/`: what Soundcheck knows by name."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from soundcheck.probing.kinds import DEFAULT, KINDS
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES

# Where a family's environment is not one of its own.
_ENVIRONMENTS = {"huggingface": "mert", "openl3": "essentia"}


@dataclass(frozen=True)
class Catalog:
    """Entries by name: tasks, datasets, embedders, probes, deformations (scenarios), transforms."""

    tasks: dict[str, dict]
    datasets: dict[str, dict]
    embedders: dict[str, dict]
    probes: dict[str, dict]
    deformations: dict[str, list]
    transforms: dict[str, list]
    schema: dict
    own: tuple[str, ...] = ()

    @property
    def published(self) -> dict[str, dict]:
        """The embedders of `config/embedders.yaml`."""
        return {name: row for name, row in self.embedders.items() if name not in self.own}

    def extended(self, rows: object) -> "Catalog":
        """This one with the embedders of a configuration's own `catalogue`; what is no row is left for the schema."""
        own = rows if isinstance(rows, dict) else {}
        own = {name: embedder_row(row) for name, row in own.items() if _is_row(row)}
        new = {name: row for name, row in own.items() if name not in self.embedders}
        return dataclasses.replace(self, embedders=self.embedders | new, own=tuple(new))


def load(root: str | Path) -> Catalog:
    """Read the catalogues and the schema of the checkout at `root`."""
    config = Path(root) / "config"
    return Catalog(
        tasks=_read(config / "tasks.yaml"),
        datasets=_read(config / "datasets.yaml"),
        embedders={name: embedder_row(row) for name, row in _read(config / "embedders.yaml").items()},
        probes=_read(config / "probes.yaml"),
        deformations=_read(config / "deformations.yaml"),
        transforms=_read(config / "audiomentations.yaml"),
        schema=_with_names(_read(Path(root) / "workflow" / "schemas" / "config.schema.yaml")),
    )


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
    full = {"env": _ENVIRONMENTS.get(family, family), "gpu": 0, "pretrained_on": [], "weights": [], "options": {}} | row
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
