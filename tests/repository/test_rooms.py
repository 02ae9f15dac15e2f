"""The laws of the library's rooms: who may import whom, what is light, how large things may get."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from soundcheck.configuration.matrix import Cell
from soundcheck.plumbing.digests import source as digests
from soundcheck.scoring.table import AXES

LIBRARY = digests.LIBRARY
# The few words that all rooms share.
ROOT = {"ids", "seeds", "events", "parquet", "keys", "tasks"}
# From which rooms, or single modules of rooms, each room may import.
ROOMS = {
    "plumbing": (),
    # What is known of metrics and of kinds of probes is one light dictionary each, beside their functions; which sounds
    # a transform mixes in is a listing of files.
    "configuration": ("plumbing", "ids", "tasks", "scoring.metrics", "probing.kinds", "audio.sounds"),
    "audio": ("plumbing", *ROOT),
    "datasets": ("plumbing", *ROOT, "audio.files", "audio.suffixes"),
    "embedding": ("plumbing", *ROOT, "audio"),
    "scoring": ("plumbing", *ROOT),
    "probing": ("plumbing", *ROOT, "scoring", "embedding.store"),
    "presenting": ("plumbing", *ROOT, "configuration.pretraining", "datasets.audit", "scoring"),
}
HEAVY = {"numpy", "pandas", "pyarrow", "torch", "librosa", "scipy", "soundfile", "matplotlib", "audiomentations"}


def name_of(path: Path) -> str:
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in LIBRARY.rglob("*.py")}


def imports_of(module: str) -> set[str]:
    """The modules of the library that a module imports, anywhere in it, named below `soundcheck`."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "soundcheck":
            base = node.module.removeprefix("soundcheck").lstrip(".")
            inner = {f"{base}.{alias.name}".lstrip(".") for alias in node.names}
            found |= {name if name in MODULES else base for name in inner}
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("soundcheck") for alias in node.names), module
    return found - {""}


IMPORTS = {module: imports_of(module) for module in MODULES}


def lies_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_lower_ones_alone(room):
    inside = [module for module in MODULES if lies_in(module, (room,))]
    upward = {(m, i) for m in inside for i in IMPORTS[m] if not lies_in(i, (room, *ROOMS[room]))}
    assert not upward


def test_the_root_holds_the_rooms_and_a_few_words_that_know_plumbing_alone():
    there = {path.stem for path in LIBRARY.iterdir() if path.name != "__pycache__"}
    assert there == {"__init__", *ROOT, *ROOMS}
    assert not {(word, i) for word in ROOT for i in IMPORTS[word] if not lies_in(i, ("plumbing", *ROOT))}


def test_no_modules_import_each_other_in_a_circle():
    # What lies in a package needs what the package's own file imports, which runs before it.
    packages = {m: {p for p in MODULES if m.startswith(f"{p}.")} for m in MODULES}
    of_packages = {m: {i for p in packages[m] for i in IMPORTS[p] if not lies_in(i, (p,))} for m in MODULES}
    graphlib.TopologicalSorter({m: {*IMPORTS[m], *of_packages[m]} for m in MODULES}).prepare()


def test_what_digests_leave_out_is_plumbing():
    assert digests.CANNOT_CHANGE_A_NUMBER == "plumbing"
    inside = {m for m in MODULES if lies_in(m, ("plumbing",))}
    assert digests.source_modules("scripts/embed_tracks.py").isdisjoint(inside)


def test_configuration_and_what_rules_import_is_light(repository):
    """Every job on a cluster pays for the imports of planning again."""
    rules = "".join(path.read_text() for path in (repository / "rules").glob("*.smk"))
    imports = re.findall(r"^from soundcheck.*$", rules, re.MULTILINE)
    assert len(imports) > 5
    imports += [f"import soundcheck.{module}" for module in MODULES if lies_in(module, ("configuration",))]
    imports += [f"import soundcheck.presenting.{part}" for part in ("pages", "figures", "tables.presets")]
    code = "\n".join(["import sys", *imports, "print(*sys.modules)"])
    environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())


def test_the_library_knows_nothing_of_snakemake():
    for path in MODULES.values():
        assert not re.search(r"^\s*(import|from) snakemake", path.read_text(), re.MULTILINE), path


def test_folders_and_modules_stay_small():
    folders = {path.parent for path in MODULES.values()} - {LIBRARY}
    for folder in folders:
        entries = [path for path in folder.iterdir() if path.name not in ("__init__.py", "__pycache__")]
        assert len(entries) <= 12, folder
    for path in MODULES.values():
        assert len(path.read_text().splitlines()) <= 400, path


def test_every_folder_says_its_law():
    for path in MODULES.values():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_scores_lie_on_the_axes_of_the_matrix():
    assert Cell._fields == AXES
