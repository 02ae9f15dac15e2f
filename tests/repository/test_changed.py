"""Which tests `make check` runs for what has changed."""

import pytest

from tests import changed


@pytest.fixture
def checkout(tmp_path):
    """A few tests in their folders."""
    for path, text in {
        "tests/plumbing/test_locks.py": "",
        "tests/plumbing/test_hub.py": "from hub_server import serving_hub\n",
        "tests/embedding/test_driver.py": "from soundcheck import ids, parquet\n",
        "tests/embedding/families/test_clmr.py": "",
        "tests/repository/test_rooms.py": "",
        "tests/workflow/test_end_to_end.py": "from soundcheck.parquet import read\n",
        "tests/configuration/test_read.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("workflow/scripts/soundcheck/plumbing/locks.py", ["tests/plumbing", "tests/repository/test_rooms.py"]),
        ("workflow/scripts/soundcheck/plumbing/downloads/hub.py", ["tests/plumbing", "tests/repository/test_rooms.py"]),
        (
            "workflow/scripts/soundcheck/embedding/families/clmr.py",
            ["tests/embedding/families/test_clmr.py", "tests/repository/test_rooms.py"],
        ),
        (
            "workflow/scripts/soundcheck/embedding/families/mert.py",
            ["tests/embedding/families", "tests/repository/test_rooms.py"],
        ),
        (
            "workflow/scripts/soundcheck/parquet.py",
            ["tests/embedding/test_driver.py", "tests/repository/test_rooms.py"],
        ),
        ("tests/helpers/hub_server.py", ["tests/plumbing/test_hub.py"]),
        ("tests/plumbing/test_locks.py", ["tests/plumbing/test_locks.py"]),
        ("tests/plumbing/test_removed.py", []),
        ("workflow/scripts/soundcheck/no_such_room/removed.py", ["tests/repository/test_rooms.py"]),
        ("tests/workflow/test_end_to_end.py", []),
        ("config/metrics.yaml", ["tests/configuration", "tests/repository"]),
        ("rules/probes.smk", ["tests/repository"]),
    ],
)
def test_a_change_selects_the_tests_of_its_room(checkout, file, tests):
    assert changed.fitting([file], checkout) == tests


def test_what_lies_in_a_folder_that_is_run_is_not_run_twice(checkout):
    files = ["tests/plumbing/test_locks.py", "workflow/scripts/soundcheck/plumbing/locks.py", "README.md"]
    assert changed.fitting(files, checkout) == ["tests/plumbing", "tests/repository"]


def test_every_room_has_a_folder_of_tests(repository):
    library = repository / changed.LIBRARY
    rooms = {path.name for path in library.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= {path.name for path in (repository / "tests").iterdir()}
