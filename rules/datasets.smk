# From a name to parted tracks: download, list, split.


rule download_dataset:
    output:
        RECORD,
    log:
        "logs/download_dataset/{dataset}.log",
    benchmark:
        "benchmarks/download_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
    retries: 1
    conda:
        "../envs/analysis.yaml"
    resources:
        runtime=720,
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        dir=lambda wildcards: dataset_of(wildcards).folder,
        options=lambda wildcards: dataset_of(wildcards).options,
        code=lambda wildcards: source_digest("scripts/download_dataset.py", *source_of(wildcards)),
    script:
        "../workflow/scripts/download_dataset.py"


rule index_tracks:
    input:
        record=RECORD,
    output:
        TRACKS,
    log:
        "logs/index_tracks/{dataset}.log",
    benchmark:
        "benchmarks/index_tracks/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
    conda:
        "../envs/analysis.yaml"
    threads: 4
    resources:
        runtime=60,
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        dir=lambda wildcards: dataset_of(wildcards).folder,
        options=lambda wildcards: dataset_of(wildcards).options,
        found=found_in,
        code=lambda wildcards: source_digest("scripts/index_tracks.py", *source_of(wildcards)),
    script:
        "../workflow/scripts/index_tracks.py"


rule make_split:
    input:
        tracks=TRACKS,
        fingerprints=lambda wildcards: (
            FINGERPRINTS.format(**wildcards) if dataset_of(wildcards).group_equal_audio else []
        ),
    output:
        SPLIT,
    log:
        "logs/make_split/{dataset}/{task}/{split}.log",
    benchmark:
        "benchmarks/make_split/{dataset}/{task}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(plan.plain_datasets),
    conda:
        "../envs/analysis.yaml"
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        options=lambda wildcards: dataset_of(wildcards).options,
        task_type=task_type_of,
        split=lambda wildcards: plan.split_parameters(wildcards.split),
        allow_overlap=lambda wildcards: [kind for kind in dataset_of(wildcards).allow_overlap if kind == "id"],
        seed=settings.seed,
        code=lambda wildcards: source_digest("scripts/make_split.py", *source_of(wildcards)),
    script:
        "../workflow/scripts/make_split.py"
