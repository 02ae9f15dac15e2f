"""What each condition did to the audio, measured."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    with atomic(snakemake.output[0]) as path:
        audio = zip(snakemake.params.cells, snakemake.input.audio, strict=True)
        path.write_text(pages.audio_conditions(audio), encoding="utf-8")
