"""One table in four formats."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import rendering, results, tables
    from soundcheck.files import atomic

    params, wildcards = snakemake.params, snakemake.wildcards
    table = tables.build(
        results.read_evaluation(snakemake.input.results, wildcards.dataset, wildcards.task, wildcards.split),
        wildcards.preset,
        list(params.metrics),
        tables.Order(**params.order),
        params.title,
        params.synthetic,
    )
    for name, render in {
        "csv": rendering.to_csv,
        "md": rendering.to_markdown,
        "tex": rendering.to_latex,
        "html": rendering.to_html,
        "txt": rendering.to_text,
    }.items():
        with atomic(snakemake.output[name]) as path:
            path.write_text(render(table), encoding="utf-8")
