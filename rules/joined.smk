# Trained on one dataset, tested on another: their files joined into those of one dataset.


rule join_tracks:
    input:
        lambda wildcards: of_parts(TRACKS, wildcards),
    output:
        TRACKS,
    log:
        "logs/join_tracks/{dataset}.log",
    benchmark:
        "benchmarks/join_tracks/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    params:
        datasets=lambda wildcards: plan.joined_parts(wildcards.dataset),
        folders=lambda wildcards: [part.folder for part in dataset_of(wildcards).parts],
        code=source_digest("scripts/join_tracks.py"),
    script:
        "../workflow/scripts/join_tracks.py"


rule join_splits:
    input:
        trained=lambda wildcards: of_parts(SPLIT, wildcards)[0],
        tested=lambda wildcards: of_parts(SPLIT.replace("{split}", EVERYTHING), wildcards)[1],
    output:
        SPLIT,
    log:
        "logs/join_splits/{dataset}/{task}/{split}.log",
    benchmark:
        "benchmarks/join_splits/{dataset}/{task}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    params:
        datasets=lambda wildcards: plan.joined_parts(wildcards.dataset),
        code=source_digest("scripts/join_splits.py"),
    script:
        "../workflow/scripts/join_splits.py"


rule join_embeddings:
    input:
        embeddings=lambda wildcards: of_parts(EMBEDDINGS, wildcards),
        audio=lambda wildcards: of_parts(AUDIO, wildcards),
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "logs/join_embeddings/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "benchmarks/join_embeddings/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000, of_inputs=3),
        runtime=growing(30),
    params:
        datasets=lambda wildcards: plan.joined_parts(wildcards.dataset, wildcards.deformation),
        code=source_digest("scripts/join_embeddings.py"),
    script:
        "../workflow/scripts/join_embeddings.py"
