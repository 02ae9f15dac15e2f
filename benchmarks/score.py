"""How long a score job takes, from the start of Python to the written files, on generated files.

python benchmarks/score.py
"""

import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import numpy as np
import pyarrow as pa

from soundcheck import parquet
from soundcheck.probing import items
from soundcheck.probing.kinds import KINDS
from soundcheck.probing.mlp import model as mlp

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
SEEDS = [0, 1, 2]
# What Snakemake puts before a script, less its own imports.
_START = """
import pickle, sys, types
sys.path.insert(0, {scripts!r})
job = pickle.load(open({job!r}, "rb"))
parts = {{name: types.SimpleNamespace(**part) for name, part in job.items()}}
snakemake = types.SimpleNamespace(**parts, log=[{log!r}], wildcards={wildcards!r})
exec(compile(open({script!r}).read(), "score.py", "exec"))
"""


def main() -> None:
    print("| test items | labels | task type | seeds | resamples | score job (s) |\n|---|---|---|---|---|---|")
    for n, n_labels, task_type in ((300, 40, "multiclass"), (300, 40, "multilabel"), (4332, 50, "multilabel")):
        with tempfile.TemporaryDirectory() as directory:
            spent = job(Path(directory), n, n_labels, task_type, 1000)
        print(f"| {n:,} | {n_labels} | {task_type} | {len(SEEDS)} | 1,000 | {spent:.2f} |")


def job(directory: Path, n: int, n_labels: int, task_type: str, n_resamples: int, dim: int = 200) -> float:
    """Seconds of one score job; the least of three."""
    generator = np.random.default_rng(0)
    ids = [f"track{i:06}" for i in range(n)]
    classes = [f"label {i:02}" for i in range(n_labels)]
    truth = generator.random((n, n_labels)) < 0.07
    if task_type == "multiclass":
        truth = np.eye(n_labels, dtype=bool)[generator.integers(n_labels, size=n)]
    X = generator.normal(size=(n, dim)).astype(np.float32)
    embeddings = {"track_id": ids, "time_s": pa.nulls(n, pa.float64()), "embedding": items.list_column(X)}
    parquet.write(pa.table(embeddings), directory / "embeddings.parquet", {})
    split = {
        "track_id": ids,
        "fold": pa.array([0] * n, pa.int32()),
        "part": ["test"] * n,
        "label": pa.array([[classes[j] for j in np.flatnonzero(row)] for row in truth], pa.list_(pa.string())),
    }
    parquet.write(pa.table(split), directory / "split.parquet", {"classes": classes, "task_type": task_type})
    model = mlp.Model(
        seeds=SEEDS,
        classes=classes,
        mean=np.zeros(dim, np.float32),
        scale=np.ones(dim, np.float32),
        components=None,
        kernels=[generator.normal(size=(len(SEEDS), dim, n_labels)).astype(np.float32)],
        biases=[np.zeros((len(SEEDS), n_labels), np.float32)],
        output_activation="softmax" if task_type == "multiclass" else "sigmoid",
    )
    mlp.save({0: model}, KINDS["mlp"].path(directory))
    axes = dict.fromkeys(("dataset", "task", "split", "deformation", "embedder", "probe"), "x")
    multiclass = ["accuracy", "f1_micro", "f1_macro", "confusion"]
    snakemake = {
        "input": {name: str(directory / file) for name, file in _INPUTS.items()},
        "output": {"predictions": str(directory / "p.parquet"), "scores": str(directory / "s.csv")},
        "params": {
            "metrics": multiclass if task_type == "multiclass" else ["roc_auc", "average_precision"],
            "resamples": n_resamples,
            "task_type": task_type,
            "kind": "mlp",
            "seed": 0,
        },
    }
    (directory / "job.pickle").write_bytes(pickle.dumps(snakemake))
    code = _START.format(
        scripts=str(SCRIPTS),
        job=str(directory / "job.pickle"),
        log=str(directory / "log"),
        wildcards=axes,
        script=str(SCRIPTS / "score.py"),
    )
    spans = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        spans.append(time.perf_counter() - start)
    return min(spans)


_INPUTS = {"embeddings": "embeddings.parquet", "split": "split.parquet", "model": "."}

if __name__ == "__main__":
    main()
