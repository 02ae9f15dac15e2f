"""A figure of one evaluation."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.presenting import figures
    from soundcheck.presenting.evaluation import read_evaluation
    from soundcheck.presenting.wording import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    figures.write(
        params.figure,
        outputs[0],
        read_evaluation(inputs.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
