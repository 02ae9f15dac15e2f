"""The page of versions: Soundcheck, Python, packages, machine."""

import os
import platform
import sys
from collections import Counter
from collections.abc import Mapping
from importlib import metadata as distributions
from typing import Any

from soundcheck import __version__, parquet
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.provenance import OF_THE_ANALYSIS, commit, kernels, processor
from soundcheck.presenting.html import definitions, document, folded, heading, listing, paragraph
from soundcheck.presenting.pages import Page
from soundcheck.presenting.wording import sentence_list


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """Software and machine of the analysis, and what each embedder's vectors were made with.

    Files: `embeddings`, all files of vectors; where an embedder's were made in several ways, each is shown.
    """
    embeddings = [parquet.metadata(path) for path in files["embeddings"]]
    installed = {each.name: each.version for each in distributions.distributions() if each.name}
    facts = [
        ("Soundcheck", __version__ + (f", commit {commit()}" if commit() else "")),
        ("Python", sys.version.split()[0]),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Processor", f"{processor()}, {plural(os.cpu_count() or 1, 'core')}"),
        ("Instructions in use", _listed(kernels())),
    ]
    known = {name.lower().replace("_", "-"): version for name, version in installed.items()}
    used = [(name, known[name.replace("_", "-")]) for name in OF_THE_ANALYSIS if name.replace("_", "-") in known]
    body = [
        paragraph(
            "The environment of the analysis: scores, tables, figures. Embedders may run in others of their own."
        ),
        definitions(facts),
        heading("Packages"),
        listing(["Package", "Version"], used),
        folded(
            f"All {len(installed)} installed packages",
            listing(["Package", "Version"], sorted(installed.items(), key=lambda item: item[0].lower())),
        ),
    ]
    if embeddings:
        made = Counter((each["embedder"], *map(_listed, _makers(each))) for each in embeddings)
        mixed = sorted(name for name, count in Counter(row[0] for row in made).items() if count > 1)
        body.append(heading("Embedders"))
        if mixed:
            body.append(
                paragraph(
                    f"A mixture: {sentence_list(mixed)} made embeddings in more than one way. Conditions may differ by "
                    "that alone. `--config rerun_on_upgrade=true` makes again what other versions made."
                )
            )
        columns = [
            "Embedder",
            "Versions that its embeddings were made with",
            "Processor",
            "Instructions in use",
            "Files",
        ]
        body.append(listing(columns, [(*row, made[row]) for row in sorted(made)]))
    return Page(document("Versions", body))


def _makers(metadata: dict[str, Any]) -> tuple[dict[str, str] | str, ...]:
    """What an embedding was made with: versions, processor, instructions."""
    return metadata.get("versions", {}), metadata.get("processor", ""), metadata.get("kernels", {})


def _listed(versions: dict[str, str] | str) -> str:
    if isinstance(versions, str):
        return versions
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
