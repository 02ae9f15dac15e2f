"""Check one embedder: shape, determinism, odd audio, behaviour, cost."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.embedding import check, families
    from soundcheck.embedding.job import load_embedder
    from soundcheck.plumbing.devices import device_of
    from soundcheck.plumbing.logs import tell

    params, name = snakemake.params, snakemake.wildcards.embedder
    weights = inputs.named("weights")
    frameworks = families.family_of(params.embedder).FRAMEWORKS
    on_gpu = device_of(bool(snakemake.resources.get("gpu", 0)), frameworks) == "cuda"
    outcomes = check.check(
        name,
        lambda device: load_embedder(name, params.embedder, weights, params.sha256, device),
        check.Declared(params.sample_rate, params.dimension),
        ("cuda", "cpu") if on_gpu else ("cpu",),
    )
    tell(check.summary(name, outcomes))
    check.write(name, outcomes, outputs[0])
