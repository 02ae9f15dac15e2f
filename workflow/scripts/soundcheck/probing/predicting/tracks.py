"""Predictions of a probe on the test items: one row for each fold, seed and item."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from soundcheck import parquet
from soundcheck.probing import items, kinds
from soundcheck.probing.probe import Model


def predictions(
    embeddings_path: str | Path, split_path: str | Path, model_path: str | Path, ids: dict[str, str], kind: str
) -> tuple[pa.Table, dict]:
    """The scores of all test items by all seeds: a table sorted by fold, seed and track, and its metadata.

    `kind` is the kind of probe, of which `model_path` has the models.

    Where a track has several rows of embeddings, its frames, its scores are the mean over theirs.

    The metadata name, in `not_evaluated`, the test items of each fold that have no embedding.

    Raises:
        SoundcheckError: a fold has no test item with an embedding, or no model, or the embeddings do not fit the model.
    """
    rows, embeddings = items.read_embeddings(embeddings_path)
    probe = kinds.model_of(kind)
    models = probe.load(model_path)
    tested, not_evaluated = items.tested(embeddings_path, split_path, model_path, rows, models)
    parts = []
    for fold, labels, present in tested:
        X, counts = items.take(present, rows, embeddings)
        scores = items.mean_of_tracks(probe.predict(models[fold], X), counts)
        parts.append(_table(fold, models[fold], present, [labels[track_id] for track_id in present], scores))
    metadata = {
        **ids,
        "classes": next(iter(models.values())).classes,
        "task_type": parquet.metadata(split_path)["task_type"],
        "not_evaluated": not_evaluated,
    }
    return pa.concat_tables(parts).combine_chunks(), metadata


def _table(fold: int, model: Model, track_ids: list[str], labels: list[list[str]], scores: np.ndarray) -> pa.Table:
    n_seeds, n, n_classes = scores.shape
    return pa.table(
        {
            "track_id": pa.array(track_ids * n_seeds, pa.string()),
            "fold": pa.array(np.full(n * n_seeds, fold, np.int32)),
            "seed": pa.array(np.repeat(np.array(model.seeds, np.int64), n)),
            "label": pa.array(labels * n_seeds, pa.list_(pa.string())),
            "score": items.list_column(scores.reshape(n_seeds * n, n_classes)),
        }
    )
