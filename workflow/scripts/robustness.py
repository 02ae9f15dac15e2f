"""The robustness figure: a metric under each condition, a line an embedder."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.display import Order
    from soundcheck.figures.robustness import robustness
    from soundcheck.figures.style import save
    from soundcheck.results import read_evaluation

    params, wildcards = snakemake.params, snakemake.wildcards
    figure = robustness(
        read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    save(figure, snakemake.output[0])
