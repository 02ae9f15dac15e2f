"""Writes the generated tables of the manual into its pages: `make docs`, or `python docs/generate.py`.

A page says where a table belongs, and the table is what stands between the two comments:

    <!-- keys of dataset -->                   all keys of that definition in workflow/schemas/config.schema.yaml
    <!-- keys of embedder: name like hop_s --> these keys alone
    <!-- keys of the file -->                  the keys of the top level
    <!-- datasets -->, <!-- embedders -->      the catalogues
    <!-- metrics -->                           what is known of them
    <!-- end -->
"""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from soundcheck.configuration import catalogue  # noqa: E402
from soundcheck.datasets import sources  # noqa: E402
from soundcheck.scoring.metrics import METRICS  # noqa: E402

_BLOCK = re.compile(r"(<!-- ((?:keys of|datasets|embedders|metrics)[^>]*?) -->\n).*?(<!-- end -->)", re.DOTALL)
_KEYS = re.compile(r"keys of (?P<definition>[a-z_ ]+?)(?:: (?P<keys>[a-z_ ]+))?$")


def pages() -> list[Path]:
    """The pages of the manual."""
    return sorted((REPOSITORY / "docs").rglob("*.md"))


def generated(text: str, known: catalogue.Catalog) -> str:
    """The text of a page with its tables made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_table(block[2], known)}\n{block[3]}", text)


def documented(text: str, known: catalogue.Catalog) -> list[tuple[str, str]]:
    """Definition and key of every row of the tables of keys on a page."""
    blocks = [block[2] for block in _BLOCK.finditer(text) if block[2].startswith("keys")]
    return [(definition, key) for block in blocks for definition, key, *_ in _described_keys(block, known)]


def _table(what: str, known: catalogue.Catalog) -> str:
    if what == "datasets":
        return _markdown(("name", "what", "tasks, and their published splits", "groups", "licence"), _datasets(known))
    if what == "embedders":
        heads = ("name", "what", "rate (Hz)", "window (s)", "size", "licence of weights", "of code")
        return _markdown(heads, _embedders(known))
    if what == "metrics":
        return _markdown(("name", "also", "task", "title", "better", "value"), _metrics())
    rows = [
        (f"`{key}`", _default(item, required), item["description"].strip())
        for _, key, item, required in _described_keys(what, known)
    ]
    return _markdown(("key", "default", "meaning"), rows)


def _described_keys(what: str, known: catalogue.Catalog) -> list[tuple[str, str, dict, bool]]:
    """Definition, key, description and whether it is required. Raises KeyError for a key that the schema has not."""
    definition, keys = _KEYS.match(what).group("definition", "keys")
    schema = known.schema if definition == "the file" else known.schema["$defs"][definition]
    names = keys.split() if keys else list(schema["properties"])
    return [(definition, key, schema["properties"][key], key in schema["required"]) for key in names]


def _default(item: dict, required: bool) -> str:
    if "x-default" in item:
        return item["x-default"]
    if required:
        return "required"
    value = item["default"]
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list | dict):
        return f"`{value}`".replace("'", "")
    # As a researcher writes it: 1.0e-05 is 1.0e-5.
    return f"`{value:.1e}`".replace("e-0", "e-") if isinstance(value, float) and value < 0.01 else f"`{value}`"


def _datasets(known: catalogue.Catalog) -> list[tuple[str, ...]]:
    rows = []
    for name, entry in known.datasets.items():
        published = entry.get("splits", {})
        tasks = [task + (f" ({', '.join(published[task])})" if task in published else "") for task in entry["tasks"]]
        module, options = sources.load(entry["module"]), entry.get("options")
        licence = sources.about(module, options)["licence"] if options else module.LICENSE
        rows.append((f"`{name}`", entry["title"], ", ".join(tasks) or "any", entry["group"] or "–", licence))
    return rows


def _embedders(known: catalogue.Catalog) -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`",
            entry["title"],
            str(entry["sample_rate"]),
            f"{entry['window_s']:g}" if entry.get("window_s") else "–",
            str(entry["dimension"]),
            entry["licence_weights"],
            entry["licence_code"],
        )
        for name, entry in known.published.items()
    ]


def _metrics() -> list[tuple[str, ...]]:
    better = {True: "higher", False: "lower", None: "–"}
    return [
        (
            f"`{name}`",
            ", ".join(f"`{other}`" for other in metric.synonyms),
            metric.task,
            f"{metric.title}{', %' if metric.percent else ''}",
            better[metric.higher_is_better],
            metric.description,
        )
        for name, metric in METRICS.items()
    ]


def _markdown(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [" | ".join(row) for row in (heads, ("---",) * len(heads), *rows)]
    return "".join(f"| {line} |\n" for line in lines)


if __name__ == "__main__":
    known = catalogue.load(REPOSITORY)
    for page in pages():
        page.write_text(generated(page.read_text(encoding="utf-8"), known), encoding="utf-8")
