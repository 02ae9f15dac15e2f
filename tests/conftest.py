"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_AUDIO = Path(os.environ.get("SOUNDCHECK_REAL_AUDIO", REPOSITORY.parent / "shared" / "data"))


def pytest_terminal_summary(terminalreporter) -> None:
    """The processor and the instructions in use, on which the last digits of numbers depend."""
    import numpy  # noqa: F401

    from soundcheck.plumbing import provenance

    used = ", ".join(f"{library} {kernel}" for library, kernel in provenance.kernels().items())
    terminalreporter.write_line(f"processor: {provenance.processor()}; instructions in use: {used}")


def _real(folder: str) -> Path:
    path = REAL_AUDIO / folder
    if not path.is_dir():
        pytest.skip(f"no real audio at {path} (set SOUNDCHECK_REAL_AUDIO to the folder that holds {folder}/)")
    return path


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def philharmonia_dir() -> Path:
    """Real recordings of notes, `audio/<instrument>/<file>.mp3`; the test is skipped where they are absent."""
    return _real("philharmonia-subset")


@pytest.fixture(scope="session")
def mirdata_samples() -> Path:
    """A few real files of ten datasets, laid out as mirdata expects; the test is skipped where they are absent."""
    return _real("mirdata-samples")


@pytest.fixture
def draw(tmp_path):
    """Writes a figure; its SVG."""

    def draw(figure, name="figure.svg"):
        from soundcheck.presenting.figures.style import save

        save(figure, tmp_path / name)
        return (tmp_path / name).read_text()

    return draw


@pytest.fixture
def tinysol(tmp_path):
    """A miniature of TinySOL."""
    from mirdata_folders import write_tinysol

    return write_tinysol(tmp_path / "tinysol")


@pytest.fixture(params=["beatport_key", "giantsteps_key"])
def key_dataset(request, tmp_path):
    """The name and the folder of a miniature of each collection of keys."""
    from mirdata_folders import write_key_dataset

    return write_key_dataset(request.param, tmp_path)


@pytest.fixture
def server():
    """A web server that fails as its test tells it to."""
    from faulty_server import serving

    with serving() as server:
        yield server


@pytest.fixture
def target(tmp_path):
    """Where what the server sends shall lie."""
    return tmp_path / "data" / "notes.zip"


@pytest.fixture(scope="module")
def torch_on_one_thread():
    """As in a job: what torch computes does not depend on the number of cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
