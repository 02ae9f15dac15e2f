"""Probes whose parameters do not fit a task."""

from collections.abc import Iterator

from soundcheck.configuration.axes import OUTPUT_ACTIVATIONS, SAVE_CRITERIA, Task
from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.schema import Problem


def wrong_probe(probe: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    for key, value in catalog.probes.get(probe["name"], {}).items():
        if probe[key] != value:
            reason = f"{probe['name']} of config/probes.yaml has {key}: {value}, and this one {probe[key]}"
            yield path, f"{reason}: write {key}: {value}, or give it another name"
    needed = OUTPUT_ACTIVATIONS[task.type]
    if probe.get("output_activation", needed) != needed:
        yield (
            (*path, "output_activation"),
            f"{probe['output_activation']} does not fit {task.name}, which is {task.type}: use {needed}, or leave the "
            "key out",
        )
    if probe.get("save_criterion", "loss") not in SAVE_CRITERIA[task.type]:
        yield (
            (*path, "save_criterion"),
            f"{probe['save_criterion']} is not defined for {task.name}, which is {task.type}: use one of "
            f"{', '.join(SAVE_CRITERIA[task.type])}, or leave the key out",
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
