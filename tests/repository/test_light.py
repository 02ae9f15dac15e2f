"""What is imported while Snakemake plans is light: every job on a cluster pays for it again."""

import re
import subprocess
import sys

HEAVY = {"numpy", "pandas", "pyarrow", "torch", "librosa", "scipy", "soundfile", "matplotlib", "audiomentations"}


def test_planning_imports_nothing_heavy(repository):
    common = (repository / "rules" / "common.smk").read_text()
    imports = re.findall(r"^from soundcheck.*$", common, re.MULTILINE)
    assert len(imports) > 5
    code = "\n".join(["import sys", *imports, "print(*sys.modules)"])
    environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())


def test_the_library_knows_nothing_of_snakemake(repository):
    for path in (repository / "workflow" / "scripts" / "soundcheck").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) snakemake", path.read_text(), re.MULTILINE), path
