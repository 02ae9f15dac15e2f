"""The page of versions: Soundcheck, Python, packages, machine."""

import os
import platform
import sys
from importlib import metadata as distributions

from soundcheck import __version__
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.provenance import OF_THE_ANALYSIS, kernels, processor
from soundcheck.presenting.html import definitions, document, folded, heading, listing, paragraph


def versions(commit: str = "", embeddings: list[dict] | None = None) -> str:
    """Software and machine of the analysis, and of the embeddings, whose metadata are given."""
    installed = {each.name: each.version for each in distributions.distributions() if each.name}
    facts = [
        ("Soundcheck", __version__ + (f", commit {commit}" if commit else "")),
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
        body.append(heading("Embedders"))
        rows = [
            (
                made["embedder"],
                _listed(made.get("versions", {})),
                made.get("processor", ""),
                _listed(made.get("kernels", {})),
            )
            for made in sorted(embeddings, key=lambda made: made["embedder"])
        ]
        columns = ["Embedder", "Versions that its embeddings were made with", "Processor", "Instructions in use"]
        body.append(listing(columns, rows))
    return document("Versions", "\n".join(body))


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
