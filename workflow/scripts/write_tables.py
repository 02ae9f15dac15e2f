"""The tables of one evaluation, each in every format."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import evaluation, formats, tables
    from soundcheck.presenting.wording import Order

    params, wildcards = snakemake.params, snakemake.wildcards
    results = evaluation.read_evaluation(inputs.results, wildcards.dataset, wildcards.task, wildcards.split)
    order = Order(**params.order)
    for place, preset in enumerate(params.presets):
        table = tables.build(results, preset, list(params.metrics), order, params.title, params.synthetic)
        for name, render in formats.FORMATS.items():
            with atomic(outputs.named(name)[place]) as path:
                path.write_text(render(table), encoding="utf-8")
