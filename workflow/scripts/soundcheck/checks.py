"""Names and parameters that a schema cannot know to be wrong: they depend on the catalogues and on the task."""

from collections.abc import Iterator
from pathlib import Path

from soundcheck.axes import OUTPUT_ACTIVATIONS, SAVE_CRITERIA, Task
from soundcheck.catalog import Catalog
from soundcheck.embedder_entries import OWN, file_and_function, local_files
from soundcheck.errors import nearest
from soundcheck.files import here_or_in
from soundcheck.tasks import POSTPROCESSING, fitting_metrics, resolve_task
from soundcheck.validation import Problem

_EMBEDDERS = Path(__file__).parent / "embedders"
_ENVS = Path(__file__).parents[3] / "envs"


def wrong_names(completed: dict, catalog: Catalog) -> Iterator[Problem]:
    """Each wrong name or unfitting parameter that the schema accepts: its path, and what is wrong."""
    for name in completed["catalogue"].keys() & catalog.published.keys():
        yield ("catalogue", name), f"{name} is an embedder of config/embedders.yaml: give yours another name"
    for name, row in completed["catalogue"].items():
        families = {published["family"] for published in catalog.published.values()}
        if row["family"] not in families and not (_EMBEDDERS / f"{row['family']}.py").is_file():
            yield ("catalogue", name, "family"), f"unknown family {row['family']!r}{nearest(row['family'], families)}"
        yield from _wrong_env(row, ("catalogue", name))
    for index, experiment in enumerate(completed["experiments"]):
        path = ("experiments", index)
        task_problems = list(_wrong_task(experiment["task"], (*path, "task"), catalog))
        yield from task_problems
        if task_problems:
            continue
        task = resolve_task(experiment["task"], catalog)
        for position, dataset in enumerate(experiment["datasets"]):
            yield from _wrong_dataset(dataset, task, (*path, "datasets", position), catalog)
            yield from _wrong_scenarios(dataset, (*path, "datasets", position), catalog)
        yield from _wrong_scenarios(experiment, path, catalog)
        for position, embedder in enumerate(experiment["embedders"]):
            yield from _wrong_embedder(embedder, (*path, "embedders", position), catalog)
            if task.type == "event_detection":
                yield from _without_times(embedder, task, (*path, "embedders", position))
        for position, probe in enumerate(experiment["probes"]):
            yield from _wrong_probe(probe, task, (*path, "probes", position))
        for position, metric in enumerate(experiment["metrics"]):
            yield from _wrong_metric(metric, task, (*path, "metrics", position), catalog)


def _wrong_env(item: dict, path: tuple) -> Iterator[Problem]:
    known = [file.stem for file in _ENVS.glob("*.yaml")]
    if item.get("env", known[0]) not in known:
        yield (*path, "env"), f"there is no envs/{item['env']}.yaml{nearest(item['env'], known)}"


def _wrong_task(task: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    known = catalog.tasks.get(task["name"])
    if known is None and "type" not in task:
        hint = nearest(task["name"], catalog.tasks)
        yield (
            path,
            f"unknown task {task['name']!r}{hint} A task of one's own says its type: {{name: {task['name']}, "
            f"type: multiclass_classification}}, or multilabel_classification, or regression",
        )
    elif known and task.get("type", known["type"]) != known["type"]:
        yield (*path, "type"), f"{task['name']} is {known['type']}, not {task['type']}"
    else:
        yield from _wrong_postprocessing(task, path, catalog)


def _wrong_postprocessing(task: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    resolved = resolve_task(task, catalog)
    for key in sorted(POSTPROCESSING.keys() & task.keys()):
        if resolved.type != "event_detection":
            yield (*path, key), f"`{key}` is for event_detection; {task['name']} is {resolved.type}"
        elif key == "choose_by" and task[key] not in fitting_metrics(resolved, catalog):
            possible = fitting_metrics(resolved, catalog)
            yield (
                (*path, key),
                f"{task[key]!r} is not possible{nearest(task[key], possible)} Possible: {', '.join(possible)}",
            )


def _wrong_dataset(dataset: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    ends = [end for end in ("train_on", "test_on") if end in dataset]
    if not ends:
        yield from _wrong_plain_dataset(dataset, task, path, catalog)
        return
    if len(ends) == 1:
        yield path, f"{ends[0]} needs {'test_on' if ends == ['train_on'] else 'train_on'} beside it"
        return
    for end in ends:
        yield from _wrong_plain_dataset(dataset[end], task, (*path, end), catalog)
    for key in ("type", "dir"):
        if key in dataset:
            yield (*path, key), f"`{key}` belongs to the datasets of `train_on` and `test_on`"
    kind = dataset["train_on"].get("type", dataset["train_on"]["name"])
    if kind in catalog.datasets:
        yield from _wrong_split(dataset["split_type"], task, kind, path, catalog)


def _wrong_plain_dataset(dataset: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if "train_on" in dataset or "test_on" in dataset:
        yield path, "a dataset that is joined of two cannot be joined again"
        return
    kind = dataset.get("type", dataset["name"])
    if kind not in catalog.datasets:
        place = (*path, "type") if "type" in dataset else path
        yield place, f"unknown dataset {kind!r}{nearest(kind, catalog.datasets)} Audio of one's own is `type: folder`"
        return
    tasks = catalog.datasets[kind].get("tasks") or {}
    if tasks and task.name not in tasks:
        yield path, f"{kind} has no labels for {task.name}; its tasks are {', '.join(tasks)}"
    if task.type == "event_detection" and not catalog.datasets[kind].get("events"):
        have = ", ".join(name for name, row in catalog.datasets.items() if row.get("events"))
        yield path, f"{kind} has labels without times, and {task.name} is event_detection; datasets with times: {have}"
    if kind == "folder" and "dir" not in dataset:
        yield path, f"{dataset['name']}: a folder of one's own needs `dir`"
    elif kind == "folder" and not Path(dataset["dir"]).is_dir():
        yield (*path, "dir"), f"there is no folder {dataset['dir']!r} (paths start at the working directory)"
    if dataset["csv"] and kind != "folder":
        yield (*path, "csv"), f"`csv` is for `type: folder`; {kind} has labels of its own"
    elif dataset["csv"] and not label_file(dataset):
        yield (
            (*path, "csv"),
            f"there is no file {dataset['csv']!r}, neither in the working directory nor in {dataset.get('dir')!r}",
        )
    allowed = catalog.datasets[kind].get("allows", [])
    for option in dataset["options"].keys() - set(allowed):
        yield (*path, "options", option), f"{kind} has no option {option!r}{nearest(option, allowed)}"
    yield from _wrong_split(dataset["split_type"], task, kind, path, catalog)


def label_file(dataset: dict) -> str:
    """The path of the table that `csv` names, in the working directory or in the folder of audio; empty for none."""
    return str(here_or_in(dataset.get("dir", ""), dataset["csv"]) or "") if dataset["csv"] else ""


def _wrong_split(split_type: object, task: Task, kind: str, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if isinstance(split_type, list):
        # Decimal fractions such as 0.7 + 0.2 + 0.1 are not exactly 1 in binary.
        if abs(sum(split_type) - 1) > 1e-6:
            yield (*path, "split_type"), f"the three shares {split_type} sum to {sum(split_type):g}; they must sum to 1"
        return
    if split_type in ("single", "all"):
        return
    names = ["single", "all", *catalog.datasets[kind].get("splits", {}).get(task.name, [])]
    if split_type not in names:
        yield (
            (*path, "split_type"),
            f"{kind} has no split {split_type!r} for {task.name}{nearest(split_type, names)} Possible are "
            f"{', '.join(names)}, or three shares such as [0.6, 0.2, 0.2]",
        )


def _wrong_scenarios(owner: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    for position, scenario in enumerate(owner.get("deformations", ())):
        if scenario["name"] == "clean" and scenario["transforms"]:
            yield (*path, "deformations", position), "`clean` is the audio as it is: give this scenario another name"
        for step, transform in enumerate(scenario["transforms"]):
            place = (*path, "deformations", position, "transforms", step)
            known = catalog.transforms.get(transform["type"])
            if known is None:
                yield (
                    place,
                    f"audiomentations has no {transform['type']!r}{nearest(transform['type'], catalog.transforms)}",
                )
                continue
            for parameter in transform["params"].keys() - set(known):
                yield place, f"{transform['type']} has no parameter {parameter!r}{nearest(parameter, known)}"
            yield from _wrong_values(transform, place)
            for parameter in known:
                # All that audiomentations cannot do without.
                if parameter.endswith("_path") and parameter not in transform["params"]:
                    yield place, f"{transform['type']} needs {parameter}: a file or folder of audio"


def _wrong_values(transform: dict, place: tuple) -> Iterator[Problem]:
    """What audiomentations itself would refuse, but only in the first job that needs it, after every download."""
    parameters = transform["params"]
    for name, value in parameters.items():
        other = parameters.get(f"max_{name.removeprefix('min_')}") if name.startswith("min_") else None
        path = (*place, "params", name)
        if name.startswith(("min_", "max_")) and isinstance(value, str | bool | list):
            yield path, f"{value!r} stands where a number belongs"
        elif isinstance(value, int | float) and isinstance(other, int | float) and value > other:
            yield path, f"{name} ({value:g}) is above max_{name.removeprefix('min_')} ({other:g})"
        if name.endswith("_path") and isinstance(value, str) and not Path(value).exists():
            yield path, f"{transform['type']}: there is no {name} {value!r} (paths start at the working directory)"


def _wrong_embedder(embedder: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    kinds = [kind for kind in OWN if kind in embedder]
    if len(kinds) > 1 or (kinds and "like" in embedder):
        yield path, f"an embedder is one of {', '.join(OWN)}, or `like` one of the catalogue; choose one"
    elif kinds:
        yield from _wrong_own_embedder(embedder, kinds[0], path, catalog)
    else:
        yield from _wrong_catalogue_embedder(embedder, path, catalog)


def _wrong_own_embedder(embedder: dict, kind: str, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if embedder["name"] in catalog.embedders:
        yield (*path, "name"), f"{embedder['name']} is an embedder of the catalogue: give yours another name"
    file = file_and_function(embedder[kind])[0] if kind == "function" else embedder[kind]
    if not Path(file).exists():
        what = "folder" if kind == "precomputed" else "file"
        yield (*path, kind), f"there is no {what} {file!r} (paths start at the working directory)"
    yield from _wrong_weights_path(embedder, path)
    yield from _wrong_env(embedder, path)
    if "sample_rate" in OWN[kind][0] and "sample_rate" not in embedder:
        yield path, f"`{kind}` needs `sample_rate`, the rate in Hz of the audio that the model takes"
    if "layers" in embedder:
        yield (*path, "layers"), f"`{kind}` gives one layer; a file for each layer makes them embedders of their own"


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
            f"unknown embedder {kind!r}{nearest(kind, catalog.embedders)} A model of one's own is a path: {own}",
        )
        return
    row = catalog.embedders[kind]
    # Weights of one's own may take audio at another rate.
    allowed = {*row["options"], "sample_rate"} if embedder["weights"] else set(row["options"])
    for option in embedder["options"].keys() - allowed:
        yield (*path, "options", option), f"{kind} has no option {option!r}{nearest(option, allowed)}"
    if (embedder["options"] or embedder["weights"]) and embedder["name"] == kind:
        yield path, f"{kind} with other options is another embedder: give it a `name` of its own and `like: {kind}`"
    if "hop_s" in embedder and "hop_s" not in row["options"]:
        yield (*path, "hop_s"), f"{kind} has no hop that can be chosen"
    if embedder["weights"] and not row["weights"] and "weights" not in row["options"]:
        yield (*path, "weights"), f"{kind} has no weights"
    yield from _wrong_weights_path(embedder, path)
    yield from _wrong_layers(embedder, row, kind, path)


def _without_times(embedder: dict, task: Task, path: tuple) -> Iterator[Problem]:
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


def _wrong_layers(embedder: dict, row: dict, kind: str, path: tuple) -> Iterator[Problem]:
    if "layers" not in embedder or embedder["layers"] == "all":
        return
    n_layers = row.get("n_layers", 1)
    if n_layers == 1:
        yield (*path, "layers"), f"{kind} has a single layer"
        return
    for layer in _flat(embedder["layers"]):
        if isinstance(layer, int) and not 0 <= layer < n_layers:
            yield (*path, "layers"), f"{kind} has layers 0 to {n_layers - 1}, not {layer}"


def _flat(value: object) -> list:
    return [part for item in value for part in _flat(item)] if isinstance(value, list) else [value]


def _wrong_probe(probe: dict, task: Task, path: tuple) -> Iterator[Problem]:
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
    components = probe["pca_components"]
    if isinstance(components, float) and components >= 1 and not components.is_integer():
        yield (
            (*path, "pca_components"),
            f"{components} is neither a number of components nor a share of the variance below 1",
        )


def _wrong_metric(metric: str, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    if "." in metric:
        return
    if metric not in catalog.metrics:
        yield path, f"unknown metric {metric!r}{nearest(metric, catalog.metrics)}"
    elif metric not in fitting_metrics(task, catalog):
        yield path, f"{metric} does not fit {task.name}; metrics that do: {', '.join(fitting_metrics(task, catalog))}"
