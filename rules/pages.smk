# The report's items that are not results: one script, which makes the page that `page` names.
# Where a page says nothing else it has the parameters of the first, which therefore has none of its own.


rule make_versions_page:
    input:
        embeddings=each(EMBEDDINGS, plan.splits_embedded),
    output:
        html=report(
            f"{PAGE_FOLDER}/versions.html",
            caption="../workflow/report/versions.rst",
            category="Provenance",
            labels={"page": PAGES["versions"].title},
        ),
    log:
        "logs/make_versions_page.log",
    benchmark:
        "benchmarks/make_versions_page.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        page="versions",
        code=source_digest("scripts/make_page.py", PAGES["versions"].module),
        templates=templates_digest(),
    script:
        "../workflow/scripts/make_page.py"


use rule make_versions_page as make_configuration_page with:
    input:
        configfiles=[from_results(file) for file in workflow.configfiles],
    output:
        html=report(
            f"{PAGE_FOLDER}/configuration.html",
            caption="../workflow/report/configuration.rst",
            category="Provenance",
            labels={"page": PAGES["configuration"].title},
        ),
    log:
        "logs/make_configuration_page.log",
    benchmark:
        "benchmarks/make_configuration_page.tsv"
    params:
        page="configuration",
        config=settings.completed,
        code=source_digest("scripts/make_page.py", PAGES["configuration"].module),
        templates=templates_digest(),


use rule make_versions_page as make_counts_page with:
    input:
        tracks=each(TRACKS, plan.cells),
        splits=each(SPLIT, plan.cells),
    output:
        csv=f"{PAGE_FOLDER}/counts.csv",
        html=report(
            f"{PAGE_FOLDER}/counts.html",
            caption="../workflow/report/counts.rst",
            category="Provenance",
            labels={"page": PAGES["counts"].title},
        ),
    log:
        "logs/make_counts_page.log",
    benchmark:
        "benchmarks/make_counts_page.tsv"
    params:
        page="counts",
        seeds={name: probe.parameters["seeds"] for name, probe in plan.probes.items()},
        code=source_digest("scripts/make_page.py", PAGES["counts"].module),
        templates=templates_digest(),


use rule make_versions_page as make_audit_page with:
    input:
        audits=each(AUDIT, plan.evaluations),
        fingerprints=each(FINGERPRINTS, plan.evaluations),
    output:
        html=report(
            f"{PAGE_FOLDER}/audit.html",
            caption="../workflow/report/audit.rst",
            category="Provenance",
            labels={"page": PAGES["audit"].title},
        ),
    log:
        "logs/make_audit_page.log",
    benchmark:
        "benchmarks/make_audit_page.tsv"
    params:
        # A function, since Snakemake takes a text with which an input begins for a path.
        page=lambda wildcards: "audit",
        evaluations=[evaluation._asdict() for evaluation in plan.evaluations],
        datasets=list(dict.fromkeys(evaluation.dataset for evaluation in plan.evaluations)),
        code=source_digest("scripts/make_page.py", PAGES["audit"].module),
        templates=templates_digest(),


use rule make_versions_page as make_left_out_page with:
    input:
        tracks=each(TRACKS, plan.cells),
        splits=each(SPLIT, plan.cells),
        audio=each(AUDIO, plan.splits_embedded),
    output:
        csv=f"{PAGE_FOLDER}/left_out.csv",
        html=report(
            f"{PAGE_FOLDER}/left_out.html",
            caption="../workflow/report/left_out.rst",
            category="Provenance",
            labels={"page": PAGES["left_out"].title},
        ),
    log:
        "logs/make_left_out_page.log",
    benchmark:
        "benchmarks/make_left_out_page.tsv"
    params:
        page="left_out",
        cells=[cell._asdict() for cell in plan.splits_embedded],
        pruned=[pruned.cell._asdict() | {"reason": pruned.reason} for pruned in plan.pruned],
        code=source_digest("scripts/make_page.py", PAGES["left_out"].module),
        templates=templates_digest(),


use rule make_versions_page as make_audio_conditions_page with:
    input:
        audio=each(AUDIO, plan.splits_embedded),
    output:
        html=report(
            f"{PAGE_FOLDER}/audio_conditions.html",
            caption="../workflow/report/audio_conditions.rst",
            category="Provenance",
            labels={"page": PAGES["audio_conditions"].title},
        ),
    log:
        "logs/make_audio_conditions_page.log",
    benchmark:
        "benchmarks/make_audio_conditions_page.tsv"
    params:
        page="audio_conditions",
        cells=[cell._asdict() for cell in plan.splits_embedded],
        code=source_digest("scripts/make_page.py", PAGES["audio_conditions"].module),
        templates=templates_digest(),


use rule make_versions_page as make_embedder_catalogue_page with:
    input:
        [],
    output:
        html=report(
            f"{PAGE_FOLDER}/embedder_catalogue.html",
            caption="../workflow/report/embedder_catalogue.rst",
            category="Provenance",
            labels={"page": PAGES["embedder_catalogue"].title},
        ),
    log:
        "logs/make_embedder_catalogue_page.log",
    benchmark:
        "benchmarks/make_embedder_catalogue_page.tsv"
    params:
        page="embedder_catalogue",
        catalogue=[{"id": name, **plan.embedders[name].about} for name in plan.evaluated_embedders],
        datasets={name: plan.datasets[name].known_as for name in sorted(plan.datasets)},
        code=source_digest("scripts/make_page.py", PAGES["embedder_catalogue"].module),
        templates=templates_digest(),


use rule make_versions_page as make_embedder_checks_page with:
    input:
        checks=each(CHECK, plan.checked_embedders),
    output:
        csv=f"{PAGE_FOLDER}/embedder_checks.csv",
        html=report(
            f"{PAGE_FOLDER}/embedder_checks.html",
            caption="../workflow/report/embedder_checks.rst",
            category="Provenance",
            labels={"page": PAGES["embedder_checks"].title},
        ),
    log:
        "logs/make_embedder_checks_page.log",
    benchmark:
        "benchmarks/make_embedder_checks_page.tsv"
    params:
        page="embedder_checks",
        code=source_digest("scripts/make_page.py", PAGES["embedder_checks"].module),
        templates=templates_digest(),
