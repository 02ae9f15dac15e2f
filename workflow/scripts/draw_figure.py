"""A figure of one evaluation."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.presenting import figures
    from soundcheck.presenting.evaluation import read_evaluation
    from soundcheck.presenting.wording import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    figures.write(
        params.figure,
        snakemake.output[0],
        read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
