"""The configuration of this run, as a page of the report."""

from pathlib import Path

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    files = {Path(path).name: Path(path).read_text(encoding="utf-8") for path in snakemake.input.get("configfiles", [])}
    with atomic(snakemake.output[0]) as path:
        path.write_text(pages.configuration(snakemake.params.config, files), encoding="utf-8")
