"""Predictions of a probe in event detection: one row for each fold, seed and track."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from soundcheck import parquet
from soundcheck.probing import items, kinds
from soundcheck.probing.detection import Frames


def predictions(
    embeddings_path: str | Path, split_path: str | Path, model_path: str | Path, ids: dict[str, str], kind: str
) -> tuple[pa.Table, dict]:
    """The events of all test tracks by all seeds, and its metadata, as `tracks.predictions` gives scores.

    Columns: track_id, fold, seed, label (those that occur), `events` and `predicted`: the true and the detected ones.
    """
    frames = Frames(embeddings_path, split_path)
    probe = kinds.model_of(kind)
    models = probe.load(model_path)
    tested, not_evaluated = items.tested(embeddings_path, split_path, model_path, frames.rows, models)
    texts, tables = pa.list_(pa.string()), []
    for fold, labels, present in tested:
        model = models[fold]
        scores = [frames.scored(track_id, model, probe.predict) for track_id in present]
        for place, seed in enumerate(model.seeds):
            choice = model.facts["postprocessing"][place]
            found = [
                frames.detected(track_id, each[place], model.classes, choice)
                for track_id, each in zip(present, scores, strict=True)
            ]
            columns = {
                "track_id": pa.array(present, pa.string()),
                "fold": pa.array(np.full(len(present), fold, np.int32)),
                "seed": pa.array(np.full(len(present), seed, np.int64)),
                "label": pa.array([labels[track_id] for track_id in present], texts),
                "events": pa.array([frames.events[track_id] for track_id in present], texts),
                "predicted": pa.array(found, texts),
            }
            tables.append(pa.table(columns))
    task_type = parquet.metadata(split_path)["task_type"]
    metadata = {**ids, "classes": model.classes, "task_type": task_type, "not_evaluated": not_evaluated}
    return pa.concat_tables(tables).combine_chunks(), metadata
