# What can be asked for by name.


localrules:
    all,
    audit,
    list_embedders,
    check_embedders,
    deform,
    weights,
    embed,
    train,
    evaluate,
    tables,
    figures,
    report,


rule deform:
    input:
        each("<results>/listen/{dataset}/{deformation}", plan.splits_embedded),


rule weights:
    input:
        [f"<models>/{file}" for file in plan.weights],


rule audit:
    input:
        "<results>/pages/audit.html",


rule embed:
    input:
        each(EMBEDDINGS, plan.cells),


rule train:
    input:
        each(MODEL, plan.cells),


rule evaluate:
    input:
        "<results>/results.parquet",


rule tables:
    input:
        table_files(),


rule figures:
    input:
        figure_files(),


rule list_embedders:
    log:
        "<logs>/list_embedders.log",
    benchmark:
        "<benchmarks>/list_embedders.tsv"
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
        "<results>/pages/embedder_checks.html",
