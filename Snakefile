# Soundcheck: from one YAML file to tables that tell what music audio representations hold and what they survive.
from snakemake.utils import min_version

min_version("9.14")


include: "rules/paths.smk"


if "experiments" not in config:

    configfile: "config/demo.yaml"


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/records.smk"
include: "rules/targets.smk"
include: "rules/datasets.smk"
include: "rules/joined.smk"
include: "rules/audit.smk"
include: "rules/embeddings.smk"
include: "rules/probes.smk"
include: "rules/scores.smk"
include: "rules/pages.smk"
include: "rules/presentation.smk"


onstart:
    hold_the_directory()
    do_not_wait_in_threads()
    forget_what_is_made_again()


rule all:
    default_target: True
    input:
        REPORT,
