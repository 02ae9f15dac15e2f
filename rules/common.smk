# The configuration, checked; the matrix of cells; and the functions that rules take inputs and parameters from.
import dataclasses
import re
import sys
from pathlib import Path

from snakemake.logging import logger

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from soundcheck.configuration import catalogue, matrix
from soundcheck.configuration.plan import Embedded, Evaluation, Plan
from soundcheck.configuration.read import read
from soundcheck.ids import CLEAN, EVERYTHING
from soundcheck.plumbing.digests import listing_digest, source_digest
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.locks import hold_lock
from soundcheck.probing import by_task
from soundcheck.probing.kinds import KINDS
from soundcheck.scoring import metrics


def stop(error):
    """End with this message alone; an exception would come with places in files that are not the user's."""
    logger.error(f"error: {error}")
    sys.exit(1)


try:
    settings = read(config, catalogue.load(workflow.basedir), workflow.configfiles)
    plan = Plan(matrix.build(settings))
except SoundcheckError as error:
    stop(error)


pathvars:
    results=settings.results,
    logs=f"{settings.results}/logs",
    benchmarks=f"{settings.results}/benchmarks",
    models=settings.models,


wildcard_constraints:
    dataset=plan.pattern("datasets"),
    task=plan.pattern("tasks"),
    split=plan.pattern("splits"),
    deformation=plan.pattern("scenarios"),
    embedder=plan.pattern("embedders"),
    probe=plan.pattern("probes"),
    preset="|".join(settings.autotable) or "none",


TRACKS = "<results>/tracks/{dataset}.parquet"
SPLIT = "<results>/splits/{dataset}/{task}/{split}.parquet"
FINGERPRINTS = "<results>/fingerprints/{dataset}.parquet"
AUDIT = "<results>/audit/{dataset}/{task}/{split}.csv"
EMBEDDINGS = "<results>/embeddings/{dataset}/{deformation}/{embedder}.parquet"
AUDIO = "<results>/audio/{dataset}/{deformation}/{embedder}.csv"
SCORES = "<results>/scores/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.csv"
TABLE = "<results>/tables/{dataset}/{task}/{split}/{preset}.md"
FIGURE = "<results>/figures/{dataset}/{task}/{split}/{name}.svg"
MODEL = "<results>/probes/{dataset}/{task}/{split}/{embedder}/{probe}/model"


def hold_the_directory():
    try:
        hold_lock(".snakemake/soundcheck.lock")
    except SoundcheckError as error:
        stop(error)


def dataset_of(wildcards):
    return plan.datasets[wildcards.dataset]


def dataset_options(wildcards):
    return dataset_of(wildcards).options


def parts_of(wildcards):
    """The dataset that is trained on, and the one that is tested on."""
    return [part.name for part in dataset_of(wildcards).parts]


def of_parts(path, wildcards):
    return [path.format(**dict(wildcards) | {"dataset": part}) for part in parts_of(wildcards)]


def embedded_parts_of(path, wildcards):
    """Clean, both datasets are needed; deformed, the one that is tested on."""
    both = of_parts(path, wildcards)
    return both if wildcards.deformation == CLEAN else both[1:]


def split_parameters(wildcards):
    split = plan.splits[wildcards.split]
    return dataclasses.asdict(split) | {"whole": split.whole}


def dataset_modules(wildcards):
    """The modules of the library that know a dataset; a joined one has none of its own."""
    dataset = dataset_of(wildcards)
    return [] if dataset.parts else [f"datasets.sources.{dataset.module}"]


def label_file(wildcards):
    return dataset_of(wildcards).options.get("csv", [])


def listing_of(wildcards):
    """Changes when a user's folder does; published datasets do not change."""
    dataset = dataset_of(wildcards)
    return listing_digest(dataset.folder) if dataset.module == "folder" else ""


def embedder_of(wildcards):
    return plan.embedders[wildcards.embedder]


def weights_of(wildcards):
    return [f"<models>/{file}" for file in plan.weights_of(wildcards.embedder)]


def whose_weights(file):
    """The models of the catalogue that read a file, whichever of them are evaluated."""
    whole = {name: row["weights"] for name, row in settings.embedders.items() if "layers_of" not in row}
    return [name for name, weights in whole.items() if file in (each["file"] for each in weights)]


def how_to_get_weights(file):
    return next((settings.embedders[name].get("get_weights", "") for name in whose_weights(file)), "")


def digests_of_weights(wildcards):
    """What the weights of an embedder must be; None where the configuration accepts any."""
    return [file.sha256 for file in embedder_of(wildcards).weights] if settings.check_weights else None


def family_modules(wildcards):
    """The modules of the library that an embedder's vectors depend on, beside those of every embedding."""
    family = embedder_of(wildcards).entry["family"]
    return ["embedding.precomputed"] if family == "precomputed" else [f"embedding.families.{family}"]


def listing_of_vectors(wildcards):
    """Changes when a folder of vectors made elsewhere does."""
    entry = embedder_of(wildcards).entry
    return listing_digest(entry["file"]) if entry["family"] == "precomputed" else ""


def declared_dimension(wildcards):
    """What the catalogue says of the size of a vector, unless the embedder's pooling or layers are not the published."""
    embedder = embedder_of(wildcards)
    return 0 if "pooling" in embedder.entry else embedder.about.get("dimension", 0)


def of_all_layers(path, wildcards):
    return path.format(**(dict(wildcards) | {"embedder": embedder_of(wildcards).made_by}))


def one_of(names):
    """A regular expression of these names; of none, one that nothing fits."""
    return "|".join(re.escape(name) for name in sorted(names)) or "(?!)"


def embedded_parts(wildcards):
    """Probes are trained on clean audio alone; a deformed condition needs the tracks that are tested."""
    return ["train", "validation", "test"] if wildcards.deformation == CLEAN else ["test"]


def splits_to_embed(wildcards):
    named = plan.splits_embedded[Embedded(wildcards.dataset, wildcards.deformation, wildcards.embedder)]
    return [SPLIT.format(dataset=wildcards.dataset, task=task, split=split) for task, split in named]


def probe_parameters(wildcards):
    return plan.probes[wildcards.probe].for_task(plan.tasks[wildcards.task])


def metrics_of(wildcards):
    return plan.cells[matrix.Cell(*(wildcards[axis] for axis in matrix.Cell._fields))]


def metric_files(wildcards):
    """Files of a user's own metrics; one named `my_metrics.f` lies in the working directory, or is installed."""
    files = [Path(*metric.split(".")[:-1]).with_suffix(".py") for metric in metrics_of(wildcards) if "." in metric]
    return [str(file) for file in files if file.exists()]


def task_type_of(wildcards):
    return plan.tasks[wildcards.task].type


def kind_of(wildcards):
    return plan.probes[wildcards.probe].kind


def fitting_modules(wildcards):
    """With the metrics that may choose an epoch, or what makes events of frames."""
    task = plan.tasks[wildcards.task]
    chosen_by = [*metrics.criteria(task.kind), (task.postprocessing or {}).get("choose_by")]
    own = {metrics.module_of(name) for name in chosen_by} - {None}
    return (by_task.steps_of(task.kind).modules[0], "probing.fitting", *KINDS[kind_of(wildcards)].modules, *sorted(own))


def scoring_modules(wildcards):
    step = by_task.steps_of(plan.tasks[wildcards.task].kind).modules[1]
    own = {metrics.module_of(name) for name in metrics_of(wildcards)} - {None}
    return (step, "probing.predicting", "scoring.scores", KINDS[kind_of(wildcards)].modules[0], *sorted(own))


def plain_datasets():
    """A regular expression of the datasets that are not joined of two."""
    return one_of(name for name in plan.datasets if name not in plan.joined)


def each(path, items):
    """`path` for each of the items, whose fields are its wildcards."""
    return list(dict.fromkeys(path.format(**item._asdict()) for item in items))


def evaluation_of(wildcards):
    return Evaluation(wildcards.dataset, wildcards.task, wildcards.split)


def table_files():
    presets = [(cell, preset) for preset in settings.autotable for cell in plan.tabulated(preset)]
    return [TABLE.format(preset=preset, **cell._asdict()) for cell, preset in presets]


def figure_files():
    return each(FIGURE.replace("{name}", "robustness"), plan.evaluations) + each(
        FIGURE.replace("{name}", "confusion"), plan.labelled
    )


def report_items():
    pages = ["configuration", "versions", "counts", "audit", "left_out", "audio_conditions", "embedder_catalogue"]
    pages += ["embedder_checks"] if settings.check_embedders else []
    return table_files() + figure_files() + [f"<results>/pages/{page}.html" for page in pages]
