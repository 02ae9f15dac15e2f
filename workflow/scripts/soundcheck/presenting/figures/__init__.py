"""Figures of one evaluation (dataset, task, split), as SVG whose bytes depend on the numbers alone."""

import os
import tempfile
from pathlib import Path

# A job's home may not be writable; without a folder of its own, matplotlib warns and rebuilds its cache.
os.environ.setdefault("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / f"soundcheck-matplotlib-{os.getuid()}"))

import matplotlib

matplotlib.use("Agg")
