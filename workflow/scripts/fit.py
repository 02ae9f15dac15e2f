"""Fit a probe on clean embeddings."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    import torch

    from soundcheck.probing.fitting import fit_probe
    from soundcheck.probing.kinds import KINDS

    parameters = dict(snakemake.params.probe)
    wants_gpu = bool(snakemake.resources.get("gpu"))
    fit_probe(
        snakemake.input.embeddings,
        snakemake.input.split,
        parameters,
        KINDS[parameters["kind"]].path(snakemake.output.model),
        snakemake.output.history,
        snakemake.output.tensorboard,
        threads=snakemake.threads,
        device="cuda" if wants_gpu and torch.cuda.is_available() else "cpu",
    )
