# The configuration, checked; the matrix of cells; and the functions that rules take inputs and parameters from.
import re

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.settings.types import DeploymentMethod

from soundcheck.audio.suffixes import AUDIO_SUFFIXES
from soundcheck.configuration import catalogue
from soundcheck.configuration.matrix import Cell
from soundcheck.configuration.plan import Embedded, Evaluation, Plan, embedded_parts
from soundcheck.configuration.read import read
from soundcheck.datasets.support.tables.header import wrong_tables
from soundcheck.ids import CLEAN, EVERYTHING
from soundcheck.plumbing.digests.identities import identity, modules_beside, named_outside
from soundcheck.plumbing.digests.source import source_digest
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.jobs import ENVIRONMENTS
from soundcheck.plumbing.locks import hold_lock
from soundcheck.presenting.figures import FIGURES
from soundcheck.presenting.html import templates_digest
from soundcheck.presenting.pages import PAGES
from soundcheck.probing.choices import fitting_module, predicting_module, watched_metrics
from soundcheck.probing.kinds import KINDS
from soundcheck.scoring.metrics import module_of


def stop(error):
    """End with this message alone; an exception would come with places in files that are not the user's."""
    logger.error(f"error: {error}")
    if Quietness.ALL in (workflow.output_settings.quiet or []):
        # Then the logger says nothing, not even why there are no results.
        print(f"error: {error}", file=sys.stderr)
    sys.exit(1)


try:
    settings = read(config, catalogue.load(workflow.basedir), workflow.configfiles)
    plan = Plan(settings)
except SoundcheckError as error:
    stop(error)

wrong = list(wrong_tables(each.options for each in plan.datasets.values())) if workflow.is_main_process else []
if wrong:
    stop("\n".join(dict.fromkeys(wrong)))

# Snakemake works in the folder of the results, so that what it notes of each file's making lies beside the file, for every
# checkout, and its lock too.
try:
    Path(settings.results).mkdir(parents=True, exist_ok=True)
    os.chdir(settings.results)
except OSError as problem:
    stop(
        f"the folder of the results, '{settings.results}', cannot be used ({problem.strerror}); set `results` to another one"
    )


def from_results(path):
    """A path of the configuration as seen from the folder of the results."""
    return path if os.path.isabs(path) else os.path.relpath(home / path)


# Environments serve all results.
deployment = workflow.deployment_settings
deployment.conda_prefix = home / (deployment.conda_prefix or ".snakemake/conda")
os.environ[ENVIRONMENTS] = (
    str(deployment.conda_prefix) if DeploymentMethod.CONDA in deployment.deployment_method else ""
)


pathvars:
    models=from_results(settings.models),


wildcard_constraints:
    dataset=plan.pattern("datasets"),
    task=plan.pattern("tasks"),
    split=plan.pattern("splits"),
    deformation=plan.pattern("scenarios"),
    embedder=plan.pattern("embedders"),
    probe=plan.pattern("probes"),
    preset="|".join(settings.autotable) or "none",


def hold_the_directory():
    try:
        hold_lock(".snakemake/soundcheck.lock")
    except SoundcheckError as error:
        stop(error)


def do_not_wait_in_threads():
    """Start jobs as soon as they can run.

    By default Snakemake starts 100 jobs a second at most. To ensure that, each look at the ready jobs starts a thread that
    asks for another look a second later, and each finished job adds one: with 200 jobs they take a fifth of a core.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


def one_of(names):
    """A regular expression of these names; of none, one that nothing fits."""
    return "|".join(re.escape(name) for name in sorted(names)) or "(?!)"


def growing(amount, of_inputs=0):
    """As much of a resource as a job is given, and as much again at each further attempt: too little may have ended it.

    `amount` is in MB or minutes; for each MB of the inputs there are `of_inputs` more.
    """
    if of_inputs:
        return lambda wildcards, input, attempt: int((amount + of_inputs * input.size_mb) * attempt)
    return lambda wildcards, attempt: amount * attempt


def each(path, items):
    """`path` for each of the items, whose fields are its wildcards."""
    return list(dict.fromkeys(path.format(**item._asdict()) for item in items))


def dataset_of(wildcards):
    return plan.datasets[wildcards.dataset]


def source_of(wildcards):
    """The module of the library that knows a dataset; a joined one has none of its own."""
    dataset = dataset_of(wildcards)
    return [] if dataset.parts else [f"datasets.sources.{dataset.module}"]


def of_parts(path, wildcards):
    """`path` for each of the datasets that a joined one needs under this condition, or under none."""
    names = plan.joined_parts(wildcards.dataset, wildcards.get("deformation", CLEAN))
    return [path.format(**dict(wildcards) | {"dataset": name}) for name in names]


def found_in(wildcards):
    """Changes with whatever lies in a dataset's folder, and with what its table holds and names elsewhere."""
    dataset = dataset_of(wildcards)
    return identity(*folders_of(dataset), *tables_of(dataset), *named_elsewhere(dataset))


def audio_of(wildcards):
    """Changes with the audio of a dataset alone."""
    dataset = dataset_of(wildcards)
    return identity(*folders_of(dataset), *named_elsewhere(dataset), suffixes=AUDIO_SUFFIXES)


def folders_of(dataset):
    return [home / part.folder for part in dataset.parts or [dataset]]


def tables_of(dataset):
    return [home / part.options["csv"] for part in dataset.parts or [dataset] if part.options.get("csv")]


def named_elsewhere(dataset):
    return [
        file for table in tables_of(dataset) for folder in folders_of(dataset) for file in named_outside(table, folder)
    ]


def embedder_of(wildcards):
    return plan.embedders[wildcards.embedder]


def weights_of(wildcards):
    return [WEIGHTS.format(file=file.file) for file in embedder_of(wildcards).weights]


def family_of(wildcards):
    """The module of the library that loads an embedder."""
    return f"embedding.families.{embedder_of(wildcards).entry['family']}"


def splits_to_embed(wildcards):
    return each(SPLIT, plan.splits_to_embed(Embedded(wildcards.dataset, wildcards.deformation, wildcards.embedder)))


def of_all_layers(path, wildcards):
    return path.format(**(dict(wildcards) | {"embedder": embedder_of(wildcards).made_by}))


def task_type_of(wildcards):
    return plan.tasks[wildcards.task].type


def kind_of(wildcards):
    return plan.probes[wildcards.probe].kind


def probe_parameters(wildcards):
    return plan.probes[wildcards.probe].for_task(plan.tasks[wildcards.task])


def metrics_of(wildcards):
    return plan.cells[Cell(*(wildcards[axis] for axis in Cell._fields))]


def own_metrics(wildcards):
    """Changes with a user's own metrics; one named `my_metrics.f` lies where the run was started, or is installed."""
    names = [metric.rpartition(".")[0] for metric in metrics_of(wildcards) if "." in metric]
    return identity(*modules_beside((home / Path(*name.split("."))).with_suffix(".py") for name in names))


def own_model(wildcards):
    """Changes with the files of a user's own model: weights, code, and the modules beside it that the code imports."""
    files = [home / file for file in embedder_of(wildcards).files]
    return identity(*files, *modules_beside(files))


def own_sounds(wildcards):
    """Changes with the files that a scenario's transforms read, such as impulse responses."""
    return identity(*(home / file for file in plan.scenarios[wildcards.deformation].files))


def evaluation_of(wildcards):
    return Evaluation(wildcards.dataset, wildcards.task, wildcards.split)


def report_items():
    pages = [page for page in PAGES if page != "embedder_checks" or settings.check_embedders]
    return [
        *each(f"{TABLE}.md", plan.tables),
        *each(FIGURE, plan.figures),
        *(f"{PAGE_FOLDER}/{page}.html" for page in pages),
    ]
