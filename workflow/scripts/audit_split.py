"""What the parts of a split share, lack and hold; an overlap that makes scores worthless stops here."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.datasets import audit, sources
    from soundcheck.plumbing.logs import tell

    params, wildcards = snakemake.params, snakemake.wildcards
    found = audit.audit(
        inputs.split,
        inputs.tracks,
        inputs.fingerprints,
        inputs.duplicates,
        list(params.allow_overlap),
        sources.published_counts(params.module),
    )
    name = f"dataset '{wildcards.dataset}', task '{wildcards.task}', split '{wildcards.split}'"
    tell(f"audit of {name}: {'; '.join(audit.summary(found)) or 'nothing found'}")
    audit.write_or_stop(found, outputs[0], name)
