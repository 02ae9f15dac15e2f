"""Cut layers out of embeddings that have them all."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    import shutil

    from soundcheck.embedding.layers import cut_layers

    cut_layers(snakemake.input.embeddings, snakemake.params.layers, snakemake.output.embeddings)
    shutil.copyfile(snakemake.input.audio, snakemake.output.audio)
