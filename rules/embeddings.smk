# From audio to vectors: each dataset in each scenario through each embedder; and audio to listen to.


rule download_weights:
    output:
        "<models>/{file}",
    log:
        "<logs>/download_weights/{file}.log",
    benchmark:
        "<benchmarks>/download_weights/{file}.tsv"
    wildcard_constraints:
        file=one_of(plan.weights),
    retries: 1
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        url=lambda wildcards: plan.weights[wildcards.file].url,
        sha256=lambda wildcards: plan.weights[wildcards.file].sha256 if settings.check_weights else "",
        embedders=lambda wildcards: whose_weights(wildcards.file),
        get_weights=lambda wildcards: how_to_get_weights(wildcards.file),
    script:
        "../workflow/scripts/download_weights.py"


rule embedding:
    input:
        tracks="<results>/tracks/{dataset}.parquet",
        splits=splits_to_embed,
        weights=weights_of,
        model_files=lambda wildcards: embedder_of(wildcards).files,
        sound_files=lambda wildcards: plan.scenarios[wildcards.deformation].files,
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "<logs>/embedding/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "<benchmarks>/embedding/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=plain_datasets(),
        embedder=one_of(name for name, embedder in plan.embedders.items() if not embedder.is_cut),
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
        sha256=digests_of_weights,
        listing=listing_of_vectors,
        code=lambda wildcards: source_digest("embedding.job", *family_modules(wildcards)),
    script:
        "../workflow/scripts/embedding.py"


rule layers:
    input:
        embeddings=lambda wildcards: of_all_layers(EMBEDDINGS, wildcards),
        audio=lambda wildcards: of_all_layers(AUDIO, wildcards),
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "<logs>/layers/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "<benchmarks>/layers/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=plain_datasets(),
        embedder=one_of(name for name, embedder in plan.embedders.items() if embedder.is_cut),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        layers=lambda wildcards: list(embedder_of(wildcards).layers),
        code=source_digest("embedding.layers"),
    script:
        "../workflow/scripts/layers.py"


rule check_embedder:
    input:
        weights=weights_of,
        model_files=lambda wildcards: embedder_of(wildcards).files,
    output:
        "<results>/checks/{embedder}.csv",
    log:
        "<logs>/check_embedder/{embedder}.log",
    benchmark:
        "<benchmarks>/check_embedder/{embedder}.tsv"
    conda:
        lambda wildcards: f"../envs/{embedder_of(wildcards).env}.yaml"
    resources:
        gpu=lambda wildcards: embedder_of(wildcards).gpu,
        mem_mb=6000,
        runtime=240,
    params:
        embedder=lambda wildcards: embedder_of(wildcards).entry,
        sha256=digests_of_weights,
        sample_rate=lambda wildcards: embedder_of(wildcards).about.get("sample_rate", 0),
        dimension=declared_dimension,
        code=lambda wildcards: source_digest("embedding.check", "embedding.job", *family_modules(wildcards)),
    script:
        "../workflow/scripts/check_embedder.py"


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
    wildcard_constraints:
        dataset=plain_datasets(),
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
        code=source_digest("audio.listening"),
    script:
        "../workflow/scripts/listening.py"
