import pytest
from faulty_server import serving


@pytest.fixture
def server():
    """A web server that fails as its test tells it to."""
    with serving() as server:
        yield server


@pytest.fixture
def target(tmp_path):
    """Where what the server sends shall lie."""
    return tmp_path / "data" / "notes.zip"
