"""What each job made, of what, with which versions: a file of JSON lines, and a way back to what it made.

Snakemake removes the outputs of a job before it runs the job again. Where a job makes several things, most of them may
be what they were: they stay reachable under a second name (a hard link, which takes no space), and are taken from
there.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from soundcheck.plumbing.files import atomic, file_sha256
from soundcheck.plumbing.provenance import PACKAGES, installed_versions

# The folder, in that of the results, that holds what each job was made with.
NOTES = "made_with"
_SUFFIX = ".jsonl"


class Ledger:
    """The notes of one job.

    `outputs` in it are seen from the folder of the results; methods take them as the job sees them, beginning with
    `results`.
    """

    def __init__(self, results: str | Path, log: str) -> None:
        """`log` is where the job writes its log, seen from the folder of the results."""
        self.results = Path(results)
        self.path = self.results / NOTES / Path(log).relative_to("logs").with_suffix(_SUFFIX)
        self.kept = self.path.with_suffix("")

    def replace(self, outputs: Sequence[str], versions: dict[str, str]) -> None:
        """Note what a job that makes one thing has made, and nothing else."""
        self._write([{"outputs": self._named(outputs), "versions": versions}])

    def add(self, outputs: Sequence[str], versions: dict[str, str], made_of: str) -> None:
        """Note one thing that was made, and keep it: `made_of` is a digest of all that it depends on."""
        contents = [content(output) for output in outputs]
        self._forget_kept(made_of)
        self.kept.mkdir(parents=True, exist_ok=True)
        try:
            for output, place in zip(outputs, self._places(made_of, len(outputs)), strict=True):
                _copied(Path(output), place, os.link)
        except OSError:
            # A file system without hard links: made again when it is asked for again.
            self._forget_kept(made_of)
        note = {"made_of": made_of, "outputs": self._named(outputs), "contents": contents, "versions": versions}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")

    def take(self, outputs: Sequence[str], made_of: str) -> bool:
        """Put what was made of the same things in the place of the outputs; whether it was there, and unchanged."""
        note = next((note for note in reversed(read(self.path)) if note.get("made_of") == made_of), None)
        places = self._places(made_of, len(outputs))
        if note is None or not all(place.exists() for place in places):
            return False
        if note["contents"] != [content(place) for place in places]:
            return False
        for output, place in zip(outputs, places, strict=True):
            _remove(Path(output))
            Path(output).parent.mkdir(parents=True, exist_ok=True)
            _copied(place, Path(output), os.link)
            # As new as what was made beside it.
            os.utime(output)
        return True

    def close(self, made_of: Iterable[str]) -> None:
        """Forget all but what was made of these."""
        wanted = set(made_of)
        notes = {note["made_of"]: note for note in read(self.path) if note.get("made_of") in wanted}
        for place in list(self.kept.glob("*")) if self.kept.is_dir() else []:
            if place.name.partition(".")[0] not in wanted:
                _remove(place)
        self._write([*notes.values()])

    def _write(self, notes: list[dict]) -> None:
        _write(self.path, notes)

    def _places(self, made_of: str, count: int) -> list[Path]:
        return [self.kept / f"{made_of}.{number}" for number in range(count)]

    def _forget_kept(self, made_of: str) -> None:
        for place in self.kept.glob(f"{made_of}.*"):
            _remove(place)

    def _named(self, outputs: Sequence[str]) -> list[str]:
        return [os.path.relpath(output, self.results) for output in outputs]


def read(path: str | Path) -> list[dict]:
    """The notes in a ledger, oldest first; none where there is no ledger. A line that was cut off is left out."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    notes = []
    for line in lines:
        try:
            notes.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return notes


def ledgers(folder: str | Path) -> list[Path]:
    """The ledgers of all jobs, below the folder that holds them."""
    return sorted(Path(folder).rglob(f"*{_SUFFIX}"))


def forget(folder: str | Path, is_unwanted: Callable[[str], bool]) -> None:
    """Forget of what each output was made for which this is true, so that a job that runs again makes it again.

    With which versions it was made stays known, for as long as it is there.
    """
    for path in ledgers(folder):
        notes = read(path)
        left = [_without_origin(note) if any(map(is_unwanted, note["outputs"])) else note for note in notes]
        if left != notes:
            _write(path, left)


def made_with_others(notes: Path) -> dict[str, list[str]]:
    """The outputs that were made with other versions than are installed, by what differs: `numpy 2.4.5, now 2.4.6`.

    `notes` is the folder of all ledgers. A package that is not installed here is not compared.
    """
    installed = installed_versions(PACKAGES)
    found: dict[str, list[str]] = {}
    for note in (note for ledger in ledgers(notes) for note in read(ledger)):
        for package, version in note["versions"].items():
            if installed.get(package, version) != version:
                found.setdefault(f"{package} {version}, now {installed[package]}", []).extend(note["outputs"])
    return found


def content(path: str | Path) -> str:
    """A digest of a file, or of all files in a folder and their names; not of hidden ones, such as Snakemake's own."""
    path = Path(path)
    if not path.is_dir():
        return file_sha256(path)
    inside = sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
    return json.dumps([(each.relative_to(path).as_posix(), file_sha256(each)) for each in inside])


def _without_origin(note: dict) -> dict:
    return {key: value for key, value in note.items() if key != "made_of"}


def _write(path: Path, notes: list[dict]) -> None:
    with atomic(path) as temporary:
        temporary.write_text("".join(json.dumps(note) + "\n" for note in notes), encoding="utf-8")


def _copied(source: Path, target: Path, copy: Callable) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=copy)
    else:
        copy(source, target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
