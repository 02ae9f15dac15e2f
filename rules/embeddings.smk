# From audio to vectors: each dataset in each scenario through each embedder; and audio to listen to.


rule embedding:
    input:
        tracks="<results>/tracks/{dataset}.parquet",
        splits=splits_to_embed,
        model_files=lambda wildcards: embedder_of(wildcards).files,
        sound_files=lambda wildcards: plan.scenarios[wildcards.deformation].files,
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "<logs>/embedding/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "<benchmarks>/embedding/{dataset}/{deformation}/{embedder}.tsv"
    conda:
        lambda wildcards: f"../envs/{embedder_of(wildcards).env}.yaml"
    threads: lambda wildcards: embedder_of(wildcards).threads
    resources:
        gpu=lambda wildcards: embedder_of(wildcards).gpu,
        mem_mb=6000,
        runtime=720,
    params:
        dir=lambda wildcards: dataset_of(wildcards).folder,
        transforms=lambda wildcards: plan.scenarios[wildcards.deformation].transforms,
        embedder=lambda wildcards: embedder_of(wildcards).entry,
        parts=embedded_parts,
        seed=settings.seed,
        code=lambda wildcards: source_digest("embedding", f"embedders.{embedder_of(wildcards).entry['family']}"),
    script:
        "../workflow/scripts/embedding.py"


rule listening:
    input:
        tracks="<results>/tracks/{dataset}.parquet",
        sound_files=lambda wildcards: plan.scenarios[wildcards.deformation].files,
    output:
        directory("<results>/listen/{dataset}/{deformation}"),
    log:
        "<logs>/listening/{dataset}/{deformation}.log",
    benchmark:
        "<benchmarks>/listening/{dataset}/{deformation}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        dir=lambda wildcards: dataset_of(wildcards).folder,
        transforms=lambda wildcards: plan.scenarios[wildcards.deformation].transforms,
        n_tracks=settings.listen,
        seed=settings.seed,
        code=source_digest("listening"),
    script:
        "../workflow/scripts/listening.py"
