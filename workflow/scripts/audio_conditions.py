"""What each condition did to the audio, measured."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import pages
    from soundcheck.files import atomic

    with atomic(snakemake.output[0]) as path:
        audio = zip(snakemake.params.cells, snakemake.input.audio, strict=True)
        path.write_text(pages.audio_conditions(audio), encoding="utf-8")
