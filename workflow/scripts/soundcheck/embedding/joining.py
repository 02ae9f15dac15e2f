"""Train on one dataset, test on another: their embeddings joined into those of one dataset, under joined ids."""

import pyarrow.parquet as pq

from soundcheck import parquet
from soundcheck.embedding.store import EmbeddingsWriter
from soundcheck.ids import joined_ids
from soundcheck.plumbing.files import csv_rows, read_rows


def join_embeddings(paths: list[str], audio_paths: list[str], datasets: list[str], path: str, audio_path: str) -> None:
    """The rows of both files of embeddings, and of both audio tables, under joined ids."""
    sources = [pq.ParquetFile(source) for source in paths]
    metadata = parquet.metadata(paths[-1])
    with EmbeddingsWriter(path, metadata["dimension"], metadata) as writer:
        for source, dataset in sorted(zip(sources, datasets, strict=True), key=lambda pair: f"{pair[1]}/"):
            for group in range(source.num_row_groups):
                table = source.read_row_group(group)
                rows = table["embedding"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
                writer.add_rows(joined_ids(dataset, table["track_id"].to_pylist()), rows, table["time_s"].to_pylist())
    tables = [read_rows(each) for each in audio_paths]
    with csv_rows(audio_path, list(tables[0][0])) as write_row:
        for dataset, rows in zip(datasets, tables, strict=True):
            for row in rows:
                write_row(row | {"track_id": f"{dataset}/{row['track_id']}"})
