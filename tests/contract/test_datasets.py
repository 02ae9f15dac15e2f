"""What holds for every dataset module."""

import inspect

import pytest

from soundcheck.datasets import sources


@pytest.fixture(params=sources.names())
def module(request):
    return sources.load(request.param)


def test_a_module_says_where_its_audio_comes_from_and_under_which_licence(module):
    assert module.TITLE
    assert module.LICENSE
    assert isinstance(module.BIBTEX, str)
    assert isinstance(module.REMOTES, dict)
    assert isinstance(module.SYNTHETIC, bool)


def test_a_modules_tasks_are_of_known_types(module):
    assert set(module.TASKS.values()) <= {"multiclass", "multilabel", "regression", "event_detection"}


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("download", ["folder"]), ("tracks", ["folder"]), ("labels", ["tracks", "task"])],
)
def test_functions_take_what_the_contract_says(module, function, arguments):
    signature = inspect.signature(getattr(module, function))
    assert list(signature.parameters)[: len(arguments)] == arguments


def test_optional_functions_take_tracks_and_task(module):
    for name in ("splits", "groups", "events"):
        if hasattr(module, name):
            assert list(inspect.signature(getattr(module, name)).parameters)[:2] == ["tracks", "task"]
