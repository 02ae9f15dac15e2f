"""What the parts of a split share, lack and hold; an overlap that makes scores worthless stops here."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from pathlib import Path

    from soundcheck.datasets import audit, sources

    params, wildcards = snakemake.params, snakemake.wildcards
    found = audit.audit(
        snakemake.input.split,
        snakemake.input.tracks,
        snakemake.input.fingerprints,
        snakemake.input.duplicates,
        list(params.allow_overlap),
        sources.published_counts(params.module),
    )
    print(*audit.summary(found) or ["nothing found"], sep="\n")
    # Snakemake removes the outputs of a job that fails; this file, with all that stopped it, stays.
    stopped = Path(snakemake.output[0]).with_suffix(".stopped.csv")
    stopped.unlink(missing_ok=True)
    if any(finding.verdict == audit.STOP for finding in found):
        audit.write(found, stopped)
    name = f"dataset '{wildcards.dataset}', task '{wildcards.task}', split '{wildcards.split}'"
    audit.stop_if_leaking(found, name, stopped)
    audit.write(found, snakemake.output[0])
