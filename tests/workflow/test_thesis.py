"""The experiments of the thesis plan from their configuration alone, with the jobs that they need and no other."""

import re
import subprocess
import sys
from collections import Counter

import pytest
from running import REPOSITORY

EMBEDDERS, PROBES = 10, 5
# Autotagging has four conditions, the other tasks five; TinySOL and VocalSet each serve two tasks.
CONDITIONS = {"magnatagatune": 4, "beatport_key": 5, "tinysol": 5, "vocalset": 5}
EVALUATED = 4 + 5 * 5


def planned(directory, config):
    """The number of jobs of each rule."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--dry-run", "all", "--snakefile", str(REPOSITORY / "Snakefile")),
            *("--directory", str(directory), "--configfile", str(REPOSITORY / config)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    lines = done.stdout.split("Job stats:")[1].splitlines()[3:]
    jobs = Counter()
    for line in lines:
        rule, _, count = line.partition(" ")
        if count.strip().isdigit():
            # The second rule of a kind makes what the first one does, under other conditions.
            jobs[re.sub(r"_\d+$", "", rule)] += int(count)
    return jobs


@pytest.mark.parametrize("config", ["config/thesis.yaml", "config/thesis-small.yaml"])
def test_the_six_experiments_plan_completely(tmp_path, config):
    jobs = planned(tmp_path, config)
    n_conditions = sum(CONDITIONS.values())
    # Of the ten embedders, four are layers of MERT: one pass serves them.
    assert jobs["embed_tracks"] == len(CONDITIONS) * (EMBEDDERS - 4 + 1)
    assert jobs["cut_layers"] == n_conditions * 4
    assert jobs["fit_probes"] == jobs["score_probes"] == 6 * EMBEDDERS
    assert (jobs["download_dataset"], jobs["index_tracks"], jobs["fingerprint_tracks"]) == (4, 4, 4)
    assert (jobs["make_split"], jobs["audit_split"]) == (6, 6)
    assert jobs["draw_robustness"] == 6


def test_a_configuration_in_the_form_of_the_released_toolkit_plans(tmp_path):
    jobs = planned(tmp_path, "tests/config/released.yaml")
    assert jobs["score_probes"] == jobs["embed_tracks"] == 3
