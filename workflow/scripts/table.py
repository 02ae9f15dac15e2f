"""One table in every format."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import rendering, results, tables
    from soundcheck.display import Order
    from soundcheck.files import atomic

    params, wildcards = snakemake.params, snakemake.wildcards
    table = tables.build(
        results.read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        wildcards.preset,
        list(params.metrics),
        Order(**params.order),
        params.title,
        params.synthetic,
    )
    for name, render in rendering.FORMATS.items():
        with atomic(snakemake.output[name]) as path:
            path.write_text(render(table), encoding="utf-8")
