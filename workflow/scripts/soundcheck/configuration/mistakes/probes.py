"""Probes whose parameters do not fit a task."""

from collections.abc import Iterator

from soundcheck.configuration.axes import Task
from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.schema import Problem
from soundcheck.probing.kinds import KINDS
from soundcheck.scoring.metrics import criteria


def wrong_probe(probe: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    for key, value in catalog.probes.get(probe["name"], {}).items():
        if probe[key] != value:
            reason = f"{probe['name']} of config/catalogue/probes.yaml has {key}: {value}, and this one {probe[key]}"
            yield path, f"{reason}: write {key}: {value}, or choose another name"
    yield from _unread_keys(probe, path, catalog)
    needed = task.kind.output_activation
    if probe.get("output_activation", needed) != needed:
        yield (
            (*path, "output_activation"),
            f"{probe['output_activation']} does not fit {task.name}, which is {task.type}: use {needed}, or leave the "
            "key out",
        )
    if probe.get("save_criterion", "loss") not in criteria(task.kind):
        yield (
            (*path, "save_criterion"),
            f"{probe['save_criterion']} is not defined for {task.name}, which is {task.type}: use one of "
            f"{', '.join(criteria(task.kind))}, or leave the key out",
        )
    components = probe.get("pca_components")
    if components is not None and probe["emb_dim_reduction"] != "PCA":
        yield (
            (*path, "pca_components"),
            "`pca_components` is for `emb_dim_reduction: PCA`: add it, or leave the key out",
        )
    if isinstance(components, float) and components >= 1 and (components == 1 or not components.is_integer()):
        yield (
            (*path, "pca_components"),
            f"{components} is neither a number of components nor a share of the variance below 1",
        )


def _unread_keys(probe: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Keys that other kinds of probes have, and this one does not read."""
    properties = catalog.schema["$defs"]["probe"]["properties"]
    for key in sorted({key for kind in KINDS.values() for key in kind.keys} - set(KINDS[probe["type"]].keys)):
        if key in probe and probe[key] != properties[key].get("default"):
            others = " and ".join(name for name, kind in KINDS.items() if key in kind.keys)
            yield (*path, key), f"`{key}` is for probes of type {others}; this one is {probe['type']}"
