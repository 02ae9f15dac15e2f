"""The robustness figure: a metric under each condition, a line an embedder."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import figures, results
    from soundcheck.tables import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    figure = figures.robustness(
        results.read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        params.metric,
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    figures.save(figure, snakemake.output[0])
