"""README and manual: the example of your own model runs as it stands, and all links lead somewhere."""

import re

import numpy as np
import torch
import yaml

from soundcheck.configuration import catalogue
from soundcheck.configuration.read import read
from soundcheck.embedding.families import hear


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv1d(1, 512, 400, 160)

    def forward(self, audio):
        return self.layer(audio[:, None]).mean(dim=2)


def test_the_example_of_your_own_model_runs(repository, tmp_path):
    page = repository / "docs" / "configuration" / "own-models.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    (tmp_path / "my_model.py").write_text(code)
    torch.jit.script(Tiny()).save(tmp_path / "model.pt")
    entry = {"name": "mine", "file": str(tmp_path / "my_model.py"), "weights": str(tmp_path / "model.pt")}
    embedder = hear.load(entry | {"use": "scene", "longest_s": 30}, "cpu")
    frames = embedder.forward(np.ones((1, 16_000), np.float32))
    assert frames.shape == (1, 1, 512)


def _anchors(page):
    """The anchors that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere(repository):
    pages = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md"), repository / "config" / "README.md"]
    broken = []
    for page in pages:
        for link in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists() or (anchor and anchor not in _anchors(target)):
                broken.append(f"{page.relative_to(repository)}: {link}")
    assert broken == []


def test_the_readme_fits_on_three_screens(repository):
    lines = (repository / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_the_configuration_in_the_readme_is_one(repository, tmp_path, monkeypatch):
    (example,) = re.findall(r"```yaml\n(.*?)```", (repository / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_model.py").write_text("")
    (tmp_path / "step10000.pt").write_text("")
    raw = yaml.safe_load(example.replace("/data/my_audio", str(tmp_path)))
    (experiment,) = read(raw, catalogue.load(repository)).experiments
    assert [embedder.name for embedder in experiment.embedders] == ["crepe-tiny", "mine"]
