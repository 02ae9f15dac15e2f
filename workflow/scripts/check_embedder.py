"""Check one embedder: shape, determinism, odd audio, behaviour, cost."""

import sys

# Snakemake appends its own packages to the path; a model's environment must see only its own.
sys.path[:] = [path for path in sys.path if "site-packages" not in path or path.startswith(sys.prefix)]

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.embedding import check
    from soundcheck.embedding.job import device_of, load_embedder

    params, name = snakemake.params, snakemake.wildcards.embedder
    weights = list(snakemake.input.get("weights", []))
    on_gpu = device_of(bool(snakemake.resources.get("gpu", 0))) == "cuda"
    outcomes = check.check(
        name,
        lambda device: load_embedder(name, params.embedder, weights, params.sha256, device),
        check.Declared(params.sample_rate, params.dimension),
        ("cuda", "cpu") if on_gpu else ("cpu",),
    )
    check.write(name, outcomes, snakemake.output[0])
