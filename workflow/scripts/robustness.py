"""The robustness figure: a metric under each condition, a line an embedder."""

from soundcheck import figures, results
from soundcheck.tables import Order

params = snakemake.params
figure = figures.robustness(
    results.read_evaluation(snakemake.input.results, params.dataset, params.task, params.split),
    params.metric,
    Order(**params.order),
    params.title,
    params.synthetic,
)
figures.save(figure, snakemake.output[0])
