"""Check one embedder: shape, determinism, odd audio, behaviour, cost."""

import sys

# Snakemake appends its own packages to the path; a model's environment must see only its own.
sys.path[:] = [path for path in sys.path if "site-packages" not in path or path.startswith(sys.prefix)]

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import checking, embedding

    params, name = snakemake.params, snakemake.wildcards.embedder
    weights = list(snakemake.input.get("weights", []))
    on_gpu = embedding.device_of(bool(snakemake.resources.get("gpu", 0))) == "cuda"
    outcomes = checking.check(
        name,
        lambda device: embedding.load_embedder(name, params.embedder, weights, params.sha256, device),
        checking.Declared(params.sample_rate, params.dimension),
        ("cuda", "cpu") if on_gpu else ("cpu",),
    )
    checking.write(name, outcomes, snakemake.output[0])
