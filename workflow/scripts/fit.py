"""Fit a probe on clean embeddings."""

from soundcheck.threads import single_threaded

single_threaded()

import logging
import sys

log = open(snakemake.log[0], "w", buffering=1)  # noqa: SIM115
sys.stdout = sys.stderr = log
logging.basicConfig(stream=log, level=logging.INFO, format="%(message)s")

import torch

from soundcheck.fitting import fit_probe

wants_gpu = bool(snakemake.resources.get("gpu"))
fit_probe(
    snakemake.input.embeddings,
    snakemake.input.split,
    dict(snakemake.params.probe),
    snakemake.output.model,
    snakemake.output.history,
    snakemake.output.tensorboard,
    device="cuda" if wants_gpu and torch.cuda.is_available() else "cpu",
)
