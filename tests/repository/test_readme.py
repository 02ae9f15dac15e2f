"""The README: its example of a model of one's own runs as it stands."""

import re

import numpy as np
import torch

from soundcheck.embedding.families import hear


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv1d(1, 512, 400, 160)

    def forward(self, audio):
        return self.layer(audio[:, None]).mean(dim=2)


def test_the_example_of_a_model_of_ones_own_runs(repository, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    (tmp_path / "my_model.py").write_text(code)
    torch.jit.script(Tiny()).save(tmp_path / "model.pt")
    entry = {"name": "mine", "file": str(tmp_path / "my_model.py"), "weights": str(tmp_path / "model.pt")}
    embedder = hear.load(entry | {"use": "scene", "longest_s": 30}, "cpu")
    frames = embedder.forward(np.ones((1, 16_000), np.float32))
    assert frames.shape == (1, 1, 512)


def test_what_the_readme_links_to_is_there(repository):
    for link in re.findall(r"\]\(((?!https?:)[^)#]+)\)", (repository / "README.md").read_text()):
        assert (repository / link).exists(), link
