"""A published dataset's tracks and splits, as the workflow makes them."""

from pathlib import Path

import pandas as pd

from soundcheck import parquet
from soundcheck.datasets import index
from soundcheck.datasets.splits import making


def indexed(module, folder: Path, place: Path, **options) -> pd.DataFrame:
    """The tracks of a dataset, written to `place` and read again."""
    table, metadata = index.index(module, folder, module.__name__.rpartition(".")[2], options, 2)
    parquet.write(table, place / "tracks.parquet", metadata)
    return parquet.read(place / "tracks.parquet").to_pandas()


def tagging_split(module, tracks: pd.DataFrame, name: str | None = None, split: str = "single", **drawn):
    """A split for autotagging and its metadata: the published one of this name, or one that is `drawn`."""
    table, metadata = making.make_split(
        tracks,
        module.labels(tracks, "autotagging"),
        dataset=module.__name__.rpartition(".")[2],
        task="autotagging",
        task_type="multilabel",
        split=split,
        seed=42,
        grouped_by=module.GROUPED_BY,
        **(drawn or {"official": module.splits(tracks, "autotagging", name)}),
    )
    return table.to_pandas(), metadata
