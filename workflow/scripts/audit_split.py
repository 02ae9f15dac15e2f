"""What the parts of a split share, lack and hold; an overlap that makes scores worthless stops here."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.datasets import audit, sources

    params, wildcards = snakemake.params, snakemake.wildcards
    found = audit.audit(
        inputs.split,
        inputs.tracks,
        inputs.fingerprints,
        inputs.duplicates,
        list(params.allow_overlap),
        sources.published_counts(params.module),
    )
    print(*audit.summary(found) or ["nothing found"], sep="\n")
    name = f"dataset '{wildcards.dataset}', task '{wildcards.task}', split '{wildcards.split}'"
    audit.write_or_stop(found, outputs[0], name)
