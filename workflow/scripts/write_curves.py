"""The course of training as TensorBoard's event files."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.probing.history import read_history, write_tensorboard

    for probe, path in zip(snakemake.params.probes, inputs.histories, strict=True):
        write_tensorboard(read_history(path), f"{outputs[0]}/{probe}")
