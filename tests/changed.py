"""Names the tests of what has changed since this branch left `main`, for `make check`: paths, one a line.

A folder of tests mirrors each room of the library. What takes minutes, whole workflows and all embedders, is left to
`make test`.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = PurePosixPath("workflow/scripts/soundcheck")
# Of a whole run or of all embedders.
SLOW = ("tests/contract", "tests/tasks", "tests/workflow")


def changed_files() -> list[str]:
    """Files that differ from the merge base with `main`, committed or not; from the last commit where there is none."""
    for branch in ("main", "origin/main"):
        base = _git("merge-base", "HEAD", branch)
        if base:
            break
    tracked = _git("diff", "--name-only", *(base or ["HEAD"]), "--")
    return [*tracked, *_git("ls-files", "--others", "--exclude-standard")]


def fitting(changed: Iterable[str], root: Path) -> list[str]:
    """The files and folders of tests below `root` that fit the changed files, none of them inside of another."""
    found = {test for file in changed for test in _fitting(PurePosixPath(file), root) if (root / test).exists()}
    quick = [test for test in sorted(found) if not test.startswith(SLOW)]
    return [test for test in quick if not any(str(folder) in found for folder in PurePosixPath(test).parents)]


def _fitting(file: PurePosixPath, root: Path) -> Iterator[str]:
    if file.is_relative_to(LIBRARY):
        yield "tests/repository/test_rooms.py"
        inside = file.relative_to(LIBRARY)
        if len(inside.parts) == 1:
            yield from _importing(rf"soundcheck(\.| import (.*, )?){inside.stem}", root)
        else:
            yield from _mirror(inside, root)
    elif file.is_relative_to("tests/helpers"):
        yield from _importing(file.stem, root)
    elif file.is_relative_to("tests"):
        if file.name.startswith("test_"):
            yield str(file)
        elif len(file.parts) > 2:
            yield str(file.parent)
    elif file.parts[0] == "config" or file.is_relative_to("workflow/schemas"):
        yield from ("tests/configuration", "tests/repository")
    else:
        yield "tests/repository"


def _mirror(inside: PurePosixPath, root: Path) -> list[str]:
    """The test of a module in a folder of a room, if there is one of its name; else the nearest folder of tests."""
    own = f"tests/{inside.parent}/test_{inside.stem}.py"
    if len(inside.parts) > 2 and (root / own).exists():
        return [own]
    folders = [f"tests/{folder}" for folder in inside.parents if folder.parts and (root / "tests" / folder).is_dir()]
    return folders[:1]


def _importing(name: str, root: Path) -> Iterator[str]:
    """The files of tests that import what a regular expression names."""
    pattern = re.compile(rf"^\s*(from|import) {name}\b", re.MULTILINE)
    for file in (root / "tests").rglob("test_*.py"):
        if pattern.search(file.read_text(encoding="utf-8")):
            yield str(PurePosixPath(file.relative_to(root)))


def _git(*arguments: str) -> list[str]:
    """The lines that git answers; none where it fails."""
    outcome = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return outcome.stdout.splitlines() if outcome.returncode == 0 else []


if __name__ == "__main__":
    print("\n".join(fitting(sys.argv[1:] or changed_files(), ROOT)))
