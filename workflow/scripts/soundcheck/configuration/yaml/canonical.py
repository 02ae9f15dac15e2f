"""From the many ways in which a configuration may be written to the one that the schema describes."""

import dataclasses
import os
from collections.abc import Callable
from typing import Any

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.names import as_number, probe_name, scenario_name
from soundcheck.configuration.yaml.empty_keys import given
from soundcheck.probing.kinds import KINDS
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES

KEY_SYNONYMS = {
    "features": "embedders",
    "embedding_models": "embedders",
    "downstream_models": "probes",
    "feature_aggregation": "aggregation",
    "embedding_aggregation": "aggregation",
}
# Parameters of audiomentations that were renamed since the thesis.
PARAMETER_SYNONYMS = {
    "min_snr_in_db": "min_snr_db",
    "max_snr_in_db": "max_snr_db",
    "min_gain_in_db": "min_gain_db",
    "max_gain_in_db": "max_gain_db",
    "min_lufs_in_db": "min_lufs",
    "max_lufs_in_db": "max_lufs",
    "min_absolute_rms_in_db": "min_absolute_rms_db",
    "max_absolute_rms_in_db": "max_absolute_rms_db",
}
EMBEDDER_SYNONYMS = {"hop": "hop_s"}
MOST_SEEDS = 1000
SYNONYMS = KEY_SYNONYMS | PARAMETER_SYNONYMS | EMBEDDER_SYNONYMS
AGGREGATIONS = {"embedding_mean": "mean", "predictions": "prediction", "prediction_mean": "prediction"}
_PATHS = {"results", "models", "data", "dir", "csv", "weights", "hear", "function", "onnx", "precomputed"}
_OWN_MODELS = {"hear", "function", "onnx", "precomputed"}
_TASK_TYPES = {kind.name: kind.written for kind in TASK_TYPES.values()}
_PROBE_KINDS = {other: name for name, kind in KINDS.items() for other in kind.synonyms}
_EVENT_TASKS = [kind.written for kind in TASK_TYPES.values() if kind.has_times]


def canonical(raw: object, catalog: Catalog) -> object:
    """`raw` with shorthands expanded and synonyms replaced, and without empty keys.

    What it does not understand it leaves for the schema.
    """
    if not isinstance(raw, dict):
        return raw
    config = _at_home(given(raw, catalog.schema))
    if isinstance(config.get("catalogue"), dict):
        # A row of your own may have underscores in its name.
        catalog = dataclasses.replace(catalog, embedders=catalog.embedders | {name: {} for name in config["catalogue"]})
    for key in ("results", "models"):
        if isinstance(config.get(key), str) and config[key].strip():
            # Snakemake compares paths as text.
            config[key] = os.path.normpath(config[key])
    if isinstance(config.get("seeds"), int) and not isinstance(config["seeds"], bool) and config["seeds"] > 0:
        # One more than the schema allows is enough to be refused: nobody's memory holds a billion seeds.
        config["seeds"] = list(range(min(config["seeds"], MOST_SEEDS + 1)))
    if isinstance(config.get("experiments"), dict):
        # Experiments may have names; a single one may stand there without a list around it.
        is_single = "task" in config["experiments"]
        config["experiments"] = [config["experiments"]] if is_single else list(config["experiments"].values())
    if isinstance(config.get("experiments"), list):
        config["experiments"] = [_experiment(item, catalog) for item in config["experiments"]]
    if isinstance(config.get("catalogue"), dict):
        config["catalogue"] = {name: _embedder_row(row, catalog) for name, row in config["catalogue"].items()}
    return config


def _experiment(raw: object, catalog: Catalog) -> object:
    if not isinstance(raw, dict):
        return raw
    experiment = _given({KEY_SYNONYMS.get(key, key): value for key, value in raw.items()}, "experiment", catalog)
    task = _named(experiment.get("task"))
    if isinstance(task, dict):
        task = _given({KEY_SYNONYMS.get(key, key): value for key, value in task.items()}, "task", catalog)
        if "aggregation" in task and experiment.get("aggregation") in (None, task["aggregation"]):
            experiment["aggregation"] = task.pop("aggregation")
        if "type" in task:
            task["type"] = _replaced(task["type"], _TASK_TYPES)
        if "choose_by" in task:
            task["choose_by"] = _replaced(task["choose_by"], _metric_synonyms())
        experiment["task"] = task
    if "aggregation" in experiment:
        experiment["aggregation"] = _replaced(experiment["aggregation"], AGGREGATIONS)
    _each(experiment, "datasets", _dataset, catalog)
    _each(experiment, "deformations", _scenario, catalog)
    _each(experiment, "embedders", _embedder, catalog)
    detects = _is_event_detection(experiment.get("task"), catalog)
    if (experiment.get("aggregation") == "prediction" or detects) and isinstance(experiment.get("embedders"), list):
        # Predictions are aggregated, or events made of them, where frames are not: an embedder that is not pooled.
        each = experiment["embedders"]
        experiment["embedders"] = [{"pooling": "none"} | item if isinstance(item, dict) else item for item in each]
    if isinstance(experiment.get("embedders"), list):
        # Scenes have no times.
        use = {"use": "timestamps" if detects else "scene"}
        each = experiment["embedders"]
        experiment["embedders"] = [use | item if isinstance(item, dict) and "hear" in item else item for item in each]
    _each(experiment, "probes", _probe, catalog)
    synonyms = _metric_synonyms()
    _each(experiment, "metrics", lambda item, _: _replaced(item, synonyms), catalog)
    _each(experiment, "exclude", _exclusion, catalog)
    return experiment


def _given(item: dict, kind: str, catalog: Catalog) -> dict:
    """Without empty keys; `kind` is the name of its definition in the schema."""
    return given(item, catalog.schema["$defs"][kind])


def _exclusion(item: object, catalog: Catalog) -> object:
    if not isinstance(item, dict):
        return item
    rule = _given(item, "exclusion", catalog)
    return rule | {"embedder": _as_in_catalogue(rule["embedder"], catalog)} if "embedder" in rule else rule


def _embedder_row(raw: object, catalog: Catalog) -> object:
    if not isinstance(raw, dict):
        return raw
    row = _given(raw, "embedder_row", catalog)
    if "layers_of" in row:
        row["layers_of"] = _as_in_catalogue(row["layers_of"], catalog)
    described = catalog.schema["$defs"]["embedder_row"]["properties"]
    if isinstance(row.get("weights"), list):
        file = described["weights"]["items"]
        row["weights"] = [given(item, file) if isinstance(item, dict) else item for item in row["weights"]]
    return row


def _at_home(mapping: dict) -> dict:
    """With `~` in paths replaced by the user's home, as a shell does."""
    return {
        key: os.path.expanduser(value) if key in _PATHS and isinstance(value, str) else value
        for key, value in mapping.items()
    }


def _is_event_detection(task: object, catalog: Catalog) -> bool:
    if not isinstance(task, dict) or not isinstance(task.get("name"), str):
        return False
    return task.get("type", catalog.tasks.get(task["name"], {}).get("type")) in _EVENT_TASKS


def _metric_synonyms() -> dict[str, str]:
    return {other: name for name, metric in METRICS.items() for other in metric.synonyms}


def _each(mapping: dict, key: str, expand: Callable[[Any, Catalog], object], catalog: Catalog) -> None:
    if isinstance(mapping.get(key), list):
        mapping[key] = [expand(item, catalog) for item in mapping[key]]


def _named(item: object) -> object:
    return {"name": item} if isinstance(item, str) else item


def _replaced(value: object, synonyms: dict) -> object:
    return synonyms.get(value, value) if isinstance(value, str) else value


def _dataset(item: object, catalog: Catalog) -> object:
    item = _named(item)
    if not isinstance(item, dict):
        return item
    dataset = _at_home(_given(item, "dataset", catalog))
    _drop_empty_options(dataset)
    # In files of the released toolkit the type says which loader it used; here the catalogue knows.
    if dataset.get("type") in ("custom", "mirdata") and dataset.get("name") in list(catalog.datasets):
        del dataset["type"]
    _each(dataset, "deformations", _scenario, catalog)
    ends = [end for end in ("train_on", "test_on") if end in dataset]
    for end in ends:
        dataset[end] = _dataset(dataset[end], catalog)
    if ends and all(isinstance(dataset[end], dict) and "name" in dataset[end] for end in ends):
        dataset.setdefault("name", "-to-".join(str(dataset[end]["name"]) for end in ends))
    return dataset


def _drop_empty_options(item: dict) -> None:
    # Where an option may be nothing, that is its default.
    if isinstance(item.get("options"), dict):
        item["options"] = {key: value for key, value in item["options"].items() if value is not None}


def _scenario(item: object, catalog: Catalog) -> object:
    if isinstance(item, str):
        return {"name": item, "transforms": catalog.deformations[item]} if item in catalog.deformations else item
    if isinstance(item, list):
        scenario: dict = {"transforms": item}
    elif isinstance(item, dict) and "type" in item:
        scenario = {"transforms": [{key: value for key, value in item.items() if key != "name"}]}
        scenario |= {"name": item["name"]} if item.get("name") is not None else {}
    elif isinstance(item, dict):
        scenario = _given(item, "scenario", catalog)
    else:
        return item
    if isinstance(scenario.get("transforms"), list):
        scenario["transforms"] = [_transform(transform, catalog) for transform in scenario["transforms"]]
        scenario.setdefault("name", scenario_name(scenario["transforms"]) or "no-transforms")
    return scenario


def _transform(item: object, catalog: Catalog) -> object:
    if isinstance(item, str):
        return {"type": item}
    if not isinstance(item, dict):
        return item
    transform = _given(item, "transform", catalog)
    if not isinstance(transform.get("params"), dict):
        return transform
    return transform | {
        "params": {
            PARAMETER_SYNONYMS.get(key, key): value if str(key).endswith("_path") else as_number(value)
            for key, value in transform["params"].items()
            # Where audiomentations has a value for nothing, it is its default.
            if value is not None
        }
    }


def _as_in_catalogue(name: object, catalog: Catalog) -> object:
    """The name of an embedder; one that is written with underscores for hyphens as the catalogue writes it."""
    if not isinstance(name, str):
        return name
    hyphened = name.replace("_", "-")
    return hyphened if name not in catalog.embedders and hyphened in catalog.embedders else name


def _embedder(item: object, catalog: Catalog) -> object:
    item = _named(item)
    if not isinstance(item, dict):
        return item
    # Your own model, or variant, may have any name.
    named = "like" if "like" in item else "name"
    if named in item and not item.keys() & _OWN_MODELS:
        item = item | {named: _as_in_catalogue(item[named], catalog)}
    embedder = {EMBEDDER_SYNONYMS.get(key, key): value for key, value in _at_home(item).items()}
    embedder = _given(embedder, "embedder", catalog)
    _drop_empty_options(embedder)
    if "like" in embedder:
        embedder.setdefault("name", embedder["like"])
    return embedder


def _probe(item: object, catalog: Catalog) -> object:
    if isinstance(item, str):
        return {"name": item, **catalog.probes[item]} if item in catalog.probes else item
    if not isinstance(item, dict):
        return item
    probe = _given(item, "probe", catalog)
    if "type" in probe:
        probe["type"] = _replaced(probe["type"], _PROBE_KINDS)
    if probe.get("emb_dim_reduction") in (False, None) and "emb_dim_reduction" in probe:
        probe["emb_dim_reduction"] = "none"
    if str(probe.get("emb_dim_reduction")).lower() == "pca":
        probe["emb_dim_reduction"] = "PCA"
    if isinstance(probe.get("save_criterion"), str):
        criterion = probe["save_criterion"].removeprefix("val_")
        probe["save_criterion"] = _replaced(criterion, _metric_synonyms())
    probe.setdefault("name", probe_name(probe, catalog.schema["$defs"]["probe"]["properties"]))
    return probe
