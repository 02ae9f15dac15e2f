# Whether a split can be trusted: what its parts share, lack and hold. No probe is trained before.


rule fingerprint:
    input:
        tracks="<results>/tracks/{dataset}.parquet",
    output:
        fingerprints=FINGERPRINTS,
        duplicates="<results>/fingerprints/{dataset}.duplicates.csv",
    log:
        "<logs>/fingerprint/{dataset}.log",
    benchmark:
        "<benchmarks>/fingerprint/{dataset}.tsv"
    # Before any embedding, so that a leak is found before the GPU is busy.
    priority: 1
    conda:
        "../envs/analysis.yaml"
    # All cores of most machines: it is bounded by decoding.
    threads: 32
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        dir=lambda wildcards: dataset_of(wildcards).folder,
        code=source_digest("audio.fingerprints", "audio.duplicates"),
    script:
        "../workflow/scripts/fingerprint.py"


rule audit_split:
    input:
        split=SPLIT,
        tracks=TRACKS,
        fingerprints=FINGERPRINTS,
        duplicates="<results>/fingerprints/{dataset}.duplicates.csv",
    output:
        AUDIT,
    log:
        "<logs>/audit_split/{dataset}/{task}/{split}.log",
    benchmark:
        "<benchmarks>/audit_split/{dataset}/{task}/{split}.tsv"
    priority: 1
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        allow_overlap=lambda wildcards: list(dataset_of(wildcards).allow_overlap),
        module=lambda wildcards: dataset_of(wildcards).module,
        code=lambda wildcards: source_digest("datasets.audit", *dataset_modules(wildcards)),
    script:
        "../workflow/scripts/audit_split.py"


rule audits:
    input:
        audits=each(AUDIT, plan.evaluations),
        fingerprints=each(FINGERPRINTS, plan.evaluations),
    output:
        report(
            "<results>/pages/audit.html",
            caption="../workflow/report/audit.rst",
            category="Provenance",
            labels={"page": "Audit of the splits"},
        ),
    log:
        "<logs>/audits.log",
    benchmark:
        "<benchmarks>/audits.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        evaluations=[evaluation._asdict() for evaluation in plan.evaluations],
        datasets=list(dict.fromkeys(evaluation.dataset for evaluation in plan.evaluations)),
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/audits.py"
