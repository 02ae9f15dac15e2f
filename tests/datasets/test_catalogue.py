import pytest
import yaml

from soundcheck.datasets import sources
from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.datasets.sources.mirdata_adapter import Options
from soundcheck.datasets.support.mirdata.recipes import RECIPES


def test_the_catalogue_equals_the_modules(repository):
    catalogue = yaml.safe_load((repository / "config" / "datasets.yaml").read_text())
    assert sorted({entry["module"] for entry in catalogue.values()}) == sources.names()
    for name, entry in catalogue.items():
        if entry["module"] == "mirdata_adapter":
            continue
        module = sources.load(entry["module"])
        assert set(entry.pop("allows", [])) <= {"label", "sample_rate", "subset"}
        assert {task: tuple(names) for task, names in entry.pop("splits", {}).items()} == getattr(module, "SPLITS", {})
        assert entry.pop("events", False) == hasattr(module, "events")
        # Several rows may share a module, with other options.
        assert entry.pop("options", {}).keys() <= {"subset"}
        assert entry.pop("dir") in (f"data/{name}", f"data/{entry['module']}")
        assert entry == {
            "module": entry["module"],
            "title": module.TITLE,
            "licence": module.LICENSE,
            "synthetic": module.SYNTHETIC,
            "tasks": {task: {"type": kind} for task, kind in module.TASKS.items()},
            "group": module.GROUPED_BY,
            "citation": module.BIBTEX,
        }


def test_the_catalogue_equals_the_recipes_and_what_mirdata_tells(repository):
    pytest.importorskip("mirdata")
    catalogue = yaml.safe_load((repository / "config" / "datasets.yaml").read_text())
    rows = {
        name: entry for name, entry in catalogue.items() if entry["module"] == "mirdata_adapter" and "options" in entry
    }
    assert sorted(rows) == sorted(RECIPES)
    for name, recipe in RECIPES.items():
        known = mirdata_adapter.about(dataset=name)
        assert rows[name] == {
            "module": "mirdata_adapter",
            "options": {"dataset": name},
            "allows": list(Options.__dataclass_fields__),
            "title": recipe.title,
            "licence": known["licence"],
            "synthetic": False,
            "dir": f"data/{name}",
            "tasks": {task: {"type": each.type} for task, each in recipe.tasks.items()},
            "group": recipe.grouped_by,
            "citation": known["citation"],
        }


@pytest.mark.parametrize("name", sources.names())
def test_a_module_has_what_the_workflow_calls(name):
    module = sources.load(name)
    assert all(callable(getattr(module, function)) for function in ("download", "tracks", "labels"))
    assert isinstance(module.REMOTES, dict)


def test_an_unknown_module_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'philharmonia'"):
        sources.load("philharmonie")


def test_helper_modules_are_no_datasets():
    with pytest.raises(ValueError, match="no dataset module 'keys'"):
        sources.load("keys")


def test_the_record_counts_what_is_there(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.wav").write_bytes(b"1234")
    (tmp_path / "notes.txt").write_text("not audio")
    record = sources.provide("folder", "mine", tmp_path)
    assert (record["dataset"], record["n_files"], record["bytes"]) == ("mine", 1, 4)
    assert sources.provide("folder", "mine", tmp_path) == record
