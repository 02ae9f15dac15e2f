"""Fit a probe on clean embeddings."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    import torch

    from soundcheck.probing.fitting import fit_probe
    from soundcheck.tasks import TASK_TYPES

    if TASK_TYPES[snakemake.params.task_type].has_times:
        from soundcheck.probing.event_fitting import of_frames as fold_fitter
    else:
        from soundcheck.probing.fitting import of_tracks as fold_fitter

    wants_gpu = bool(snakemake.resources.get("gpu"))
    fit_probe(
        snakemake.input.embeddings,
        snakemake.input.split,
        dict(snakemake.params.probe),
        snakemake.output.model,
        snakemake.output.history,
        snakemake.output.tensorboard,
        threads=snakemake.threads,
        fold_fitter=fold_fitter,
        device="cuda" if wants_gpu and torch.cuda.is_available() else "cpu",
    )
