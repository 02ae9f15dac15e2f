"""Digests and fingerprints of a dataset's audio, and the near-duplicates among them."""

import os

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.audio import duplicates, fingerprints

    tracks = parquet.read(inputs.tracks, ["track_id", "path", "left_out"]).to_pylist()
    usable = [(track["track_id"], track["path"]) for track in tracks if track["left_out"] is None]
    output = outputs.fingerprints
    left_out = fingerprints.write_fingerprints(usable, snakemake.params.dir, output, snakemake.threads)
    for track_id, reason in left_out.items():
        print(f"{track_id} cannot be compared: {reason}")
    files = [os.path.join(snakemake.params.dir, path) for _, path in usable]
    found = duplicates.near_duplicates(output, files)
    print(f"{len(usable) - len(left_out)} of {len(tracks)} tracks compared, {len(found)} pairs are near-duplicates")
    duplicates.write(found, outputs.duplicates)
