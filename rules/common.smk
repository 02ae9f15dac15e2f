# The configuration, checked; the matrix of cells; and the functions that rules take inputs and parameters from.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from soundcheck import catalog, matrix
from soundcheck.config import read
from soundcheck.digests import source_digest
from soundcheck.errors import SoundcheckError
from soundcheck.listing import listing_digest
from soundcheck.locks import hold_lock
from soundcheck.plan import Plan

try:
    settings = read(config, catalog.load(workflow.basedir), workflow.configfiles)
except SoundcheckError as error:
    raise WorkflowError(str(error)) from None

plan = Plan(matrix.build(settings))


pathvars:
    results=settings.results,
    logs=f"{settings.results}/logs",
    benchmarks=f"{settings.results}/benchmarks",


wildcard_constraints:
    dataset=plan.pattern("datasets"),
    task=plan.pattern("tasks"),
    split=plan.pattern("splits"),
    deformation=plan.pattern("scenarios"),
    embedder=plan.pattern("embedders"),
    probe=plan.pattern("probes"),
    preset="|".join(settings.autotable) or "none",


SPLIT = "<results>/splits/{dataset}/{task}/{split}.parquet"
EMBEDDINGS = "<results>/embeddings/{dataset}/{deformation}/{embedder}.parquet"
AUDIO = "<results>/audio/{dataset}/{deformation}/{embedder}.csv"
SCORES = "<results>/scores/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.csv"
MODEL = "<results>/probes/{dataset}/{task}/{split}/{embedder}/{probe}/model.npz"


def dataset_of(wildcards):
    return plan.datasets[wildcards.dataset]


def dataset_options(wildcards):
    return {"csv": dataset_of(wildcards).csv}


def listing_of(wildcards):
    """Changes when a user's folder does; published datasets do not change."""
    dataset = dataset_of(wildcards)
    return listing_digest(dataset.folder) if dataset.module == "folder" else ""


def embedder_of(wildcards):
    return plan.embedders[wildcards.embedder]


def embedded_parts(wildcards):
    """Probes are trained on clean audio alone; a deformed condition needs the tracks that are tested."""
    return ["train", "validation", "test"] if wildcards.deformation == "clean" else ["test"]


def splits_to_embed(wildcards):
    named = plan.splits_embedded[wildcards.dataset, wildcards.deformation, wildcards.embedder]
    return [SPLIT.format(dataset=wildcards.dataset, task=task, split=split) for task, split in named]


def probe_parameters(wildcards):
    return plan.probes[wildcards.probe].for_task(plan.tasks[wildcards.task])


def metrics_of(wildcards):
    return plan.cells[matrix.Cell(*(wildcards[axis] for axis in matrix.Cell._fields))]


def each(path, items):
    """`path` for each of the items, whose fields are its wildcards."""
    return list(dict.fromkeys(path.format(**item._asdict()) for item in items))
