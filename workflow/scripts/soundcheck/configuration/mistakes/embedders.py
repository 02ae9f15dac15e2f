"""Embedders, and entries of their catalogue, that the schema accepts, but that cannot be used."""

import re
from collections.abc import Iterator
from pathlib import Path

from soundcheck.configuration.axes import Task
from soundcheck.configuration.catalogue import Catalog, families
from soundcheck.configuration.embedders import AXES, OWN, file_and_function, find_module, is_module, local_files
from soundcheck.configuration.schema import Problem, is_number, shown
from soundcheck.plumbing.errors import nearest

_ENVS = Path(__file__).parents[5] / "envs"


def wrong_rows(rows: dict, catalog: Catalog) -> Iterator[Problem]:
    """Each mistake in the rows of a configuration's own `catalogue`."""
    for name, row in rows.items():
        path = ("catalogue", name)
        if name in catalog.published:
            yield path, f"{name} is an embedder of config/catalogue/embedders.yaml: choose another name for yours"
        if row["family"] not in families():
            yield (*path, "family"), f"unknown family {row['family']!r}{nearest(row['family'], families())}"
        yield from _wrong_env(row, path)
        yield from _wrong_files(row, path)
        yield from _wrong_sources(row, path, catalog)
        yield from _wrong_cut(row, path, catalog)


def _wrong_files(row: dict, path: tuple) -> Iterator[Problem]:
    """Files of weights that would lie elsewhere than below the folder of models, or whose paths have wildcards."""
    hub = row.get("huggingface", {})
    named = [((*path, "weights", at, "file"), file["file"]) for at, file in enumerate(row.get("weights", ()))]
    named += [((*path, "huggingface", key), hub[key]) for key in ("repo", "revision") if key in hub]
    named += [((*path, "huggingface", "files"), file) for file in hub.get("files", ())]
    for place, file in named:
        parts = file.split("/")
        if {"", ".", ".."} & set(parts) or set(file) & set("{}<>\\"):
            yield place, f"{file!r} does not lie below the folder of models: use a relative path of plain names"


def _wrong_sources(row: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Weights that cannot be downloaded, or that two rows describe differently: they would share a file."""
    if row.get("weights") and "huggingface" in row:
        yield path, "`huggingface` and `weights` exclude each other: keep one of them"
        return
    if "huggingface" in row and not row["huggingface"]["files"]:
        yield (*path, "huggingface", "files"), "`files` is empty: name files such as config.json and model.safetensors"
    sources: dict[str, list[tuple[str, str]]] = {}
    for other in catalog.embedders.values():
        for file in other["weights"]:
            sources.setdefault(file["file"], []).append((file["url"], file["sha256"]))
    for at, file in enumerate(row.get("weights", ())):
        place = (*path, "weights", at)
        if len(set(sources.get(file["file"], ()))) > 1:
            yield (*place, "file"), f"{file['file']!r} has two different sources: choose another path"
        if file["url"] and not re.match(r"(https?|hf)://.", file["url"]):
            yield (*place, "url"), f"{file['url']!r} is not an address: expected https://, http:// or hf://"
        if not re.fullmatch(r"([0-9a-fA-F]{64})?", file.get("sha256", "")):
            yield (*place, "sha256"), f"{file['sha256']!r} is not a SHA-256: expected 64 digits, 0 to 9 and a to f"


def _wrong_cut(row: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """A row that is cut from the layers of another one, which must have them."""
    if "layers_of" not in row:
        if "layers" in row:
            yield (*path, "layers"), "`layers` needs `layers_of`, the embedder from whose layers this one is cut"
        return
    base = catalog.embedders.get(row["layers_of"])
    whole = [
        name for name, other in catalog.embedders.items() if other.get("n_layers", 1) > 1 and "layers_of" not in other
    ]
    if row["layers_of"] not in whole:
        what = "unknown embedder" if base is None else "there are no layers to cut from"
        yield (*path, "layers_of"), f"{what} {row['layers_of']!r}{nearest(row['layers_of'], whole)}"
        return
    n_layers = catalog.embedders[row["layers_of"]]["n_layers"]
    for layer in row.get("layers", ()):
        if layer >= n_layers:
            yield (*path, "layers"), f"{row['layers_of']} has layers 0 to {n_layers - 1}, not {layer}"


def _wrong_env(item: dict, path: tuple) -> Iterator[Problem]:
    known = [file.stem for file in _ENVS.glob("*.yaml")]
    if item.get("env", known[0]) not in known:
        yield (*path, "env"), f"there is no envs/{item['env']}.yaml{nearest(item['env'], known)}"


def wrong_embedder(embedder: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Each mistake in an embedder of an experiment."""
    kinds = [kind for kind in OWN if kind in embedder]
    if len(kinds) > 1 or (kinds and "like" in embedder):
        yield path, f"an embedder is one of {', '.join(OWN)}, or `like` one of the catalogue; choose one"
    elif kinds:
        yield from _wrong_own_embedder(embedder, kinds[0], path, catalog)
    else:
        yield from _wrong_catalogue_embedder(embedder, path, catalog)
    if len(kinds) < 2:
        yield from _wrong_unused_keys(embedder, kinds[0] if kinds else None, path, catalog)


def _wrong_unused_keys(embedder: dict, kind: str | None, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Keys that are for embedders of another kind: they would change nothing, without a word."""
    everywhere = {"name", "pooling", "layers", *(("gpu", "env", kind, *OWN[kind]) if kind else ())}
    meaningful = everywhere | (set() if kind else {"like", "options", "hop_s", "weights"})
    described = catalog.schema["$defs"]["embedder"]["properties"]
    owner = f"`{kind}`" if kind else "an embedder of the catalogue"
    for key in sorted(embedder.keys() - meaningful - OWN.keys() - {"like"}):
        if embedder[key] != described[key]["default"]:
            yield (*path, key), f"`{key}` has no meaning for {owner}: leave it out"


def _wrong_own_embedder(embedder: dict, kind: str, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if embedder["name"] in catalog.embedders:
        yield (*path, "name"), f"{embedder['name']} is an embedder of the catalogue: choose another name for yours"
    file = file_and_function(embedder[kind])[0] if kind == "function" else embedder[kind]
    if kind == "hear" and is_module(file):
        yield from _wrong_module(file, embedder, (*path, kind))
    elif not (file and (Path(file).is_file() or (kind == "precomputed" and Path(file).exists()))):
        what = "folder" if kind == "precomputed" else "file"
        yield (*path, kind), f"there is no {what} {file!r} (paths start at the working directory)"
    yield from _wrong_weights_path(embedder, path)
    yield from _wrong_env(embedder, path)
    if "sample_rate" in OWN[kind] and "sample_rate" not in embedder:
        yield path, f"`{kind}` needs `sample_rate`, the rate in Hz of the audio that the model takes"
    if "layers" in embedder:
        yield (
            (*path, "layers"),
            f"`{kind}` gives one layer; for several, give a file for each, as embedders of their own",
        )


def _wrong_module(name: str, embedder: dict, path: tuple) -> Iterator[Problem]:
    """A module that is not there; that of an environment which is named may be there alone."""
    if "env" not in embedder and find_module(name) is None:
        yield (
            path,
            f"there is no module {name!r}, installed here or in the working directory, and no file of that name; "
            "install it, or name the environment in envs/ that has it, as `env`",
        )


def _wrong_weights_path(embedder: dict, path: tuple) -> Iterator[Problem]:
    if embedder["weights"] and not local_files(embedder["weights"]):
        yield (
            (*path, "weights"),
            f"there is no file {embedder['weights']!r} (paths start at the working directory)",
        )


def _wrong_catalogue_embedder(embedder: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    kind = embedder.get("like", embedder["name"])
    if kind not in catalog.embedders:
        place = (*path, "like") if "like" in embedder else path
        own = ", ".join(f"`{key}:`" for key in OWN)
        yield (
            place,
            f"unknown embedder {kind!r}{nearest(kind, catalog.embedders)}. Your own model is a path: {own}",
        )
        return
    row = catalog.embedders[kind]
    if embedder["name"] != kind and embedder["name"] in catalog.embedders:
        yield (*path, "name"), f"{embedder['name']} is another embedder of the catalogue: choose another name for yours"
    # Your own weights may take audio at another rate.
    own_rate = {"sample_rate": row["sample_rate"]} if embedder["weights"] else {}
    yield from _wrong_options(embedder, row["options"] | own_rate, kind, path)
    if (embedder["options"] or embedder["weights"]) and embedder["name"] == kind:
        yield path, f"{kind} with other options is another embedder: give it a `name` of its own and `like: {kind}`"
    if "hop_s" in embedder and "hop_s" not in row["options"]:
        yield (*path, "hop_s"), f"{kind} has a fixed hop: leave `hop_s` out"
    if embedder["weights"] and not row["weights"] and "weights" not in row["options"]:
        yield (*path, "weights"), f"{kind} has no weights: leave the key out"
    yield from _wrong_weights_path(embedder, path)
    yield from _wrong_layers(embedder, row, kind, path)


def without_times(embedder: dict, task: Task, path: tuple) -> Iterator[Problem]:
    """What an embedder asks for that has no times, as events need them."""
    if embedder.get("pooling", "none") != "none":
        yield (
            (*path, "pooling"),
            f"{task.name} is event_detection, which needs every frame: `pooling: none`, or leave the key out",
        )
    if "hear" in embedder and embedder["use"] != "timestamps":
        yield (*path, "use"), f"{task.name} is event_detection: `use: timestamps`, or leave the key out"
    if "function" in embedder:
        yield (
            (*path, "function"),
            f"{task.name} is event_detection: a function's frames have no times; use the HEAR API",
        )


def _wrong_options(embedder: dict, standard: dict, kind: str, path: tuple) -> Iterator[Problem]:
    for option, value in sorted(embedder["options"].items(), key=lambda item: str(item[0])):
        place = (*path, "options", option)
        if option not in standard:
            yield place, f"{kind} has no option {option!r}{nearest(option, standard)}"
        elif option in (*AXES, "weights") and embedder.get(option):
            yield place, f"`{option}` is also given outside `options`: keep one of them"
        elif is_number(standard[option]) and not is_number(value):
            yield place, f"expected a number such as {standard[option]}, got {shown(value)}"
        elif isinstance(standard[option], bool) and not isinstance(value, bool):
            yield place, f"expected `true` or `false`, got {shown(value)}"
        elif isinstance(standard[option], str) and not isinstance(value, str):
            yield place, f"expected text such as {standard[option]!r}, got {shown(value)}"


def _wrong_layers(embedder: dict, row: dict, kind: str, path: tuple) -> Iterator[Problem]:
    if "layers" not in embedder or embedder["layers"] == "all":
        return
    n_layers = row.get("n_layers", 1)
    if n_layers == 1:
        yield (*path, "layers"), f"{kind} has a single layer"
        return
    groups = embedder["layers"] if any(isinstance(part, list) for part in embedder["layers"]) else [embedder["layers"]]
    for group in groups:
        if isinstance(group, list) and len(set(group)) < len(group):
            yield (*path, "layers"), f"{group} names a layer twice"
    for layer in _flat(embedder["layers"]):
        if isinstance(layer, int) and not 0 <= layer < n_layers:
            yield (*path, "layers"), f"{kind} has layers 0 to {n_layers - 1}, not {layer}"


def _flat(value: object) -> list:
    return [part for item in value for part in _flat(item)] if isinstance(value, list) else [value]
