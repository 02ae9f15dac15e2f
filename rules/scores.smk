# From the scores of all cells to one long table.


rule collect_scores:
    input:
        scores=each(SCORES, plan.cells),
    output:
        RESULTS,
    log:
        "logs/collect_scores.log",
    benchmark:
        "benchmarks/collect_scores.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=source_digest("scripts/collect_scores.py"),
    script:
        "../workflow/scripts/collect_scores.py"
