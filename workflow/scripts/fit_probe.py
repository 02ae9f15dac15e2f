"""Fit a probe on clean embeddings."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.devices import device_of
    from soundcheck.probing.fitting import fit_probe
    from soundcheck.probing.kinds import KINDS

    parameters = dict(snakemake.params.probe)
    fit_probe(
        snakemake.input.embeddings,
        snakemake.input.split,
        parameters,
        KINDS[parameters["kind"]].path(snakemake.output.model),
        snakemake.output.history,
        snakemake.output.tensorboard,
        threads=snakemake.threads,
        device=device_of(bool(snakemake.resources.get("gpu", 0))),
    )
