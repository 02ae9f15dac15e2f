# From scores to what a reader sees: one long table, then tables, figures and the pages of the report.


rule collect:
    input:
        scores=each(SCORES, plan.cells),
    output:
        "<results>/results.parquet",
    log:
        "<logs>/collect.log",
    benchmark:
        "<benchmarks>/collect.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=source_digest("scoring.table", "parquet"),
    script:
        "../workflow/scripts/collect.py"


rule table:
    input:
        results="<results>/results.parquet",
    output:
        csv="<results>/tables/{dataset}/{task}/{split}/{preset}.csv",
        md="<results>/tables/{dataset}/{task}/{split}/{preset}.md",
        tex="<results>/tables/{dataset}/{task}/{split}/{preset}.tex",
        txt="<results>/tables/{dataset}/{task}/{split}/{preset}.txt",
        html=report(
            "<results>/tables/{dataset}/{task}/{split}/{preset}.html",
            caption="../workflow/report/table.rst",
            category="Tables",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "table": "{preset}"},
        ),
    log:
        "<logs>/table/{dataset}/{task}/{split}/{preset}.log",
    benchmark:
        "<benchmarks>/table/{dataset}/{task}/{split}/{preset}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        metrics=lambda wildcards: plan.shown_metrics(evaluation_of(wildcards)),
        order=lambda wildcards: plan.order(evaluation_of(wildcards)),
        title=lambda wildcards: dataset_of(wildcards).title,
        synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
        code=source_digest(
            "presenting.tables", "presenting.formats", "presenting.html", "presenting.wording", "presenting.evaluation"
        ),
    script:
        "../workflow/scripts/table.py"


rule robustness:
    input:
        results="<results>/results.parquet",
    output:
        report(
            "<results>/figures/{dataset}/{task}/{split}/robustness.svg",
            caption="../workflow/report/robustness.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "robustness"},
        ),
    log:
        "<logs>/robustness/{dataset}/{task}/{split}.log",
    benchmark:
        "<benchmarks>/robustness/{dataset}/{task}/{split}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        metric=lambda wildcards: plan.shown_metrics(evaluation_of(wildcards))[0],
        order=lambda wildcards: plan.order(evaluation_of(wildcards)),
        title=lambda wildcards: dataset_of(wildcards).title,
        synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
        code=source_digest("presenting.figures", "presenting.figures.robustness"),
    script:
        "../workflow/scripts/robustness.py"


rule confusion:
    input:
        results="<results>/results.parquet",
    output:
        report(
            "<results>/figures/{dataset}/{task}/{split}/confusion.svg",
            caption="../workflow/report/confusion.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "confusion"},
        ),
    log:
        "<logs>/confusion/{dataset}/{task}/{split}.log",
    benchmark:
        "<benchmarks>/confusion/{dataset}/{task}/{split}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        metric=lambda wildcards: plan.first_labelled_metric(evaluation_of(wildcards)),
        order=lambda wildcards: plan.order(evaluation_of(wildcards)),
        title=lambda wildcards: dataset_of(wildcards).title,
        synthetic=lambda wildcards: dataset_of(wildcards).synthetic,
        several_labels=lambda wildcards: plan.has_several_labels(evaluation_of(wildcards)),
        code=source_digest("presenting.figures", "presenting.figures.confusion", "presenting.figures.per_label"),
    script:
        "../workflow/scripts/confusion.py"


rule configuration:
    input:
        configfiles=workflow.configfiles,
    output:
        report(
            "<results>/pages/configuration.html",
            caption="../workflow/report/configuration.rst",
            category="Provenance",
            labels={"page": "Configuration"},
        ),
    log:
        "<logs>/configuration.log",
    benchmark:
        "<benchmarks>/configuration.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        config=settings.completed,
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/configuration.py"


rule versions:
    input:
        embeddings=each(EMBEDDINGS, plan.one_embedding_per_embedder()),
    output:
        report(
            "<results>/pages/versions.html",
            caption="../workflow/report/versions.rst",
            category="Provenance",
            labels={"page": "Versions"},
        ),
    log:
        "<logs>/versions.log",
    benchmark:
        "<benchmarks>/versions.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/versions.py"


rule counts:
    input:
        tracks=each(TRACKS, plan.cells),
        splits=each(SPLIT, plan.cells),
    output:
        csv="<results>/pages/counts.csv",
        html=report(
            "<results>/pages/counts.html",
            caption="../workflow/report/counts.rst",
            category="Provenance",
            labels={"page": "Counts"},
        ),
    log:
        "<logs>/counts.log",
    benchmark:
        "<benchmarks>/counts.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        seeds={name: probe.parameters["seeds"] for name, probe in plan.probes.items()},
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/counts.py"


rule left_out:
    input:
        tracks=each(TRACKS, plan.cells),
        splits=each(SPLIT, plan.cells),
        audio=each(AUDIO, plan.splits_embedded),
    output:
        csv="<results>/pages/left_out.csv",
        html=report(
            "<results>/pages/left_out.html",
            caption="../workflow/report/left_out.rst",
            category="Provenance",
            labels={"page": "Left out"},
        ),
    log:
        "<logs>/left_out.log",
    benchmark:
        "<benchmarks>/left_out.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cells=[cell._asdict() for cell in plan.splits_embedded],
        pruned=[pruned.cell._asdict() | {"reason": pruned.reason} for pruned in plan.pruned],
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/left_out.py"


rule audio_conditions:
    input:
        audio=each(AUDIO, plan.splits_embedded),
    output:
        report(
            "<results>/pages/audio_conditions.html",
            caption="../workflow/report/audio_conditions.rst",
            category="Provenance",
            labels={"page": "Audio conditions, as measured"},
        ),
    log:
        "<logs>/audio_conditions.log",
    benchmark:
        "<benchmarks>/audio_conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cells=[cell._asdict() for cell in plan.splits_embedded],
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/audio_conditions.py"


rule embedder_catalogue:
    output:
        report(
            "<results>/pages/embedder_catalogue.html",
            caption="../workflow/report/embedder_catalogue.rst",
            category="Provenance",
            labels={"page": "Embedders"},
        ),
    log:
        "<logs>/embedder_catalogue.log",
    benchmark:
        "<benchmarks>/embedder_catalogue.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        catalogue=[{"id": name, **plan.embedders[name].about} for name in plan.evaluated_embedders],
        datasets={name: plan.datasets[name].known_as for name in sorted(plan.datasets)},
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/embedder_catalogue.py"


rule embedder_checks:
    input:
        each("<results>/checks/{embedder}.csv", plan.checked_embedders),
    output:
        csv="<results>/pages/embedder_checks.csv",
        html=report(
            "<results>/pages/embedder_checks.html",
            caption="../workflow/report/embedder_checks.rst",
            category="Provenance",
            labels={"page": "Checks of the embedders"},
        ),
    log:
        "<logs>/embedder_checks.log",
    benchmark:
        "<benchmarks>/embedder_checks.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=source_digest("presenting.pages", "presenting.html", "presenting.wording"),
    script:
        "../workflow/scripts/embedder_checks.py"


rule report:
    input:
        report_items(),
    output:
        "<results>/report.html",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        config=config,
        snakefile=workflow.main_snakefile,
    script:
        "../workflow/scripts/report.py"
