"""An audio encoder of the Hugging Face hub, loaded from a local folder: nothing is fetched, no weight is left random.

A folder holds `config.json`, `preprocessor_config.json` and the weights, as `model.safetensors` or `pytorch_model.bin`.
Of a whole model, such as Whisper with its decoder, the encoder alone is loaded: what that is, says `huggingface_kinds`.

MERT (Li et al., "MERT: Acoustic Music Understanding Model with Large-Scale Self-supervised Training", ICLR 2024) is a
HuBERT encoder (Hsu et al., 2021): its published weights are those of `HubertModel`, key for key, and are loaded so. The
code that comes with it is not run; with recent versions of transformers it no longer returns the hidden states.
"""

import hashlib
import importlib
import json
import os
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from soundcheck.embedding.families.support.huggingface.kinds import (
    KINDS,
    MERT,
    SUPPORTED,
    WAVEFORM_ENCODERS,
    WAVEFORM_EXTRACTOR,
    Kind,
)
from soundcheck.plumbing.errors import SoundcheckError, described
from soundcheck.plumbing.files import file_sha256

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
# Where the settings of an extractor are, under `feature_extractor`, if a whole processor was saved by transformers 5.
PROCESSOR = "processor_config.json"
# In the order in which transformers looks for them.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
OWN_FILE = "write a file of your own with the HEAR API that calls the code of its authors, and name that with `hear:`"
# Used in training alone, and absent from some published checkpoints.
NEVER_USED = {"masked_spec_embed"}


@dataclass(frozen=True)
class Encoder:
    """A loaded model, the settings of its feature extractor, and what a reader should know about both.

    `kind` and `extractor` are there for a model that sees what an extractor makes of a clip, rather than the clip.
    """

    model: torch.nn.Module
    preprocessor: dict
    facts: dict
    kind: Kind | None = None
    extractor: Any = None


def load(folder: Path, owner: str, trust_remote_code: bool) -> Encoder:
    """The encoder in a folder, in float32, ready to evaluate; `owner` begins each error message.

    Raises:
        SoundcheckError: a file is missing or damaged, the weights are not those of the model, the model is of another
            kind, or it needs code that comes with it and is not trusted.
    """
    if not folder.is_dir():
        raise SoundcheckError(
            f"{owner}: there is no folder {folder}; expected one with {CONFIG}, {PREPROCESSOR} and {WEIGHTS[0]} or "
            f"{WEIGHTS[2]}. Download the model into it, or correct `weights`"
        )
    fields, preprocessor = _json(folder / CONFIG, owner), _preprocessor(folder, owner)
    model_type = str(fields.get("model_type"))
    kind = KINDS.get(model_type)
    is_remote = not kind and _is_remote(fields, model_type, folder, owner, trust_remote_code)
    _check_preprocessor(preprocessor, kind, model_type, folder, owner)
    files = _weight_files(folder, owner)
    model, report = _from_pretrained(folder, files[0], fields, is_remote, owner)
    unused = _check_keys(report, model, fields, kind, files[0], owner)
    if not kind:
        _check_blocks(model, model_type, owner)
    facts = {
        "weights": _digest(files),
        "model": f"{type(model).__name__} ({model_type})",
        "model_config": f"sha256:{file_sha256(folder / CONFIG)}",
        "attention": str(model.config._attn_implementation),
        "remote_code": is_remote,
        "unused_weights": unused,
    }
    extractor = _extractor(kind, preprocessor, folder, owner) if kind else None
    return Encoder(model.eval(), preprocessor, facts, kind, extractor)


def _json(path: Path, owner: str) -> dict:
    if not path.is_file():
        raise SoundcheckError(f"{owner}: there is no {path.name} in {path.parent}; download that file of the model too")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SoundcheckError(
            f"{owner}: {path} is not JSON ({described(error)}); remove it and download it again"
        ) from error
    if not isinstance(content, dict):
        raise SoundcheckError(f"{owner}: {path} holds a {type(content).__name__}; expected a mapping of settings")
    return content


def _preprocessor(folder: Path, owner: str) -> dict:
    if not (folder / PREPROCESSOR).is_file() and (folder / PROCESSOR).is_file():
        nested = _json(folder / PROCESSOR, owner).get("feature_extractor")
        if isinstance(nested, dict):
            return nested
    return _json(folder / PREPROCESSOR, owner)


def _check_preprocessor(preprocessor: dict, kind: Kind | None, model_type: str, folder: Path, owner: str) -> None:
    expected = kind.extractor if kind else WAVEFORM_EXTRACTOR
    found = preprocessor.get("feature_extractor_type", expected)
    if found != expected and not hasattr(_transformers(), str(found)):
        raise SoundcheckError(
            f"{owner}: the model of type {model_type} in {folder} has a feature extractor of its own, {found}, which "
            f"transformers does not have, so that it is not supported; {OWN_FILE}"
        )
    if found != expected:
        raise SoundcheckError(
            f"{owner}: {folder / PREPROCESSOR} asks for {found}, but {CONFIG} beside it describes a model of type "
            f"{model_type}, which takes what {expected} makes. Both files must be of one model"
        )
    rate = preprocessor.get("sampling_rate")
    if not isinstance(rate, int) or rate < 1:
        raise SoundcheckError(
            f"{owner}: {folder / PREPROCESSOR} has sampling_rate {rate!r}; expected a number of Hz above 0"
        )


def _weight_files(folder: Path, owner: str) -> list[Path]:
    """The file that holds the weights, or the index of several followed by these."""
    found = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if found is None:
        raise SoundcheckError(f"{owner}: there are no weights in {folder}; expected {WEIGHTS[0]} or {WEIGHTS[2]}")
    if found.suffix != ".json":
        return [found]
    shards = [folder / name for name in sorted(set(_json(found, owner).get("weight_map", {}).values()))]
    for shard in shards:
        if not shard.is_file():
            raise SoundcheckError(f"{owner}: {found} names {shard.name}, which is not in {folder}; download it too")
    return [found, *shards]


def _digest(files: list[Path]) -> str:
    digests = [file_sha256(file) for file in files]
    return f"sha256:{digests[0] if len(digests) == 1 else hashlib.sha256(''.join(digests).encode()).hexdigest()}"


def _is_remote(fields: dict, model_type: str, folder: Path, owner: str, trust_remote_code: bool) -> bool:
    """Whether the model is run by the code that comes with it."""
    # MERT with these is more than a HuBERT encoder; the two published MERT-v1 have neither.
    beyond_hubert = [name for name in ("feature_extractor_cqt", "deepnorm") if model_type == MERT and fields.get(name)]
    if model_type in (MERT, *WAVEFORM_ENCODERS) and not beyond_hubert:
        return False
    if "auto_map" not in fields:
        raise SoundcheckError(
            f"{owner}: {folder / CONFIG} describes a model of type {model_type}; {SUPPORTED}. For any other type "
            f"{OWN_FILE}"
        )
    if not trust_remote_code:
        extra = f" with {' and '.join(beyond_hubert)}" if beyond_hubert else ""
        raise SoundcheckError(
            f"{owner}: a model of type {model_type}{extra} runs only with the Python code that comes with it in "
            f"{folder}. Read that code, and if you trust it set `trust_remote_code: true` in the options of this "
            "embedder"
        )
    _check_code(fields["auto_map"], folder, owner)
    return True


def _check_code(auto_map: object, folder: Path, owner: str) -> None:
    """Whether the code of a model is there; what `owner/name--file.Class` names, of another repository, never is."""
    classes = auto_map if isinstance(auto_map, dict) else {}
    for name in sorted(str(classes[key]) for key in ("AutoConfig", "AutoModel") if classes.get(key)):
        file = f"{name.rpartition('--')[2].rpartition('.')[0]}.py"
        if "--" in name or not (folder / file).is_file():
            raise SoundcheckError(
                f"{owner}: {folder / CONFIG} names code in {file}, which is not in {folder}; add it to the `files` of "
                f"the model, with all that it imports, or {OWN_FILE}"
            )


def _from_pretrained(
    folder: Path, file: Path, fields: dict, is_remote: bool, owner: str
) -> tuple[torch.nn.Module, dict]:
    """The model with its weights, and the report of transformers on the keys that it did or did not find."""
    transformers = _transformers()
    options = {
        "local_files_only": True,
        "output_loading_info": True,
        "dtype": torch.float32,
        # Reported by the check of the keys, rather than raised without the names.
        "ignore_mismatched_sizes": True,
    }
    with torch.random.fork_rng(devices=[]):
        try:
            if is_remote:
                return _of_remote_code(transformers, folder, options, owner)
            config = _config(fields, transformers, owner)
            kind = KINDS.get(fields["model_type"])
            if not kind:
                return transformers.MODEL_MAPPING[type(config)].from_pretrained(folder, config=config, **options)
            model, config = _class_and_config(kind, config)
            if kind.unfit(config):
                raise SoundcheckError(f"{owner}: the model of {folder / CONFIG} cannot be used: {kind.unfit(config)}")
            inside = {f"^{kind.inside}": ""} if kind.inside else None
            return model.from_pretrained(folder, config=config, key_mapping=inside, **options)
        except SoundcheckError:
            raise
        except Exception as error:
            raise SoundcheckError(
                f"{owner}: {file} ({file.stat().st_size} bytes) cannot be loaded as the model of {CONFIG} beside it "
                f"({textwrap.shorten(described(error), 200)}). If it is damaged, remove it and download it again"
            ) from error


def _of_remote_code(transformers: ModuleType, folder: Path, options: dict, owner: str) -> Any:
    try:
        return transformers.AutoModel.from_pretrained(folder, trust_remote_code=True, **options)
    except Exception as error:
        raise SoundcheckError(
            f"{owner}: the code that comes with the model in {folder} does not run in transformers "
            f"{transformers.__version__} ({textwrap.shorten(described(error), 200)}): it may be of another time. "
            f"Then it is not supported; {OWN_FILE}"
        ) from error


def _transformers() -> ModuleType:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _config(fields: dict, transformers: ModuleType, owner: str) -> object:
    kind = "hubert" if fields["model_type"] == MERT else fields["model_type"]
    own = {key: value for key, value in fields.items() if key not in ("model_type", "auto_map")}
    if kind not in transformers.CONFIG_MAPPING:
        raise SoundcheckError(
            f"{owner}: transformers {transformers.__version__} knows no model of type {kind}; a newer version may, in "
            "an environment of your own (`env`)"
        )
    return transformers.CONFIG_MAPPING[kind].from_dict(own)


def _class_and_config(kind: Kind, config: Any) -> tuple[Any, Any]:
    """The class of an encoder, which stands beside that of its settings, and these, which may be a part of a whole."""
    module = importlib.import_module(type(config).__module__.replace(".configuration_", ".modeling_"))
    return getattr(module, kind.encoder), getattr(config, kind.settings, config) if kind.settings else config


def _extractor(kind: Kind, preprocessor: dict, folder: Path, owner: str) -> Any:
    try:
        return getattr(_transformers(), kind.extractor).from_dict(preprocessor)
    except Exception as error:
        raise SoundcheckError(
            f"{owner}: {folder / PREPROCESSOR} does not describe a {kind.extractor} ({described(error)}); download it "
            "again"
        ) from error


def _check_keys(
    report: dict, model: torch.nn.Module, fields: dict, kind: Kind | None, file: Path, owner: str
) -> list[str]:
    """Refuse weights that are not the model's; return the names of those of other parts or of a head, which are unused.

    Raises:
        SoundcheckError: a weight of the encoder is missing, unknown, or of another shape.
    """
    missing = sorted(set(report["missing_keys"]) - NEVER_USED)
    unknown = sorted(report["unexpected_keys"])
    unused = []
    if kind or any(not name.endswith("Model") for name in fields.get("architectures") or ()):
        inside = kind.inside if kind else ""
        unused = [key for key in unknown if not _belongs(re.sub(f"^{inside}", "", key), model)]
        unknown = [key for key in unknown if _belongs(re.sub(f"^{inside}", "", key), model)]
    if kind:
        # Those of a whole decoder or text encoder are many: its name says enough.
        unused = sorted({key.removeprefix(f"{model.base_model_prefix}.").split(".")[0] for key in unused})
    other_shape = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report["mismatched_keys"])
    for problem, keys in (("lacks", missing), ("has in another shape", other_shape), ("has besides", unknown)):
        if keys:
            names = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            raise SoundcheckError(
                f"{owner}: {file} is not a checkpoint of the {type(model).__name__} that {CONFIG} beside it describes: "
                f"it {problem} {names}. Both files must be of one model"
            )
    return unused


def _belongs(key: str, model: torch.nn.Module) -> bool:
    """Whether a key of a checkpoint lies inside the encoder, rather than in a head above it."""
    own = {name for name, _ in model.named_children()} | {name.split(".")[0] for name, _ in model.named_parameters()}
    return key.removeprefix(f"{model.base_model_prefix}.").split(".")[0] in own


def _check_blocks(model: torch.nn.Module, model_type: str, owner: str) -> None:
    has_blocks = isinstance(getattr(getattr(model, "encoder", None), "layers", None), torch.nn.ModuleList)
    if not has_blocks or not all(hasattr(model.config, name) for name in ("conv_kernel", "conv_stride")):
        raise SoundcheckError(
            f"{owner}: a model of type {model_type} has no `encoder.layers`, or no `conv_kernel` and `conv_stride` in "
            f"its {CONFIG}, of which its layers and the times of its frames are read; {SUPPORTED}"
        )
