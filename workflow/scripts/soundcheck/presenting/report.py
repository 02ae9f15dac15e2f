"""Snakemake's report of a run, from within the run."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import atomic


def write_report(snakefile: str, config: dict, items: list[str], output: str | Path) -> None:
    """Write the report on `items`, files that the workflow has made, to the HTML file `output`; it works offline.

    The report needs Snakemake's record of the jobs that made the items. It is therefore written by a Snakemake of its
    own, which looks at the same workflow with the same configuration and starts no job.

    Raises:
        SoundcheckError: Snakemake could not write it.
    """
    with tempfile.TemporaryDirectory() as folder, atomic(output) as temporary:
        configfile = Path(folder) / "config.yaml"
        configfile.write_text(yaml.safe_dump(_plain(config), sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--configfile", str(configfile)]
        # The default profile is for running; here nothing runs, so nothing needs to be locked.
        command += ["--workflow-profile", "none", "--nolock", "--report", os.path.abspath(temporary)]
        # Snakemake knows them by their places in the folder of the results, where the report lies as well.
        command += [os.path.relpath(item, Path(output).parent) for item in items]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        if done.returncode:
            raise SoundcheckError(f"Snakemake could not write the report: {done.stderr.strip().splitlines()[-1]}")


def _plain(value: object) -> object:
    """Mappings and sequences of any kind as dict and list, which YAML can write."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
