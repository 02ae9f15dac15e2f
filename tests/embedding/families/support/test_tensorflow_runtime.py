"""TensorFlow: refused in words where it cannot run, and silent where it does."""

import subprocess
import sys

import pytest

from soundcheck.embedding.families.support.tensorflow_runtime import import_tensorflow
from soundcheck.plumbing.errors import SoundcheckError


def test_a_missing_package_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, "essentia", raising=False)
    with pytest.raises(SoundcheckError, match="embedder mine needs the package tensorflow"):
        import_tensorflow("embedder mine")


def test_a_process_that_has_loaded_essentia_is_refused_rather_than_aborted(monkeypatch):
    monkeypatch.setitem(sys.modules, "essentia", object())
    with pytest.raises(SoundcheckError, match="may abort a process that has loaded essentia"):
        import_tensorflow("embedder mine")


def test_it_is_imported_without_a_word_and_with_one_thread_inside_an_operation(repository):
    code = (
        "from soundcheck.embedding.families.support.tensorflow_runtime import import_tensorflow; "
        "import os, sys; import_tensorflow('x'); "
        "print(os.environ['TF_NUM_INTRAOP_THREADS']); print('heard', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(repository / "workflow" / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("1\n", "heard\n")
