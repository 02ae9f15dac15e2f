"""Confusion matrices; for tasks with several labels, which have none, the metric of each label."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import figures, results
    from soundcheck.tables import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    draw = figures.per_label if params.several_labels else figures.confusion
    figure = draw(
        results.read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    figures.save(figure, snakemake.output[0])
