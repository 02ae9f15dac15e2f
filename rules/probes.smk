# From vectors to predictions and scores: train probes on clean embeddings, test them in each condition.

# One job fits all probes to an embedder's vectors, and one tests them. What is there already of the same things is kept,
# so that a change costs what it touches.
for number, probes in enumerate(plan.fitted_alike, 1):

    rule:
        name:
            numbered("fit_probes", number)
        input:
            embeddings=EMBEDDINGS.replace("{deformation}", CLEAN),
            split=SPLIT,
            # The audit has to pass first. Not as an ancient file: a run that is resumed would forget all that waits for it.
            audit=AUDIT,
        output:
            models=directory([with_names(MODEL, probe=name) for name in probes]),
            histories=[with_names(HISTORY, probe=name) for name in probes],
        log:
            "logs/fit_probes/{dataset}/{task}/{split}/{embedder}.log",
        benchmark:
            "benchmarks/fit_probes/{dataset}/{task}/{split}/{embedder}.tsv"
        wildcard_constraints:
            dataset=followed_by("{task}/{split}/{embedder}/", plan.fitted_alike, probes),
        conda:
            "../envs/analysis.yaml"
        # Each fits some of the probes; where there are more threads than probes, of the seeds.
        threads: min(4, len(probes))
        resources:
            gpu=0,
            mem_mb=growing(3000, of_inputs=4),
            runtime=growing(240),
        params:
            probes=lambda wildcards: {
                name: {"parameters": probe_parameters(name, wildcards), "code": code_of_fit(name, wildcards)}
                for name in plan.probes_of(evaluated_of(wildcards))
            },
        script:
            "../workflow/scripts/fit_probes.py"


for number, cells in enumerate(plan.scored_alike, 1):

    rule:
        name:
            numbered("score_probes", number)
        input:
            embeddings=lambda wildcards: of_cells(EMBEDDINGS, wildcards),
            split=SPLIT,
            models=lambda wildcards: of_cells(MODEL, wildcards),
        output:
            predictions=[with_names(PREDICTIONS, deformation=deformation, probe=probe) for deformation, probe in cells],
            scores=[with_names(SCORES, deformation=deformation, probe=probe) for deformation, probe in cells],
        log:
            "logs/score_probes/{dataset}/{task}/{split}/{embedder}.log",
        benchmark:
            "benchmarks/score_probes/{dataset}/{task}/{split}/{embedder}.tsv"
        wildcard_constraints:
            dataset=followed_by("{task}/{split}/[^/]+/{embedder}/", plan.scored_alike, cells),
        conda:
            "../envs/analysis.yaml"
        threads: min(4, len(cells))
        resources:
            mem_mb=growing(2000, of_inputs=2),
            runtime=growing(60),
        params:
            cells=scored_cells,
            shared=lambda wildcards: {
                "task_type": task_type_of(wildcards),
                "resamples": settings.resamples,
                "seed": settings.seed,
            },
        script:
            "../workflow/scripts/score_probes.py"


# The course of training, for TensorBoard.
rule write_curves:
    input:
        histories=lambda wildcards: [
            HISTORY.format(**wildcards, probe=name) for name in plan.probes_of(evaluated_of(wildcards))
        ],
    output:
        directory(CURVES),
    log:
        "logs/write_curves/{dataset}/{task}/{split}/{embedder}.log",
    benchmark:
        "benchmarks/write_curves/{dataset}/{task}/{split}/{embedder}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        probes=lambda wildcards: plan.probes_of(evaluated_of(wildcards)),
        code=source_digest("scripts/write_curves.py"),
    script:
        "../workflow/scripts/write_curves.py"
