"""Make a dataset's files present and verified, and record what is there."""

import json
import sys
from pathlib import Path

from soundcheck import datasets
from soundcheck.files import atomic

sys.stdout = sys.stderr = open(snakemake.log[0], "w", buffering=1)  # noqa: SIM115
params = snakemake.params
record = datasets.provide(params.module, params.dataset, params.dir, params.options)
with atomic(snakemake.output[0]) as temporary:
    Path(temporary).write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
