"""Cut layers out of embeddings that have them all."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    import shutil

    from soundcheck.embedding.layers import cut_layers

    cut_layers(inputs.embeddings, snakemake.params.layers, outputs.embeddings)
    shutil.copyfile(inputs.audio, outputs.audio)
