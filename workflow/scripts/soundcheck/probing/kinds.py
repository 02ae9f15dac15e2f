"""The kinds of probes: which module is which, and which keys of a configuration it reads. What a module must have is in
`soundcheck.probing.probe`.

Light (standard library alone), because a configuration is read with it while Snakemake builds its graph of jobs.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Kind:
    """A kind of probe.

    `module` predicts, saves and loads, and fits, unless `trainer` does, a module of its own for what predictions need
    not import. Both are named below `soundcheck`. `file` is where `save` writes, a file or a folder. `keys` are those
    that it reads of a probe in a configuration; `open_keys`, among them, have no value where the configuration names
    none. A name made from the parameters begins with `title`, then the value of the key `begins_with`, or, where that
    has none, `plain`. `about` is for the manual.
    """

    module: str
    trainer: str = ""
    file: str = "model"
    keys: tuple[str, ...] = ()
    open_keys: tuple[str, ...] = ()
    title: str = ""
    begins_with: str = ""
    plain: str = ""
    about: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def modules(self) -> tuple[str, str]:
        """The modules that a fit depends on; the first one alone, predictions."""
        return self.module, self.trainer or self.module

    def path(self, folder: str | Path) -> Path:
        """Where the models of all folds are saved, in the folder that the job gives."""
        return Path(folder) / self.file


# The first one is the default.
KINDS = {
    "mlp": Kind(
        "probing.mlp.model",
        trainer="probing.mlp.training",
        file="model.npz",
        keys=(
            *("hidden_units", "output_activation", "weight_decay", "optimizer", "learning_rate", "batch_size"),
            *("epochs", "patience", "standardize", "emb_dim_reduction", "pca_components", "save_criterion"),
        ),
        open_keys=("output_activation", "pca_components", "save_criterion"),
        title="MLP",
        begins_with="hidden_units",
        plain="linear",
        about="a multilayer perceptron; `classifier` is its name in the thesis",
        synonyms=("classifier",),
    ),
}
DEFAULT = next(iter(KINDS))


def model_of(kind: str) -> ModuleType:
    """What predicts, saves and loads: `predict`, `save` and `load` of `soundcheck.probing.probe.Probe`."""
    return importlib.import_module(f"soundcheck.{KINDS[kind].modules[0]}")


def trainer_of(kind: str) -> ModuleType:
    """What fits: `fit` of `soundcheck.probing.probe.Probe`."""
    return importlib.import_module(f"soundcheck.{KINDS[kind].modules[1]}")
