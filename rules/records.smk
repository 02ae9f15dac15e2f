# Nothing is trusted because it is there. Snakemake notes what made each file: parameters, source, inputs. A file without
# such a note, or that was changed after it, counts as incomplete, and is made again.
from types import SimpleNamespace

from snakemake.io import IOFile
from snakemake.persistence.file import FilePersistence

# Some file systems keep times in steps of two seconds.
TIME_STEP_S = 2.0


def distrust_unknown_files():
    notes = FilePersistence(path=Path(".snakemake").absolute(), nolock=True)
    notes.started(SimpleNamespace(output=list(unknown_files(notes))))


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


if workflow.is_main_process:
    distrust_unknown_files()
