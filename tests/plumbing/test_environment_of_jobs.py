"""A job that has an environment of its own runs in it, and sees nothing else."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from soundcheck.plumbing.jobs import ENVIRONMENTS

# As Snakemake begins a script: with all the driver's paths behind its own.
SCRIPT = """
import sys
from types import SimpleNamespace
sys.path.extend({paths})

class Files(dict):
    __iter__ = lambda self: iter(self.values())
    __getitem__ = lambda self, place: list(self.values())[place]

from soundcheck.plumbing.jobs import job

with job(SimpleNamespace(input=Files(), output=Files(), log=Files(log="logs/job.log"))):
    import own
    import {module}
"""


@pytest.fixture
def environment(tmp_path):
    """An environment with one package, `own`; its Python."""
    venv.create(tmp_path / "environments" / "first", symlinks=True)
    (packages,) = (tmp_path / "environments" / "first").glob("lib/python*/site-packages")
    (packages / "own.py").write_text("")
    return tmp_path / "environments" / "first" / "bin" / "python"


def run(tmp_path, python, module, environments):
    """A job that imports `own` and `module`; what its terminal shows, or nothing where it went well."""
    library = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
    (tmp_path / "logs").mkdir(exist_ok=True)
    (tmp_path / "script.py").write_text(SCRIPT.format(paths=[*site.getsitepackages(), str(library)], module=module))
    variables = {"SOUNDCHECK_HOME": str(tmp_path), ENVIRONMENTS: environments, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [python, "script.py"], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert bool(done.returncode) == bool(done.stderr), done.stderr
    return done.stderr


def test_a_job_imports_what_its_environment_holds_and_nothing_of_the_driver(tmp_path, environment):
    environments = str(tmp_path / "environments")
    assert run(tmp_path, environment, "wave", environments) == ""
    assert "No module named 'numpy'" in run(tmp_path, environment, "numpy", environments)


def test_without_environments_a_job_sees_what_the_driver_sees(tmp_path, environment):
    assert run(tmp_path, environment, "numpy", "") == ""


def test_a_job_whose_environment_was_not_activated_stops_in_one_line(tmp_path, environment):
    (line,) = run(tmp_path, sys.executable, "wave", str(tmp_path / "environments")).splitlines()
    assert line.startswith(f"error: this job should run in its conda environment, below '{tmp_path}/environments'")
    assert f"but runs in '{sys.prefix}'" in line
