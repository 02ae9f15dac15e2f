"""Confusion matrices; for a multilabel task, which has none, the metric of each label."""

from soundcheck import figures, results
from soundcheck.tables import Order

params = snakemake.params
draw = figures.per_label if params.task_type == "multilabel" else figures.confusion
figure = draw(
    results.read_evaluation(snakemake.input.results, params.dataset, params.task, params.split),
    params.metric,
    Order(**params.order),
    params.title,
    params.synthetic,
)
figures.save(figure, snakemake.output[0])
