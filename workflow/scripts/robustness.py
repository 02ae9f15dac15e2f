"""The robustness figure: a metric under each condition, a line an embedder."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.presenting.evaluation import read_evaluation
    from soundcheck.presenting.figures.robustness import robustness
    from soundcheck.presenting.figures.style import save
    from soundcheck.presenting.wording import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    figure = robustness(
        read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    save(figure, snakemake.output[0])
