"""Render a few tracks of a dataset as a scenario leaves them, to listen to."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.audio.listening import render

    rendered = render(
        tracks_path=inputs.tracks,
        folder=snakemake.params.dir,
        scenario=snakemake.wildcards.deformation,
        transforms=snakemake.params.transforms,
        count=snakemake.params.n_tracks,
        seed=snakemake.params.seed,
        output=outputs[0],
    )
    print(*rendered, sep="\n")
