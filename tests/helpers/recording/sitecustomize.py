"""Records what jobs really import: Python runs this file in each process that has its folder on PYTHONPATH.

Into the folder $RECORDED, a line of JSON a digest and a job: the modules of each digest that a rule asks for, and those
of the library that are loaded when a job's script ends.
"""

import atexit
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def _write(file: str, **facts: object) -> None:
    with open(Path(os.environ["RECORDED"]) / file, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(facts, default=str) + "\n")


def _record_digests() -> None:
    """Note the modules of every digest that this process makes."""
    from soundcheck.plumbing.digests import source as digests

    make = digests.source_digest

    def source_digest(script: str, *chosen: str) -> str:
        digest = make(script, *chosen)
        _write("digests.jsonl", digest=digest, modules=sorted(digests.source_modules(script, *chosen)))
        return digest

    digests.source_digest = source_digest


def _record_job() -> None:
    """Note what a job has imported; Snakemake has put its rule into the script."""
    job = getattr(sys.modules["__main__"], "snakemake", None)
    if job is not None:
        modules = [name.removeprefix("soundcheck.") for name in sys.modules if name.startswith("soundcheck.")]
        # The second rule of a kind makes what the first one does.
        rule = job.rule.rstrip("0123456789").rstrip("_")
        digests = sorted(set(_digests(dict(job.params.items()))))
        _write("jobs.jsonl", rule=rule, digests=digests, log=job.log[0], modules=sorted(modules))


def _digests(parameters: object) -> Iterator[str]:
    """The digests of source among the parameters of a job: of each thing that it makes, or of the whole."""
    if isinstance(parameters, dict):
        yield from filter(None, [parameters.get("code")])
        parameters = list(parameters.values())
    for each in parameters if isinstance(parameters, list | tuple) else ():
        yield from _digests(each)


if "RECORDED" in os.environ:
    if "-m" in sys.orig_argv and "snakemake" in sys.orig_argv:
        _record_digests()
    else:
        atexit.register(_record_job)
