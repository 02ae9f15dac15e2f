# From vectors to scores: train each probe on clean embeddings, test it in each condition.


rule fit:
    input:
        embeddings=EMBEDDINGS.replace("{deformation}", CLEAN),
        split=SPLIT,
        # The audit has to pass first. Not as an ancient file: a run that is resumed would forget all that waits for it.
        audit=AUDIT,
    output:
        model=directory(MODEL),
        history="<results>/probes/{dataset}/{task}/{split}/{embedder}/{probe}/history.csv",
        tensorboard=directory("<results>/probes/{dataset}/{task}/{split}/{embedder}/{probe}/tensorboard"),
    log:
        "<logs>/fit/{dataset}/{task}/{split}/{embedder}/{probe}.log",
    benchmark:
        "<benchmarks>/fit/{dataset}/{task}/{split}/{embedder}/{probe}.tsv"
    conda:
        "../envs/analysis.yaml"
    # With more (--set-threads fit=3) each trains some of the seeds, which pays where there is much to train on.
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=240,
    params:
        probe=probe_parameters,
        task_type=task_type_of,
        code=lambda wildcards: source_digest(*fitting_modules(wildcards)),
    script:
        "../workflow/scripts/fit.py"


rule score:
    input:
        embeddings=EMBEDDINGS,
        split=SPLIT,
        model=MODEL,
        metrics=metric_files,
    output:
        predictions="<results>/predictions/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.parquet",
        scores=SCORES,
    log:
        "<logs>/score/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.log",
    benchmark:
        "<benchmarks>/score/{dataset}/{task}/{split}/{deformation}/{embedder}/{probe}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        metrics=metrics_of,
        task_type=task_type_of,
        kind=kind_of,
        resamples=settings.resamples,
        seed=settings.seed,
        code=lambda wildcards: source_digest(*scoring_modules(wildcards)),
    script:
        "../workflow/scripts/score.py"
