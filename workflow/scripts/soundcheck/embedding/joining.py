"""Train on one dataset, test on another: their embeddings joined into those of one dataset, under joined ids."""

from soundcheck import parquet
from soundcheck.embedding.store import EmbeddingsWriter, row_groups
from soundcheck.ids import joined_ids
from soundcheck.plumbing.files import csv_rows, read_rows


def join_embeddings(paths: list[str], audio_paths: list[str], datasets: list[str], path: str, audio_path: str) -> None:
    """The rows of both files of embeddings, and of both audio tables, under joined ids."""
    metadata = parquet.metadata(paths[-1])
    with EmbeddingsWriter(path, metadata["dimension"], metadata) as writer:
        for source, dataset in sorted(zip(paths, datasets, strict=True), key=lambda pair: f"{pair[1]}/"):
            for track_ids, rows, times_s in row_groups(source):
                writer.add_rows(joined_ids(dataset, track_ids), rows, times_s)
    tables = [read_rows(each) for each in audio_paths]
    with csv_rows(audio_path, list(tables[0][0])) as write_row:
        for dataset, rows in zip(datasets, tables, strict=True):
            for row in rows:
                write_row(row | {"track_id": f"{dataset}/{row['track_id']}"})
