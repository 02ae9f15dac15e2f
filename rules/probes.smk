# From vectors to predictions and scores: train each probe on clean embeddings, test it in each condition.


rule fit_probe:
    input:
        embeddings=EMBEDDINGS.replace("{deformation}", CLEAN),
        split=SPLIT,
        # The audit has to pass first. Not as an ancient file: a run that is resumed would forget all that waits for it.
        audit=AUDIT,
    output:
        model=directory(MODEL),
        history=f"{PROBE}/history.csv",
        tensorboard=directory(f"{PROBE}/tensorboard"),
    log:
        "logs/fit_probe/{dataset}/{task}/{split}/{embedder}/{probe}.log",
    benchmark:
        "benchmarks/fit_probe/{dataset}/{task}/{split}/{embedder}/{probe}.tsv"
    conda:
        "../envs/analysis.yaml"
    # With more (--set-threads fit_probe=3) each trains some of the seeds, which pays where there is much to train on.
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=240,
    params:
        probe=probe_parameters,
        code=lambda wildcards: source_digest(
            "scripts/fit_probe.py",
            fitting_module(task_type_of(wildcards)),
            *KINDS[kind_of(wildcards)].modules,
            *map(module_of, watched_metrics(task_type_of(wildcards), probe_parameters(wildcards))),
        ),
    script:
        "../workflow/scripts/fit_probe.py"


rule score_probe:
    input:
        embeddings=EMBEDDINGS,
        split=SPLIT,
        model=MODEL,
    output:
        predictions=PREDICTIONS,
        scores=SCORES,
    log:
        "logs/score_probe/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.log",
    benchmark:
        "benchmarks/score_probe/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        metrics=metrics_of,
        own_metrics=own_metrics,
        task_type=task_type_of,
        kind=kind_of,
        resamples=settings.resamples,
        seed=settings.seed,
        code=lambda wildcards: source_digest(
            "scripts/score_probe.py",
            predicting_module(task_type_of(wildcards)),
            KINDS[kind_of(wildcards)].module,
            *map(module_of, metrics_of(wildcards)),
        ),
    script:
        "../workflow/scripts/score_probe.py"
