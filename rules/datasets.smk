# From a name to parted tracks: download, list, split.


rule download:
    output:
        "<results>/datasets/{dataset}.json",
    log:
        "<logs>/download/{dataset}.log",
    benchmark:
        "<benchmarks>/download/{dataset}.tsv"
    wildcard_constraints:
        dataset=plain_datasets(),
    retries: 1
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=720,
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        dir=lambda wildcards: dataset_of(wildcards).folder,
        options=dataset_options,
        code=lambda wildcards: source_digest(f"datasets.sources.{dataset_of(wildcards).module}"),
    script:
        "../workflow/scripts/download.py"


rule index:
    input:
        record="<results>/datasets/{dataset}.json",
        csv=label_file,
    output:
        "<results>/tracks/{dataset}.parquet",
    log:
        "<logs>/index/{dataset}.log",
    benchmark:
        "<benchmarks>/index/{dataset}.tsv"
    wildcard_constraints:
        dataset=plain_datasets(),
    conda:
        "../envs/analysis.yaml"
    threads: 4
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        dir=lambda wildcards: dataset_of(wildcards).folder,
        options=dataset_options,
        listing=listing_of,
        code=lambda wildcards: source_digest(f"datasets.sources.{dataset_of(wildcards).module}", "datasets.index"),
    script:
        "../workflow/scripts/index.py"


rule split:
    input:
        tracks="<results>/tracks/{dataset}.parquet",
    output:
        "<results>/splits/{dataset}/{task}/{split}.parquet",
    log:
        "<logs>/split/{dataset}/{task}/{split}.log",
    benchmark:
        "<benchmarks>/split/{dataset}/{task}/{split}.tsv"
    wildcard_constraints:
        dataset=plain_datasets(),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        module=lambda wildcards: dataset_of(wildcards).module,
        options=dataset_options,
        task_type=task_type_of,
        split=split_parameters,
        allow_overlap=lambda wildcards: [kind for kind in dataset_of(wildcards).allow_overlap if kind == "id"],
        seed=settings.seed,
        code=lambda wildcards: source_digest(
            f"datasets.sources.{dataset_of(wildcards).module}", "datasets.splits.making"
        ),
    script:
        "../workflow/scripts/split.py"
