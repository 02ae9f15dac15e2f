"""Fit a probe on clean embeddings."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.plumbing.devices import device_of
    from soundcheck.probing.fitting import fit_probe
    from soundcheck.probing.kinds import KINDS

    parameters = dict(snakemake.params.probe)
    fit_probe(
        inputs.embeddings,
        inputs.split,
        parameters,
        KINDS[parameters["kind"]].path(outputs.model),
        outputs.history,
        outputs.tensorboard,
        threads=snakemake.threads,
        device=device_of(bool(snakemake.resources.get("gpu", 0))),
    )
