# What can be asked for by name; and what runs beside Snakemake itself when a cluster does the rest.


localrules:
    all,
    audit,
    list_embedders,
    check_embedders,
    deform,
    weights,
    embed,
    train,
    curves,
    evaluate,
    tables,
    figures,
    report,


# Machines of a cluster often have no network; and what takes seconds would take longer to send.
localrules:
    download_dataset,
    download_weights,
    index_tracks,
    make_split,
    join_tracks,
    join_splits,
    audit_split,
    collect_scores,
    make_versions_page,
    make_configuration_page,
    make_counts_page,
    make_audit_page,
    make_left_out_page,
    make_audio_conditions_page,
    make_embedder_catalogue_page,
    make_embedder_checks_page,
    draw_robustness,
    draw_confusion,
    write_report,


rule deform:
    input:
        each(RENDERED, plan.splits_embedded),


rule weights:
    input:
        [WEIGHTS.format(file=file) for file in plan.weights],


rule audit:
    input:
        f"{PAGE_FOLDER}/audit.html",


rule embed:
    input:
        each(EMBEDDINGS, plan.cells),


rule train:
    input:
        each(MODEL, plan.cells),


rule curves:
    input:
        each(CURVES, plan.evaluated),


rule evaluate:
    input:
        RESULTS,


rule tables:
    input:
        each(f"{TABLE}.md", tables),


rule figures:
    input:
        each(FIGURE, plan.figures),


rule report:
    input:
        REPORT,


rule list_embedders:
    log:
        "logs/list_embedders.log",
    benchmark:
        "benchmarks/list_embedders.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        rows=settings.embedders,
    script:
        "../workflow/scripts/list_embedders.py"


rule check_embedders:
    input:
        f"{PAGE_FOLDER}/embedder_checks.html",
