"""What results were made with: noted beside them, and compared with what is installed."""

import json
import sys
from importlib import metadata

import numpy

from soundcheck.plumbing.jobs.ledger import Ledger, made_with_others
from soundcheck.plumbing.provenance import versions


def test_the_versions_are_those_of_what_is_loaded():
    assert versions()["numpy"] == numpy.__version__
    assert versions().keys() <= {"python", *sys.modules}


def test_what_was_made_with_the_installed_versions_is_not_told(tmp_path):
    ledger = Ledger(tmp_path, "logs/rule/x.log")
    ledger.replace([str(tmp_path / "scores/x.csv")], versions())
    assert ledger.path.is_file()
    assert made_with_others(tmp_path) == {}


def test_what_other_versions_made_is_told_by_what_differs(tmp_path):
    notes = {"a": {"numpy": "1.0"}, "b": {"numpy": "1.0", "scipy": "0.1"}, "c": {"numpy": numpy.__version__}}
    for name, made_with in notes.items():
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"outputs": [f"{name}.csv"], "versions": made_with}))
    assert made_with_others(tmp_path) == {
        f"numpy 1.0, now {numpy.__version__}": ["a.csv", "b.csv"],
        f"scipy 0.1, now {metadata.version('scipy')}": ["b.csv"],
    }
