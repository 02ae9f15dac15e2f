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
    curves,
    evaluate,
    tables,
    figures,
    report,
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
        each(f"{TABLE}.md", plan.tables),


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
