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


@pytest.fixture(scope="module")
def torch_on_one_thread():
    """As in a job: what torch computes does not depend on the number of cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
