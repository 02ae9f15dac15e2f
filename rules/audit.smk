# Whether a split can be trusted: what its parts share, lack and hold. No probe is trained before.


rule fingerprint_tracks:
    input:
        tracks=TRACKS,
    output:
        fingerprints=FINGERPRINTS,
        duplicates=DUPLICATES,
    log:
        "logs/fingerprint_tracks/{dataset}.log",
    benchmark:
        "benchmarks/fingerprint_tracks/{dataset}.tsv"
    # Before any embedding, so that a leak is found before the GPU is busy.
    priority: 1
    conda:
        "../envs/analysis.yaml"
    # All cores of most machines: it is bounded by decoding.
    threads: 32
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        dir=lambda wildcards: dataset_of(wildcards).folder,
        audio=audio_of,
        code=source_digest("scripts/fingerprint_tracks.py"),
    script:
        "../workflow/scripts/fingerprint_tracks.py"


rule audit_split:
    input:
        split=SPLIT,
        tracks=TRACKS,
        fingerprints=FINGERPRINTS,
        duplicates=DUPLICATES,
    output:
        AUDIT,
    log:
        "logs/audit_split/{dataset}/{task}/{split}.log",
    benchmark:
        "benchmarks/audit_split/{dataset}/{task}/{split}.tsv"
    priority: 1
    conda:
        "../envs/analysis.yaml"
    params:
        allow_overlap=lambda wildcards: list(dataset_of(wildcards).allow_overlap),
        module=lambda wildcards: dataset_of(wildcards).module,
        code=lambda wildcards: source_digest("scripts/audit_split.py", *source_of(wildcards)),
    script:
        "../workflow/scripts/audit_split.py"
