"""The page of versions: Soundcheck, Python, packages, machine."""

import os
import platform
import sys
from importlib import metadata as distributions
from pathlib import Path

from soundcheck import __version__
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.provenance import OF_THE_ANALYSIS
from soundcheck.presenting.html import definitions, document, folded, heading, listing, paragraph


def versions(commit: str = "", environments: dict[str, dict[str, str]] | None = None) -> str:
    """Software and machine of the analysis; `environments`: embedder -> {package: version} of its own environment."""
    installed = {each.name: each.version for each in distributions.distributions() if each.name}
    facts = [
        ("Soundcheck", __version__ + (f", commit {commit}" if commit else "")),
        ("Python", sys.version.split()[0]),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Processor", f"{processor()}, {plural(os.cpu_count() or 1, 'core')}"),
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
    if environments:
        body.append(heading("Embedders"))
        rows = [
            (embedder, ", ".join(f"{package} {version}" for package, version in sorted(packages.items())))
            for embedder, packages in sorted(environments.items())
        ]
        body.append(listing(["Embedder", "Versions that its embeddings were made with"], rows))
    return document("Versions", "\n".join(body))


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
