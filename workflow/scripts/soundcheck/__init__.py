"""Soundcheck: evaluation of music audio representations.

The library behind the workflow's scripts. It knows nothing of Snakemake, and a module imports a heavy package (torch,
tensorflow, essentia, transformers) only where it needs it, so that every job starts fast and every per-model
environment can import the rest.
"""

__version__ = "0.1.0"
