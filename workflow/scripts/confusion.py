"""Confusion matrices; for tasks with several labels, which have none, the metric of each label."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.presenting.evaluation import read_evaluation
    from soundcheck.presenting.figures.confusion import confusion
    from soundcheck.presenting.figures.per_label import per_label
    from soundcheck.presenting.figures.style import save
    from soundcheck.presenting.wording import Order

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
