"""Embedders by name or by path: from an item of a configuration to what its jobs need."""

import dataclasses
import functools
import hashlib
import itertools
import json
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from soundcheck.configuration.axes import Embedder, Weights
from soundcheck.configuration.catalogue import Catalog, said_by_family

# Your own model is a path: the key that holds it, and the options that go with it.
OWN = {
    "hear": ("weights", "use", "longest_s"),
    "function": ("sample_rate", "longest_s"),
    "onnx": ("sample_rate", "window_s", "hop_s", "batch_size", "longest_s", "input", "output"),
    "precomputed": ("columns",),
}
_FAMILIES = {"onnx": "onnx_file"}
# The axes of an embedder: each may have several values, which are as many embedders.
AXES = ("hop_s", "pooling", "layers")


def own_kind(item: dict) -> str | None:
    """The key by which an embedder of a configuration is your own model, or None."""
    return next((kind for kind in OWN if kind in item), None)


def resolve_embedders(item: dict, catalog: Catalog) -> list[Embedder]:
    """The embedders that an item of a complete, checked configuration means: one for each value of its axes."""
    kind = own_kind(item)
    resolve = functools.partial(_your_own, kind=kind) if kind else functools.partial(_of_the_catalogue, catalog=catalog)
    return [resolve(variant) for variant in _variants(item, is_named=item["name"] not in catalog.embedders)]


def _variants(item: dict, is_named: bool) -> list[dict]:
    """One item for each combination of the values of `hop_s`, `pooling` and `layers`, each with a readable name."""
    given = {axis: item[axis] for axis in AXES if axis in item}
    varied = {axis for axis, value in given.items() if _is_varied(axis, value)}
    # Your own name stays as it is, unless there are several embedders to tell apart.
    told = [axis for axis in given if axis in varied or not is_named]
    alternatives = [value if axis in varied else [value] for axis, value in given.items()]
    variants = []
    for values in itertools.product(*alternatives):
        chosen = dict(zip(given, values, strict=True))
        name = "-".join([item["name"], *(_readable(axis, chosen[axis]) for axis in told)])
        variants.append({**item, **chosen, "name": name, "like": item.get("like", item["name"])})
    return variants


def _is_varied(axis: str, value: object) -> bool:
    if axis == "layers":
        return isinstance(value, list) and any(isinstance(part, list | str) for part in value)
    return isinstance(value, list)


def _readable(axis: str, value: Any) -> str:
    if axis == "hop_s":
        return f"hop{value:g}s"
    if axis == "pooling":
        return "frames" if value == "none" else str(value)
    return "layers-" + ("all" if value == "all" else "-".join(map(str, value)))


def local_files(path: str) -> tuple[str, ...]:
    """The files that a path of weights stands for: a file, all of a folder, or those of a TensorFlow checkpoint."""
    place = Path(path)
    if place.is_dir():
        return tuple(sorted(str(file) for file in place.rglob("*") if file.is_file()))
    if place.is_file():
        return (str(path),)
    return tuple(sorted(str(file) for file in place.parent.glob(f"{place.name}.*") if file.is_file()))


def file_and_function(text: str) -> tuple[str, str]:
    """The two parts of `file.py:function`; the function is called `embed` unless it is named."""
    file, _, function = text.partition(":")
    return file, function or "embed"


def is_module(text: str) -> bool:
    """Whether a text names a module, as in `hear21passt.base`, and no file."""
    return (
        not text.endswith(".py") and all(part.isidentifier() for part in text.split(".")) and not Path(text).is_file()
    )


def find_module(name: str) -> ModuleSpec | None:
    """Where a module lies that is installed, or is in the working directory; nothing is imported to find it."""
    places, whole, found = [os.getcwd(), *sys.path], "", None
    for part in name.split("."):
        whole = f"{whole}.{part}".lstrip(".")
        found = PathFinder.find_spec(whole, places)
        if found is None:
            return None
        places = list(found.submodule_search_locations or ())
    return found if found and found.has_location else None


def _module_files(name: str) -> tuple[str, ...]:
    """The source of the package that a module belongs to; nothing where only the job's environment has it."""
    top = PathFinder.find_spec(name.partition(".")[0], [os.getcwd(), *sys.path]) if find_module(name) else None
    if top is None:
        return ()
    if not top.submodule_search_locations:
        return (os.path.relpath(top.origin),) if top.origin else ()
    files = (file for folder in top.submodule_search_locations for file in Path(folder).rglob("*.py"))
    return tuple(sorted(os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file) for file in files))


def _your_own(item: dict, kind: str) -> Embedder:
    file, function = file_and_function(item[kind]) if kind == "function" else (item[kind], None)
    family = _FAMILIES.get(kind, kind)
    env = item.get("env", said_by_family(family)["ENVIRONMENT"])
    names_module = kind == "hear" and is_module(file)
    entry = {"family": family, "name": item["name"], "module" if names_module else "file": file}
    entry |= {"function": function} if function else {}
    entry |= {key: item[key] for key in OWN[kind] if key in item}
    entry |= {"pooling": item["pooling"]} if "pooling" in item else {}
    files = (_module_files(file) if names_module else _own_files(kind, file)) + (
        local_files(entry["weights"]) if entry.get("weights") else ()
    )
    about = {
        "title": item["name"],
        "licence_weights": "",
        "licence_code": "",
        "citation": f"your own model: {kind} {item[kind]}",
        "pretrained_on": [],
    }
    # The environment of ONNX files has a runtime for the processor.
    gpu = item.get("gpu", 0 if kind == "onnx" else 1)
    return Embedder(item["name"], _sorted(entry), env, gpu, files, (), about, made_by=item["name"])


def _own_files(kind: str, file: str) -> tuple[str, ...]:
    if kind == "precomputed":
        return ()  # there may be one for each track: what lies in the folder is noticed by a digest of its listing
    # Large ONNX models keep their weights in a file of their own.
    beside = (f"{file}.data",) if kind == "onnx" and Path(f"{file}.data").is_file() else ()
    return (file, *beside)


def _of_the_catalogue(item: dict, catalog: Catalog) -> Embedder:
    kind = item.get("like", item["name"])
    row = catalog.embedders[kind]
    base = row.get("layers_of", kind)
    own = {key: item[key] for key in ("hop_s", "pooling") if key in item}
    standard = {"family": row["family"], "sample_rate": row["sample_rate"], **row["options"]}
    entry = standard | item["options"] | own
    weights = tuple(Weights(**file) for file in row["weights"])
    files: tuple[str, ...] = ()
    about = {key: value for key, value in row.items() if key not in ("family", "env", "gpu", "weights", "options")}
    if item.get("weights"):
        entry["weights"], files, weights = item["weights"], local_files(item["weights"]), ()
        if "get_weights" not in row:
            # What is known of the published weights does not hold for these.
            about |= {"title": item["name"], "licence_weights": "your own", "pretrained_on": []}
    layers = item.get("layers", row.get("layers", "all"))
    embedder = Embedder(
        name=item["name"],
        entry=_sorted(entry),
        env=row["env"],
        gpu=row["gpu"],
        files=files,
        weights=weights,
        about=about,
        made_by=item["name"],
    )
    if layers == "all":
        return embedder
    made_by = base if entry == standard else f"{base}-{_digest(entry)}"
    return dataclasses.replace(embedder, made_by=made_by, layers=tuple(layers))


def _digest(entry: dict) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:8]


def _sorted(entry: dict) -> dict:
    # The order of keys in the file must not look like a change.
    return dict(sorted(entry.items()))
