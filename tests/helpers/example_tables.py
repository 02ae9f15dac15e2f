"""Small tables of tracks, splits and audio, as the workflow writes them: three items left out, one label too rare."""

import csv
from pathlib import Path

import pyarrow as pa

from soundcheck import parquet

CLASSES = ["carillon", "hand_bell", "tubular <bell>"]
TRACKS = [f"bells/{i:02d}" for i in range(30)]
CITATION = "@misc{bells,\n  title = {Bells & <Whistles>},\n  url = {https://bells.example}\n}"
BROKEN = {"bells/03": "cannot be decoded: Format not recognised"}
UNLABELLED = {"bells/07": "has no label for instrument_classification"}
SILENT = {"bells/11": "silent: the peak is 0"}


def write_tracks(path: Path) -> Path:
    """A tracks table of the synthetic dataset `bells`: 30 items, one of which could not be read."""
    table = pa.table(
        {
            "track_id": TRACKS,
            "path": [f"{track}.wav" for track in TRACKS],
            "left_out": pa.array([BROKEN.get(track) for track in TRACKS], pa.string()),
        }
    )
    metadata = {"dataset": "bells", "title": "Bells", "licence": "CC0", "citation": CITATION, "synthetic": True}
    parquet.write(table, path, metadata | {"n_found": 30, "n_left_out": len(BROKEN)})
    return path


def write_split(path: Path, folds: int = 1) -> Path:
    """A split of `bells`: of the 29 usable items, one without a label; the others 16 / 6 / 6."""
    rows = []
    for fold in range(folds):
        usable = [track for track in TRACKS if track not in BROKEN]
        labelled = [track for track in usable if track not in UNLABELLED]
        for track in usable:
            place = labelled.index(track) if track in labelled else -1
            part = "left_out" if place < 0 else "train" if place < 16 else "validation" if place < 22 else "test"
            rows.append(
                {
                    "track_id": track,
                    "fold": fold,
                    "part": part,
                    "label": [] if place < 0 else [CLASSES[place % 3]],
                    "group": None,
                    "reason": UNLABELLED.get(track),
                }
            )
    schema = pa.schema(
        [
            ("track_id", pa.string()),
            ("fold", pa.int32()),
            ("part", pa.string()),
            ("label", pa.list_(pa.string())),
            ("group", pa.string()),
            ("reason", pa.string()),
        ]
    )
    metadata = {
        "dataset": "bells",
        "task": "instrument_classification",
        "task_type": "multiclass",
        "split": "single" if folds == 1 else "all",
        "classes": CLASSES,
        "left_out_labels": {"gong": "has one item; a class needs at least three"},
        "fractions": [0.6, 0.2, 0.2],
        "seed": 0,
        "grouped_by": "tower",
    }
    parquet.write(pa.Table.from_pylist(rows, schema), path, metadata)
    return path


def write_audio(path: Path, axes: dict[str, str], noisy_db: float = 15.0, left_out: dict[str, str] = SILENT) -> Path:
    """An audio table; the noise's SNR lies around `noisy_db`, and one silent track is left out."""
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = "track_id,duration_s,sample_rate,peak,snr_db,gain_db,level_db,spectrum_db,clipped_share,n_windows"
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns.split(","), "note", "left_out"])
        for i, track in enumerate(track for track in TRACKS if track not in BROKEN):
            snr = noisy_db + 0.1 * (i - 14) if "Noise" in axes["deformation"] or "SNR" in axes["deformation"] else "inf"
            gain = -12.0 if axes["deformation"].startswith("Gain") else 0.0
            clipped = 0.0004 if "SNR" in axes["deformation"] and i < 2 else 0.0
            note = "ends before its header says: 1.50 of 3.00 s" if i == 3 else ""
            if axes["deformation"].startswith("PitchShift"):
                snr = gain = ""
            if track in left_out:
                writer.writerow([track, 1.5, 44100, 0.0, "", "", "", "", "", 0, "", left_out[track]])
            else:
                writer.writerow([track, 1.5, 44100, 0.7, snr, gain, gain or 0.2, 3.25, clipped, 15, note, ""])
    return path
