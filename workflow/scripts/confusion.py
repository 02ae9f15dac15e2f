"""Confusion matrices; for tasks with several labels, which have none, the metric of each label."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.display import Order
    from soundcheck.figures.confusion import confusion
    from soundcheck.figures.per_label import per_label
    from soundcheck.figures.style import save
    from soundcheck.results import read_evaluation

    params, wildcards = snakemake.params, snakemake.wildcards
    draw = per_label if params.several_labels else confusion
    figure = draw(
        read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    save(figure, snakemake.output[0])
