# Nothing is trusted because it is there. Snakemake notes what made each file: parameters, source, inputs. A file without
# such a note, or that was changed after it, counts as incomplete, and is made again.
from types import SimpleNamespace

from snakemake.io import IOFile
from snakemake.persistence.file import FilePersistence

from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.jobs.ledger import NOTES, forget, made_with_others

# Some file systems keep times in steps of two seconds.
TIME_STEP_S = 2.0


def distrust_unknown_files():
    notes = FilePersistence(path=Path(".snakemake").absolute(), nolock=True)
    notes.started(SimpleNamespace(output=[*unknown_files(notes), *OUTDATED]))


def outdated_files():
    """What other versions of packages have made, which is told; none unless it is to be made again."""
    # With an environment for each family, an upgrade is an edit of its file, and Snakemake notices that.
    if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
        return
    others = made_with_others(Path(NOTES))
    for change, files in others.items():
        logger.warning(f"{plural(len(files), 'file')} of the results made with {change}, such as {files[0]}")
    if settings.rerun_on_upgrade:
        yield from (IOFile(file) for files in others.values() for file in files)
    elif others:
        logger.warning("Other versions may give other numbers. --config rerun_on_upgrade=true makes these files again.")


def unknown_files(notes):
    for folder in sorted({Path(path).parts[0] for path in (*PRODUCTS, RESULTS, REPORT)}):
        yield from unknown_below(folder, notes)


def unknown_below(path, notes):
    note = notes.metadata(IOFile(path))
    if os.path.isdir(path):
        # A folder that a job makes is one file to Snakemake.
        if note is None:
            for entry in sorted(os.listdir(path)):
                yield from unknown_below(f"{path}/{entry}", notes)
    elif os.path.exists(path) and (note is None or abs(os.stat(path).st_mtime - note.endtime) > TIME_STEP_S):
        yield IOFile(path)


def forget_what_is_made_again():
    """What is asked for anew, and what others have made, is not taken from an earlier run of the job."""
    forced = {str(name) for name in workflow.dag_settings.forcerun}
    everything = workflow.dag_settings.forceall or workflow.dag_settings.forcetargets
    for name in sorted(forced):
        # The second rule of a kind has its ledgers where the first has its own.
        forget(Path(NOTES) / re.sub(r"_\d+$", "", name), lambda output: True)
    unwanted = forced | set(map(str, OUTDATED))
    if everything or unwanted:
        forget(Path(NOTES), lambda output: everything or output in unwanted)


if workflow.is_main_process:
    # Looked for once, because it is told.
    OUTDATED = list(outdated_files())
    distrust_unknown_files()
