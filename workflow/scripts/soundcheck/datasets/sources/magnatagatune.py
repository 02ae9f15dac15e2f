"""MagnaTagATune: 25,863 clips of about 29 s from 5,400 songs of the label Magnatune, tagged by players of a game.

Layout: `mp3/<0-f>/<artist>-<album>-<track>-<title>-<start>-<end>.mp3` (16 kHz mono, 32 kbit/s), and
`annotations_final.csv`: tab-separated, with a header, clip_id, 188 columns of tags (0 or 1), mp3_path. Clips are found
by their folder and name, wherever below `dir` that folder lies.

Task: the 50 most frequent tags. No synonyms are merged: vocal, vocals and voice are three tags.

Splits by name:
`won`      Lee et al. (2017) as published by Won et al. (2020): clips with a tag of the 50 and longer than 29.1 s
`marble`   folders 0 to b train, c validation, d to f test, with all clips, those without tags too (Yuan et al., 2023)
`musicnn`  lists of clip ids, the same folders without some clips (Pons & Serra, 2019)
"""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.datasets.support import published_folds
from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.ids import safe_id
from soundcheck.plumbing.downloads import fetch_all
from soundcheck.plumbing.downloads.archives import join, unpack
from soundcheck.plumbing.downloads.folders import install
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import SoundcheckError, several

TITLE = "MagnaTagATune"
LICENSE = "CC BY-NC-SA 3.0 (clips by Magnatune.com)"
BIBTEX = """@inproceedings{law2009magnatagatune,
  title = {Evaluation of Algorithms Using Games: The Case of Music Tagging},
  author = {Law, Edith and West, Kris and Mandel, Michael and Bay, Mert and Downie, J. Stephen},
  booktitle = {Proceedings of the 10th International Society for Music Information Retrieval Conference (ISMIR)},
  pages = {387--392},
  year = {2009}
}"""
_HOST = "https://mirg.city.ac.uk/datasets/magnatagatune"
_WON = "https://github.com/minzwon/sota-music-tagging-models/raw/master/split/mtat"
_MUSICNN = "https://raw.githubusercontent.com/jordipons/musicnn-training/master/data/index/mtt"
# No digests are published. The zip archive, and each clip in it, has checksums of its own.
REMOTES = {
    "annotations": Remote(f"{_HOST}/annotations_final.csv", "annotations_final.csv"),
    **{f"audio {i}": Remote(f"{_HOST}/mp3.zip.00{i}", f"mp3.zip.00{i}") for i in (1, 2, 3)},
    **{f"won {part}": Remote(f"{_WON}/{part}.npy", f"splits/won/{part}.npy") for part in ("train", "valid", "test")},
    **{
        f"musicnn {part}": Remote(f"{_MUSICNN}/{part}_gt_mtt.tsv", f"splits/musicnn/{part}_gt_mtt.tsv")
        for part in ("train", "val", "test")
    },
}
TASKS = {"autotagging": "multilabel"}
SPLITS = {"autotagging": ("won", "marble", "musicnn")}
# Of the split of Won et al.: by the widely used counts, which sum to the number that the thesis gives.
_COUNTS = {"train": 15_247, "validation": 1_529, "test": 4_332}
PUBLISHED_COUNTS = {"autotagging": {"single": _COUNTS, "all": _COUNTS, "won": _COUNTS}}
SYNTHETIC = False
GROUPED_BY = "song"

# In the order of Won et al.
TAGS = (
    *("guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient"),
    *("beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals"),
    *("harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo"),
    *("man", "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello"),
    *("no voice", "weird", "country", "metal", "female voice", "choral"),
)
# Two are damaged and one (35644) is empty in the published archive.
CORRUPT = frozenset({"35644", "55753", "57881"})

# The joined archive and the clips in it, each as long as the parts.
_UNPACKED_BYTES = 2 * 2_972_769_864
_CLIP = re.compile(r"(.+)-\d+-\d+")
_PARTS = {"train": "train", "valid": "validation", "val": "validation", "test": "test"}
_FOLDER_PARTS = {**dict.fromkeys("0123456789ab", "train"), "c": "validation", **dict.fromkeys("def", "test")}
_COLUMNS = ("track_id", "path", "group", "left_out", "tags", *(f"part_{name}" for name in SPLITS["autotagging"]))


def download(folder: Path, **options: object) -> None:
    """Fetch clips (3 GB), annotations and splits where `folder` is absent or empty; use what is there otherwise.

    Raises `DownloadError` when they cannot be had, SoundcheckError when the folder holds something else.
    """
    install(folder, TITLE, _make)
    _annotations_file(Path(folder))


def _make(work: Path) -> Path:
    complete = work / "complete"
    fetch_all(list(REMOTES.values()), complete, TITLE, LICENSE, _UNPACKED_BYTES)
    parts = [complete / REMOTES[f"audio {i}"].file for i in (1, 2, 3)]
    if not (complete / "mp3").is_dir():
        unpack(join(parts, work / "mp3.zip"), complete / "mp3")
    for part in parts:
        part.unlink()
    return complete


def tracks(folder: Path, **options: object) -> pd.DataFrame:
    """One row a clip: `track_id` (clip_id), `path`, `group` (the song), `left_out`, `tags`, and its part of each split.

    `tags` are those of all 188 that the clip has. The columns `part_<split>` are empty where a split does not name the
    clip, or where its files are not in the folder. Clips that a split names and the annotations lack are left out.
    Raises SoundcheckError for annotations or splits that are not in the published form.
    """
    folder = Path(folder)
    found = {_key(path): path for path in audio_files(folder)}
    rows = [_row(clip_id, tags, path, found) for clip_id, tags, path in _annotations(_annotations_file(folder))]
    if not any(_key(row["path"]) in found for row in rows):
        raise SoundcheckError(f"'{folder}' holds none of the {len(rows)} clips of its annotations, such as a/clip.mp3.")
    won = _parts_of(folder, "won", _read_won)
    rows += [_unknown(key, "won") for key in won.keys() - {_key(row["path"]) for row in rows}]
    musicnn = _parts_of(folder, "musicnn", _read_musicnn)
    for row in rows:
        row["part_won"] = won.get(_key(row["path"]))
        row["part_musicnn"] = musicnn.get(row["track_id"])
        row["part_marble"] = _FOLDER_PARTS.get(_key(row["path"]).split("/")[0])
    return pd.DataFrame({column: pd.Series([row.get(column) for row in rows], dtype=object) for column in _COLUMNS})


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track: those of its tags that are among the 50, maybe none."""
    if task not in TASKS:
        raise SoundcheckError(f"magnatagatune has no task '{task}'; it has {', '.join(TASKS)}")
    wanted = frozenset(TAGS)
    values = [None if tags is None else [tag for tag in tags if tag in wanted] for tags in tracks["tags"]]
    return pd.Series(values, index=tracks.index, dtype=object)


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The published split `name` (`won`, `marble`, `musicnn`; `won` by default): `track_id`, `fold`, `part`."""
    name = published_folds.split_name(SPLITS, task, name)
    table = published_folds.folds(tracks, {0: f"part_{name}"})
    if table.empty:
        remotes = [remote for key, remote in REMOTES.items() if key.startswith(f"{name} ")]
        raise SoundcheckError(
            f"the lists of the split '{name}' are not in the dataset's folder, or name none of its clips. Put "
            f"{several((remote.url for remote in remotes), 9)} into its sub-folder splits/{name}, or choose another "
            "split."
        )
    return table


def _annotations_file(folder: Path) -> Path:
    for path in (folder / "annotations_final.csv", folder / "metadata" / "annotations_final.csv"):
        if path.is_file():
            return path
    raise SoundcheckError(
        f"'{folder}' holds no annotations_final.csv. Put {REMOTES['annotations'].url} into it, beside the clips, or "
        "give an empty or absent folder to download everything into."
    )


def _annotations(path: Path) -> Iterable[tuple[str, list[str], str]]:
    """Clip id, tags and published path of each clip."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, delimiter="\t")
        header = [name.strip() for name in next(reader, [])]
        if not header or header[0] != "clip_id" or header[-1] != "mp3_path":
            raise SoundcheckError(f"{path}: not the published table; its columns are clip_id, the tags, mp3_path.")
        absent = [tag for tag in TAGS if tag not in header]
        if absent:
            raise SoundcheckError(f"{path}: no column for the tags {several(absent)}.")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise SoundcheckError(f"{path}, line {reader.line_num}: {len(cells)} cells, expected {len(header)}.")
            tags = [tag for tag, cell in zip(header[1:-1], cells[1:-1], strict=True) if cell.strip() == "1"]
            yield cells[0].strip(), tags, cells[-1].strip()


def _row(clip_id: str, tags: list[str], path: str, found: Mapping[str, str]) -> dict:
    clip = _CLIP.fullmatch(PurePosixPath(path).stem)
    return {
        "track_id": clip_id,
        # Where the clip is missing, the published place, which the index then reports.
        "path": found.get(_key(path), f"mp3/{path}"),
        "group": clip[1] if clip else None,
        "left_out": "corrupt in the published archive" if clip_id in CORRUPT else None,
        "tags": tags,
    }


def _unknown(key: str, split: str) -> dict:
    reason = f"named by the split '{split}', but not in annotations_final.csv"
    return {"track_id": safe_id(key), "path": f"mp3/{key}", "group": None, "left_out": reason, "tags": None}


def _key(path: str) -> str:
    """A clip's folder and name, the same for `mp3/a/x.mp3` and `a/x.mp3`."""
    return "/".join(PurePosixPath(path).parts[-2:])


def _parts_of(folder: Path, split: str, read) -> dict[str, str]:
    """The part of each item that the files of a split name; nothing where they are not there."""
    parts: dict[str, str] = {}
    for name, part in _PARTS.items():
        if f"{split} {name}" not in REMOTES:
            continue
        path = _split_file(folder, Path(REMOTES[f"{split} {name}"].file))
        if path is None:
            return {}
        for item in read(path):
            if parts.setdefault(item, part) != part:
                raise SoundcheckError(f"{path}: '{item}' is in {part} and in {parts[item]}.")
    return parts


def _split_file(folder: Path, file: Path) -> Path | None:
    places = (folder / file, folder / "metadata" / file.name, folder / "split" / "mtat" / file.name)
    return next((path for path in places if path.is_file()), None)


def _read_won(path: Path) -> list[str]:
    """Folder and name of each clip; the entries are `index<tab>folder/name`."""
    import numpy as np

    try:
        # Never unpickled: a downloaded pickle may run any code.
        entries = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as problem:
        raise SoundcheckError(f"{path}: not an array of text ({problem}).") from problem
    fields = [str(entry).split("\t") for entry in entries.ravel()]
    wrong = [number for number, entry in enumerate(fields) if len(entry) != 2]
    if wrong:
        raise SoundcheckError(f"{path}, entries {several(wrong)}: not of the form index<tab>folder/name.mp3.")
    return [_key(entry[1].strip()) for entry in fields]


def _read_musicnn(path: Path) -> list[str]:
    """Clip ids: the first column of a table without a header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0].strip() for line in lines if line.strip()]
