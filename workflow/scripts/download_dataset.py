"""Make a dataset's files present and verified, and record what is there."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    import json

    from soundcheck.datasets import sources
    from soundcheck.plumbing.files import atomic

    params = snakemake.params
    record = sources.provide(params.module, snakemake.wildcards.dataset, params.dir, params.options)
    with atomic(outputs[0]) as temporary:
        temporary.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
