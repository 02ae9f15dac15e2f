# What can be asked for by name; without a name, everything.


localrules:
    all,
    deform,
    embed,
    train,
    evaluate,
    tables,
    figures,
    report,


rule all:
    default_target: True
    input:
        "<results>/report.html",
        table_files(),
        figure_files(),


rule deform:
    input:
        each("<results>/listen/{dataset}/{deformation}", plan.cells),


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


rule report:
    input:
        "<results>/report.html",
