# From the long table to what a reader sees: tables, figures, and the report.


# All tables of an evaluation; where some have a value for each label and others none, there are two rules.
for number, presets in enumerate(tabulated, 1):

    rule:
        name:
            numbered("write_tables", number)
        input:
            results=RESULTS,
        output:
            csv=[f"{with_names(TABLE, preset=name)}.csv" for name in presets],
            md=[f"{with_names(TABLE, preset=name)}.md" for name in presets],
            tex=[f"{with_names(TABLE, preset=name)}.tex" for name in presets],
            txt=[f"{with_names(TABLE, preset=name)}.txt" for name in presets],
            html=[
                report(
                    f"{with_names(TABLE, preset=name)}.html",
                    caption="../workflow/report/table.rst",
                    category="Tables",
                    subcategory="{task}",
                    labels={"dataset": "{dataset}", "split": "{split}", "table": name},
                )
                for name in presets
            ],
        log:
            "logs/write_tables/{dataset}/{task}/{split}.log",
        benchmark:
            "benchmarks/write_tables/{dataset}/{task}/{split}.tsv"
        wildcard_constraints:
            dataset=followed_by("{task}/{split}/", tabulated, presets),
        localrule: True
        conda:
            "../envs/analysis.yaml"
        params:
            presets=list(presets),
            metrics=lambda wildcards: plan.shown_metrics(evaluation_of(wildcards)),
            order=lambda wildcards: plan.order(evaluation_of(wildcards)),
            title=lambda wildcards: dataset_of(wildcards).title,
            synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
            code=source_digest("scripts/write_tables.py"),
            templates=templates_digest(),
        script:
            "../workflow/scripts/write_tables.py"


rule draw_robustness:
    input:
        results=RESULTS,
    output:
        report(
            FIGURE.replace("{figure}", "robustness"),
            caption="../workflow/report/robustness.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "robustness"},
        ),
    log:
        "logs/draw_robustness/{dataset}/{task}/{split}.log",
    benchmark:
        "benchmarks/draw_robustness/{dataset}/{task}/{split}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        figure="robustness",
        metric=lambda wildcards: plan.shown_metrics(evaluation_of(wildcards))[0],
        order=lambda wildcards: plan.order(evaluation_of(wildcards)),
        title=lambda wildcards: dataset_of(wildcards).title,
        synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
        code=source_digest("scripts/draw_figure.py", FIGURES["robustness"].module),
    script:
        "../workflow/scripts/draw_figure.py"


# Where a track may have several labels there is no confusion, and the metric of each label is drawn instead.
use rule draw_robustness as draw_confusion with:
    output:
        report(
            FIGURE.replace("{figure}", "confusion"),
            caption="../workflow/report/confusion.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "confusion"},
        ),
    log:
        "logs/draw_confusion/{dataset}/{task}/{split}.log",
    benchmark:
        "benchmarks/draw_confusion/{dataset}/{task}/{split}.tsv"
    params:
        figure=lambda wildcards: plan.figure_of_labels(evaluation_of(wildcards)),
        metric=lambda wildcards: plan.first_labelled_metric(evaluation_of(wildcards)),
        order=lambda wildcards: plan.order(evaluation_of(wildcards)),
        title=lambda wildcards: dataset_of(wildcards).title,
        synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
        code=lambda wildcards: source_digest(
            "scripts/draw_figure.py", FIGURES[plan.figure_of_labels(evaluation_of(wildcards))].module
        ),


rule write_report:
    input:
        report_items(),
    output:
        REPORT,
    log:
        "logs/write_report.log",
    benchmark:
        "benchmarks/write_report.tsv"
    conda:
        "../envs/report.yaml"
    params:
        config=config,
        snakefile=workflow.main_snakefile,
        code=source_digest("scripts/write_report.py"),
    script:
        "../workflow/scripts/write_report.py"
