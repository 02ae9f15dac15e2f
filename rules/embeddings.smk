# From audio to vectors: each dataset in each scenario through each embedder; and audio to listen to.


rule download_weights:
    output:
        WEIGHTS,
    log:
        "logs/download_weights/{file}.log",
    benchmark:
        "benchmarks/download_weights/{file}.tsv"
    wildcard_constraints:
        file=one_of(plan.weights),
    retries: 1
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    # No `code`: nothing but plumbing brings a file here, and its digest says what it must be.
    params:
        url=lambda wildcards: plan.weights[wildcards.file].url,
        sha256=lambda wildcards: plan.weights[wildcards.file].sha256 if settings.check_weights else "",
        embedders=lambda wildcards: plan.whose_weights(wildcards.file),
        get_weights=lambda wildcards: plan.how_to_get_weights(wildcards.file),
    script:
        "../workflow/scripts/download_weights.py"


# A model is loaded once for all conditions of a dataset. What is there already of the same things is kept, so that a
# change costs what it touches. Where datasets have different conditions, there are several rules of this kind.
for number, conditions in enumerate(plan.embedded_alike, 1):

    rule:
        name:
            numbered("embed_tracks", number)
        input:
            tracks=TRACKS,
            splits=splits_to_embed,
            weights=weights_of,
        output:
            embeddings=[with_names(EMBEDDINGS, deformation=name) for name in conditions],
            audio=[with_names(AUDIO, deformation=name) for name in conditions],
        log:
            "logs/embed_tracks/{dataset}/{embedder}.log",
        benchmark:
            "benchmarks/embed_tracks/{dataset}/{embedder}.tsv"
        wildcard_constraints:
            dataset=followed_by("[^/]+/{embedder}[.][a-z]+$", plan.embedded_alike, conditions),
            embedder=one_of(plan.models),
        conda:
            lambda wildcards: f"../envs/{embedder_of(wildcards).env}.yaml"
        threads: lambda wildcards: embedder_of(wildcards).threads
        resources:
            gpu=lambda wildcards: embedder_of(wildcards).gpu,
            mem_mb=growing(6000),
            runtime=growing(720),
        params:
            entry=lambda wildcards: embedder_of(wildcards).entry,
            conditions=conditions_of,
            splits=splits_to_embed,
            shared=lambda wildcards: {
                "folder": dataset_of(wildcards).folder,
                "seed": settings.seed,
                "audio": audio_of(wildcards),
                "model": own_model(wildcards),
                "code": source_digest("scripts/embed_tracks.py", family_of(wildcards)),
            },
            sha256=lambda wildcards: plan.digests_of_weights(wildcards.embedder),
            # For messages alone: a path is no parameter that Snakemake compares, so that another name reruns nothing.
            called=lambda wildcards: Path(plan.called(wildcards.embedder)),
        script:
            "../workflow/scripts/embed_tracks.py"


# Vectors that were made elsewhere, in the place of an embedder.
rule take_precomputed:
    input:
        tracks=TRACKS,
        splits=splits_to_embed,
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "logs/take_precomputed/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "benchmarks/take_precomputed/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
        embedder=one_of(plan.precomputed),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000, of_inputs=3),
        runtime=growing(60),
    params:
        transforms=lambda wildcards: plan.scenarios[wildcards.deformation].transforms,
        embedder=lambda wildcards: embedder_of(wildcards).entry,
        parts=lambda wildcards: embedded_parts(wildcards.deformation),
        seed=settings.seed,
        vectors=lambda wildcards: identity(home / embedder_of(wildcards).entry["file"]),
        code=source_digest("scripts/take_precomputed.py"),
    script:
        "../workflow/scripts/take_precomputed.py"


rule cut_layers:
    input:
        embeddings=lambda wildcards: of_all_layers(EMBEDDINGS, wildcards),
        audio=lambda wildcards: of_all_layers(AUDIO, wildcards),
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "logs/cut_layers/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "benchmarks/cut_layers/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
        embedder=one_of(plan.cut),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000, of_inputs=3),
        runtime=growing(60),
    params:
        layers=lambda wildcards: list(embedder_of(wildcards).layers),
        code=source_digest("scripts/cut_layers.py"),
    script:
        "../workflow/scripts/cut_layers.py"


rule check_embedder:
    input:
        weights=weights_of,
    output:
        CHECK,
    log:
        "logs/check_embedder/{embedder}.log",
    benchmark:
        "benchmarks/check_embedder/{embedder}.tsv"
    wildcard_constraints:
        embedder=one_of(plan.models),
    conda:
        lambda wildcards: f"../envs/{embedder_of(wildcards).env}.yaml"
    resources:
        gpu=lambda wildcards: embedder_of(wildcards).gpu,
        mem_mb=growing(6000),
        runtime=growing(240),
    params:
        embedder=lambda wildcards: embedder_of(wildcards).entry,
        sha256=lambda wildcards: plan.digests_of_weights(wildcards.embedder),
        sample_rate=lambda wildcards: embedder_of(wildcards).about.get("sample_rate", 0),
        dimension=lambda wildcards: embedder_of(wildcards).declared_dimension,
        model=own_model,
        code=lambda wildcards: source_digest("scripts/check_embedder.py", family_of(wildcards)),
    script:
        "../workflow/scripts/check_embedder.py"


rule render_scenario:
    input:
        tracks=TRACKS,
    output:
        directory(RENDERED),
    log:
        "logs/render_scenario/{dataset}/{deformation}.log",
    benchmark:
        "benchmarks/render_scenario/{dataset}/{deformation}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
    conda:
        "../envs/analysis.yaml"
    resources:
        runtime=60,
    params:
        dir=lambda wildcards: dataset_of(wildcards).folder,
        transforms=lambda wildcards: plan.scenarios[wildcards.deformation].transforms,
        n_tracks=settings.listen,
        seed=settings.seed,
        audio=audio_of,
        sounds=own_sounds,
        code=source_digest("scripts/render_scenario.py"),
    script:
        "../workflow/scripts/render_scenario.py"
