"""The catalogues in `config/`: what Soundcheck knows by name."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Catalog:
    """Entries by name: tasks, datasets, embedders, probes, deformations (scenarios), transforms, metrics."""

    tasks: dict[str, dict]
    datasets: dict[str, dict]
    embedders: dict[str, dict]
    probes: dict[str, dict]
    deformations: dict[str, list]
    transforms: dict[str, list]
    metrics: dict[str, dict]
    schema: dict


def load(root: str | Path) -> Catalog:
    """Read the catalogues and the schema of the checkout at `root`."""
    config = Path(root) / "config"
    return Catalog(
        tasks=_read(config / "tasks.yaml"),
        datasets=_read(config / "datasets.yaml"),
        embedders=_read(config / "embedders.yaml"),
        probes=_read(config / "probes.yaml"),
        deformations=_read(config / "deformations.yaml"),
        transforms=_read(config / "audiomentations.yaml"),
        metrics=_read(config / "metrics.yaml"),
        schema=_read(Path(root) / "workflow" / "schemas" / "config.schema.yaml"),
    )


def _read(path: Path) -> dict:
    # The C loader reads the catalogues about eight times faster, at every start of Snakemake.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)
