# From scores to what a reader sees: one long table, then tables, figures and the pages of the report.
# Functions without a definition here come from common.smk.


rule collect:
    input:
        scores=all_scores,
    output:
        "results/results.parquet",
    log:
        "logs/collect.log",
    benchmark:
        "results/benchmarks/collect.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=source_digest("results", "parquet"),
    script:
        "../workflow/scripts/collect.py"


rule table:
    input:
        results="results/results.parquet",
    output:
        csv="results/tables/{dataset}/{task}/{split}/{preset}.csv",
        md="results/tables/{dataset}/{task}/{split}/{preset}.md",
        tex="results/tables/{dataset}/{task}/{split}/{preset}.tex",
        html=report(
            "results/tables/{dataset}/{task}/{split}/{preset}.html",
            caption="../workflow/report/table.rst",
            category="Tables",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "table": "{preset}"},
        ),
    log:
        "logs/table/{dataset}/{task}/{split}/{preset}.log",
    benchmark:
        "results/benchmarks/table/{dataset}/{task}/{split}/{preset}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset="{dataset}",
        task="{task}",
        split="{split}",
        preset="{preset}",
        metrics=shown_metrics,
        order=shown_order,
        title=dataset_title,
        synthetic=is_synthetic,
        code=source_digest("tables", "rendering", "document", "display", "results"),
    script:
        "../workflow/scripts/table.py"


rule robustness:
    input:
        results="results/results.parquet",
    output:
        report(
            "results/figures/{dataset}/{task}/{split}/robustness.svg",
            caption="../workflow/report/robustness.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "robustness"},
        ),
    log:
        "logs/robustness/{dataset}/{task}/{split}.log",
    benchmark:
        "results/benchmarks/robustness/{dataset}/{task}/{split}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset="{dataset}",
        task="{task}",
        split="{split}",
        metric=first_metric,
        order=shown_order,
        title=dataset_title,
        synthetic=is_synthetic,
        code=source_digest("figures", "tables", "display", "results"),
    script:
        "../workflow/scripts/robustness.py"


rule confusion:
    input:
        results="results/results.parquet",
    output:
        report(
            "results/figures/{dataset}/{task}/{split}/confusion.svg",
            caption="../workflow/report/confusion.rst",
            category="Figures",
            subcategory="{task}",
            labels={"dataset": "{dataset}", "split": "{split}", "figure": "confusion"},
        ),
    log:
        "logs/confusion/{dataset}/{task}/{split}.log",
    benchmark:
        "results/benchmarks/confusion/{dataset}/{task}/{split}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset="{dataset}",
        task="{task}",
        split="{split}",
        metric=first_metric,
        order=shown_order,
        title=dataset_title,
        synthetic=is_synthetic,
        task_type=task_type,
        code=source_digest("figures", "tables", "display", "results"),
    script:
        "../workflow/scripts/confusion.py"


rule configuration:
    input:
        configfiles=config_files,
    output:
        report(
            "results/pages/configuration.html",
            caption="../workflow/report/configuration.rst",
            category="Provenance",
            labels={"page": "Configuration"},
        ),
    log:
        "logs/configuration.log",
    benchmark:
        "results/benchmarks/configuration.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        config=normalised_config,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/configuration.py"


rule versions:
    input:
        embeddings=one_embedding_per_embedder,
    output:
        report(
            "results/pages/versions.html",
            caption="../workflow/report/versions.rst",
            category="Provenance",
            labels={"page": "Versions"},
        ),
    log:
        "logs/versions.log",
    benchmark:
        "results/benchmarks/versions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        commit=git_commit,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/versions.py"


rule counts:
    input:
        tracks=all_tracks,
        splits=all_splits,
    output:
        csv="results/pages/counts.csv",
        html=report(
            "results/pages/counts.html",
            caption="../workflow/report/counts.rst",
            category="Provenance",
            labels={"page": "Counts"},
        ),
    log:
        "logs/counts.log",
    benchmark:
        "results/benchmarks/counts.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        seeds=seeds_of_probes,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/counts.py"


rule left_out:
    input:
        tracks=all_tracks,
        splits=all_splits,
        audio=all_audio,
    output:
        csv="results/pages/left_out.csv",
        html=report(
            "results/pages/left_out.html",
            caption="../workflow/report/left_out.rst",
            category="Provenance",
            labels={"page": "Left out"},
        ),
    log:
        "logs/left_out.log",
    benchmark:
        "results/benchmarks/left_out.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        cells=audio_cells,
        pruned=pruned_cells,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/left_out.py"


rule audio_conditions:
    input:
        audio=all_audio,
    output:
        report(
            "results/pages/audio_conditions.html",
            caption="../workflow/report/audio_conditions.rst",
            category="Provenance",
            labels={"page": "Audio conditions, as measured"},
        ),
    log:
        "logs/audio_conditions.log",
    benchmark:
        "results/benchmarks/audio_conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        cells=audio_cells,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/audio_conditions.py"


rule embedder_catalogue:
    output:
        report(
            "results/pages/embedder_catalogue.html",
            caption="../workflow/report/embedder_catalogue.rst",
            category="Provenance",
            labels={"page": "Embedders"},
        ),
    log:
        "logs/embedder_catalogue.log",
    benchmark:
        "results/benchmarks/embedder_catalogue.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        catalogue=embedder_entries,
        datasets=evaluated_datasets,
        code=source_digest("pages", "document", "display"),
    script:
        "../workflow/scripts/embedder_catalogue.py"
