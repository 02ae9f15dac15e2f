# Trained on one dataset, tested on another: their files joined into those of one dataset.


rule joined_tracks:
    input:
        lambda wildcards: of_parts(TRACKS, wildcards),
    output:
        TRACKS,
    log:
        "<logs>/joined_tracks/{dataset}.log",
    benchmark:
        "<benchmarks>/joined_tracks/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        datasets=parts_of,
        folders=lambda wildcards: [part.folder for part in dataset_of(wildcards).parts],
        code=source_digest("datasets.joining"),
    script:
        "../workflow/scripts/joined_tracks.py"


rule joined_split:
    input:
        trained=lambda wildcards: SPLIT.format(**dict(wildcards) | {"dataset": parts_of(wildcards)[0]}),
        tested=lambda wildcards: SPLIT.format(
            **dict(wildcards) | {"dataset": parts_of(wildcards)[1], "split": EVERYTHING}
        ),
    output:
        SPLIT,
    log:
        "<logs>/joined_split/{dataset}/{task}/{split}.log",
    benchmark:
        "<benchmarks>/joined_split/{dataset}/{task}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        datasets=parts_of,
        code=source_digest("datasets.joining"),
    script:
        "../workflow/scripts/joined_split.py"


rule joined_embedding:
    input:
        embeddings=lambda wildcards: embedded_parts_of(EMBEDDINGS, wildcards),
        audio=lambda wildcards: embedded_parts_of(AUDIO, wildcards),
    output:
        embeddings=EMBEDDINGS,
        audio=AUDIO,
    log:
        "<logs>/joined_embedding/{dataset}/{deformation}/{embedder}.log",
    benchmark:
        "<benchmarks>/joined_embedding/{dataset}/{deformation}/{embedder}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.joined),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        datasets=lambda wildcards: parts_of(wildcards)[-len(embedded_parts_of(AUDIO, wildcards)) :],
        code=source_digest("embedding.joining"),
    script:
        "../workflow/scripts/joined_embedding.py"
