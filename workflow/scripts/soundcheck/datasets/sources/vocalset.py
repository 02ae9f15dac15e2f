"""VocalSet: 20 professional singers (9 women, 11 men), 3,560 recordings of exercises and songs in many techniques.

Layout: `FULL/<singer>/<context>/<technique>/<file>.wav` (`FULL/female1/scales/lip_trill/f1_scales_lip_trill_a.wav`).
The technique is the folder's name, taken whole: trill, trillo and lip_trill are three. One folder of female2 is spelt
`vibrado` and holds vibrato. The singer is what stands before the first underscore of the file's name (`m1`, `m10`).

The published archive has faults, corrected as in MARBLE (Yuan et al., 2023), but on paper: no file is renamed or
removed. 28 files lack the singer's prefix, which is added to their ids. One copy and four files that cannot be
attributed are left out. So is a file whose prefix contradicts its folder (`male8/.../m9_caro_vibrato.wav`).

Split of technique_identification: test singers as published (Wilkins et al., 2018); the paper has no validation part,
so f9, m9 and m11 are taken out of train. Singers are the groups. For singer_identification, where every singer must be
in every part, groups are a recording and its copies (`..._u.wav` and `..._u(1).wav`, which are bit-identical).
"""

import re
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.datasets.support import published_folds
from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.ids import safe_id
from soundcheck.plumbing.downloads import fetch_all
from soundcheck.plumbing.downloads.archives import unpack
from soundcheck.plumbing.downloads.folders import install
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import SoundcheckError

TITLE = "VocalSet"
LICENSE = "CC BY 4.0"
BIBTEX = """@inproceedings{wilkins2018vocalset,
  title = {{VocalSet}: A Singing Voice Dataset},
  author = {Wilkins, Julia and Seetharaman, Prem and Wahl, Alison and Pardo, Bryan},
  booktitle = {Proceedings of the 19th International Society for Music Information Retrieval Conference (ISMIR)},
  pages = {468--474},
  year = {2018}
}"""
# Version 1.2 of the record still publishes the archive of version 1.1 (record 1203819), under the same name.
REMOTES = {
    "audio": Remote(
        "https://zenodo.org/records/1442513/files/VocalSet11.zip",
        "VocalSet11.zip",
        size=2_077_243_579,
        md5="0c09396242f946e7111ad7d8fc649b81",
    )
}
TASKS = {"singer_identification": "multiclass", "technique_identification": "multiclass"}
SPLITS = {"technique_identification": ("published",)}
SYNTHETIC = False
GROUPED_BY = "singer"

TECHNIQUES = (
    *("vibrato", "straight", "belt", "breathy", "lip_trill"),
    *("spoken", "inhaled", "trill", "trillo", "vocal_fry"),
)
TEST_SINGERS = frozenset({"f2", "f8", "m3", "m5", "m10"})
VALIDATION_SINGERS = frozenset({"f9", "m9", "m11"})

_UNPACKED_BYTES = 3_300_000_000
_FOLDER = {"vibrado": "vibrato"}
_SINGER = re.compile(r"([fm])(\d{1,2})_")
_SINGER_FOLDER = re.compile(r"(f|m|female|male)(\d{1,2})")
_COPY = re.compile(r"\(\d+\)$")
_NOT_ATTRIBUTED = "the published archive does not say who sings"
_LEFT_OUT = {
    ("vibrato", "f2_scales_vibrato_a(1)"): "a copy of f2_scales_vibrato_a",
    ("vibrato", "caro_vibrato"): _NOT_ATTRIBUTED,
    ("vibrato", "dona_vibrato"): _NOT_ATTRIBUTED,
    ("vibrato", "row_vibrato"): _NOT_ATTRIBUTED,
    ("vibrato", "slow_vibrato_arps"): _NOT_ATTRIBUTED,
}
_SINGER_OF = {
    ("lip_trill", "lip_trill_arps"): "f2",
    ("lip_trill", "scales_lip_trill"): "m3",
    **{("straight", f"{context}_straight_{vowel}"): "f4" for context in ("arpeggios", "scales") for vowel in "aeiou"},
    ("straight", "row_straight"): "m8",
    ("vocal_fry", "scales_vocal_fry"): "f2",
    ("fast_forte", "arps_fast_piano_c"): "f9",
    ("fast_piano", "fast_piano_arps_f"): "f2",
    ("fast_piano", "arps_c_fast_piano"): "m3",
    ("fast_piano", "scales_fast_piano_f"): "f3",
    **{("fast_piano", f"scales_{key}_fast_piano_{vowel}"): "m10" for key in "cf" for vowel in "aeiou"},
}
_COLUMNS = ("track_id", "path", "group", "left_out", "singer", "context", "technique", "recording")


def download(folder: Path, **options: object) -> None:
    """Fetch and unpack the archive (2.1 GB) where `folder` is absent or empty; use what is there otherwise.

    Raises `DownloadError` when it cannot be had, SoundcheckError when the folder holds files but no audio.
    """
    install(folder, TITLE, _make)
    if not audio_files(folder):
        raise SoundcheckError(
            f"'{folder}' holds files but no audio. Give the folder that holds VocalSet's `FULL`, or an empty or absent "
            "one to download it into."
        )


def _make(work: Path) -> Path:
    (archive,) = fetch_all(list(REMOTES.values()), work, TITLE, LICENSE, _UNPACKED_BYTES)
    return unpack(archive, work / "complete", only="FULL/*")


def tracks(folder: Path, **options: object) -> pd.DataFrame:
    """One row a recording: `track_id` (file stem, corrected), `path`, `group` (singer), `left_out`, and what it is.

    Columns: singer (`f1`), context (`scales`), technique (the folder's name), recording (a track and its copies).
    """
    rows = _with_unique_ids([_track(path) for path in audio_files(folder)])
    return pd.DataFrame({column: pd.Series([row.get(column) for row in rows], dtype=object) for column in _COLUMNS})


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track: the singer; or one of the ten techniques, None for the other folders."""
    if task == "singer_identification":
        values = [[singer] if isinstance(singer, str) else None for singer in tracks["singer"]]
    elif task == "technique_identification":
        values = [[technique] if technique in TECHNIQUES else None for technique in tracks["technique"]]
    else:
        raise SoundcheckError(f"vocalset has no task '{task}'; it has {', '.join(TASKS)}")
    return pd.Series(values, index=tracks.index, dtype=object)


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The published split by singer of technique_identification; None for singer_identification, which has none."""
    if published_folds.split_name(SPLITS, task, name) is None:
        return None
    sung = tracks[tracks["singer"].notna()]
    return pd.DataFrame({"track_id": sung["track_id"], "fold": 0, "part": [_part(one) for one in sung["singer"]]})


def groups(tracks: pd.DataFrame, task: str) -> tuple[pd.Series, str]:
    """The singer; for singer_identification, a recording and its copies."""
    if task == "singer_identification":
        return tracks["recording"], "recording and its copies"
    return tracks["group"], GROUPED_BY


def _part(singer: str) -> str:
    if singer in TEST_SINGERS:
        return "test"
    return "validation" if singer in VALIDATION_SINGERS else "train"


def _track(path: str) -> dict:
    place = PurePosixPath(path)
    folders = place.parts[:-1]
    technique = _FOLDER.get(folders[-1], folders[-1]) if folders else None
    stem = "".join(place.stem.split())
    missing_prefix = _SINGER_OF.get((technique, stem))
    name = f"{missing_prefix}_{stem}" if missing_prefix else stem
    row = {"track_id": safe_id(name), "path": path, "technique": technique}
    row["context"] = folders[-2] if len(folders) > 1 else None
    row["left_out"] = _LEFT_OUT.get((technique, stem)) or _contradiction(name, folders)
    if row["left_out"] is None:
        row["singer"] = row["group"] = name.split("_")[0]
        row["recording"] = safe_id(_COPY.sub("", name))
    return row


def _contradiction(name: str, folders: tuple[str, ...]) -> str | None:
    """Why the singer of a file cannot be told, or None."""
    if not folders:
        return "not in a technique's folder"
    found = _SINGER.match(name)
    if not found:
        return "the file's name does not start with a singer such as f1_"
    for folder in folders:
        singer = _SINGER_FOLDER.fullmatch(folder)
        if singer and (singer[1][0], singer[2]) != found.groups():
            return f"the file's name says {found[1]}{found[2]}, its folder {folder}"
    return None


def _with_unique_ids(rows: list[dict]) -> list[dict]:
    """What is left out gets its path as id, so that it takes no other's; so does a second file of the same name."""
    first: dict[str, str] = {}
    for row in rows:
        if row["left_out"] is None and row["track_id"] in first:
            row["left_out"] = f"same name as '{first[row['track_id']]}'"
            row["singer"] = row["group"] = row["recording"] = None
        if row["left_out"] is None:
            first[row["track_id"]] = row["path"]
        else:
            row["track_id"] = safe_id(str(PurePosixPath(row["path"]).with_suffix("")))
    return rows
