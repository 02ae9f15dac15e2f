# The configuration, checked; the matrix of cells; and the functions that rules take inputs and parameters from.
import re

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.settings.types import DeploymentMethod

from soundcheck.audio.suffixes import AUDIO_SUFFIXES
from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Embedded, Evaluated, Evaluation, Plan, embedded_parts
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
from soundcheck.presenting.tables.presets import PRESETS
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
    tables = plan.tables({preset.name: preset.needs_labels for preset in PRESETS.values()})
    tabulated = plan.presets_alike(tables)
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


def numbered(first, number):
    """The name of the first, the second … rule of a kind."""
    return first if number == 1 else f"{first}_{number}"


def hold_for_all_of_a_kind():
    """Threads and resources that a profile or the command line gives `embed_tracks` are those of `embed_tracks_2`, too."""
    several = {
        "embed_tracks": plan.embedded_alike,
        "fit_probes": plan.fitted_alike,
        "score_probes": plan.scored_alike,
        "write_tables": tabulated,
    }
    resources = workflow.resource_settings
    for first, kinds in several.items():
        others = [numbered(first, number) for number in range(2, len(kinds) + 1)]
        for setting in ("overwrite_threads", "overwrite_resources"):
            values = dict(getattr(resources, setting))
            if first in values:
                setattr(resources, setting, dict.fromkeys(others, values[first]) | values)


hold_for_all_of_a_kind()


def with_names(path, **names):
    """`path` with some of its wildcards replaced by names."""
    for wildcard, name in names.items():
        path = path.replace(f"{{{wildcard}}}", name)
    return path


def followed_by(form, alike, made):
    """A regular expression of the datasets of the jobs that make the same, in a path that goes on with their other names.

    Where all jobs do, the datasets alone are enough.
    """
    jobs = alike[made]
    if len(alike) == 1:
        return one_of({job.dataset for job in jobs})
    names = ({wildcard: re.escape(name) for wildcard, name in job._asdict().items()} for job in jobs)
    return "|".join(f"{each['dataset']}(?=/{with_names(form, **each)})" for each in names) or "(?!)"


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
    """The splits that name tracks to embed, in one condition or, where a job makes several, in any of them."""
    dataset, embedder = wildcards.dataset, wildcards.embedder
    conditions = [wildcards.deformation] if "deformation" in wildcards.keys() else plan.conditions[dataset, embedder]
    named = [plan.splits_to_embed(Embedded(dataset, condition, embedder)) for condition in conditions]
    return list(dict.fromkeys(path for splits in named for path in each(SPLIT, splits)))


def conditions_of(wildcards):
    """What one job must know of each condition in which it embeds a dataset."""
    dataset, embedder = wildcards.dataset, wildcards.embedder
    return [
        {
            "deformation": name,
            "transforms": plan.scenarios[name].transforms,
            "is_additive": plan.scenarios[name].is_additive,
            "parts": embedded_parts(name),
            "splits": each(SPLIT, plan.splits_to_embed(Embedded(dataset, name, embedder))),
            "sounds": sounds_of(name),
        }
        for name in plan.conditions[dataset, embedder]
    ]


def of_all_layers(path, wildcards):
    return path.format(**(dict(wildcards) | {"embedder": embedder_of(wildcards).made_by}))


def task_type_of(wildcards):
    return plan.tasks[wildcards.task].type


def evaluated_of(wildcards):
    return Evaluated(*(wildcards[axis] for axis in Evaluated._fields))


def probe_parameters(probe, wildcards):
    return plan.probes[probe].for_task(plan.tasks[wildcards.task])


def code_of_fit(probe, wildcards):
    type_of_task, parameters = task_type_of(wildcards), probe_parameters(probe, wildcards)
    return source_digest(
        "scripts/fit_probes.py",
        fitting_module(type_of_task),
        *KINDS[plan.probes[probe].kind].modules,
        *map(module_of, watched_metrics(type_of_task, parameters)),
    )


def of_cells(path, wildcards):
    """`path` for each of the cells that one job scores, once."""
    return each(path, plan.evaluated[evaluated_of(wildcards)])


def scored_cells(wildcards):
    """What one job must know of each of its cells."""
    return [
        {
            "deformation": cell.deformation,
            "probe": cell.probe,
            "kind": plan.probes[cell.probe].kind,
            "metrics": plan.cells[cell],
            "own_metrics": own_metrics(plan.cells[cell]),
            "code": source_digest(
                "scripts/score_probes.py",
                predicting_module(task_type_of(wildcards)),
                KINDS[plan.probes[cell.probe].kind].module,
                *map(module_of, plan.cells[cell]),
            ),
        }
        for cell in plan.evaluated[evaluated_of(wildcards)]
    ]


def own_metrics(metrics):
    """Changes with a user's own metrics; one named `my_metrics.f` lies where the run was started, or is installed."""
    names = [metric.rpartition(".")[0] for metric in metrics if "." in metric]
    return identity(*modules_beside((home / Path(*name.split("."))).with_suffix(".py") for name in names))


def own_model(wildcards):
    """Changes with the files of a user's own model: weights, code, and the modules beside it that the code imports."""
    files = [home / file for file in embedder_of(wildcards).files]
    return identity(*files, *modules_beside(files))


def own_sounds(wildcards):
    return sounds_of(wildcards.deformation)


def sounds_of(scenario):
    """Changes with the files that a scenario's transforms read, such as impulse responses."""
    return identity(*(home / file for file in plan.scenarios[scenario].files))


def evaluation_of(wildcards):
    return Evaluation(wildcards.dataset, wildcards.task, wildcards.split)


def report_items():
    pages = [page for page in PAGES if page != "embedder_checks" or settings.check_embedders]
    return [
        *each(f"{TABLE}.md", tables),
        *each(FIGURE, plan.figures),
        *(f"{PAGE_FOLDER}/{page}.html" for page in pages),
    ]
