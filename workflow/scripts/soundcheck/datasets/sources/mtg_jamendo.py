"""MTG-Jamendo: 55,000 full tracks with tags of genre, instrument, and mood or theme, by those who uploaded them.

The option `subset` says which tags are meant: `top50tags`, `genre` (87 tags), `instrument` (40), `moodtheme` (56).

Layout: `data/splits/split-<0-4>/autotagging_<subset>-<train|validation|test>.tsv`, tab-separated with a header:
TRACK_ID, ARTIST_ID, ALBUM_ID, PATH, DURATION, and one column or more of TAGS (`genre---rock`). Audio is
`audio/<folder>/<id>.low.mp3`, the published mono version, in the folder that PATH names. Files without `.low`, and
other folders above, are found too.

The tracks of a subset are those that its published splits name; the splits discard a few rare tags, so that all five
have the same. `single` is split 0, `all` are the five. In each, no artist is in two parts. 990 files are known to be
bit-identical copies of others (issue 52 of the dataset's repository).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.datasets.support import published_folds
from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.plumbing.downloads import fetch_all
from soundcheck.plumbing.downloads.archives import unpack
from soundcheck.plumbing.downloads.folders import install
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import SoundcheckError, nearest

TITLE = "MTG-Jamendo"
LICENSE = "audio: a Creative Commons licence for each track, chosen by its artist; metadata: CC BY-NC-SA 4.0"
BIBTEX = """@conference{bogdanov2019mtg,
  title = {The {MTG-Jamendo} Dataset for Automatic Music Tagging},
  author = {Bogdanov, Dmitry and Won, Minz and Tovstogan, Philip and Porter, Alastair and Serra, Xavier},
  booktitle = {Machine Learning for Music Discovery Workshop, International Conference on Machine Learning (ICML)},
  year = {2019},
  url = {http://hdl.handle.net/10230/42015}
}"""
SUBSETS = ("top50tags", "genre", "instrument", "moodtheme")
N_SPLITS = 5
_PARTS = ("train", "validation", "test")
_REPOSITORY = "https://raw.githubusercontent.com/MTG/mtg-jamendo-dataset/master/data"
_AUDIO = "https://cdn.freesound.org/mtg-jamendo"
# Mood and theme have an archive of their own, with a third of the audio.
_ARCHIVE = {"moodtheme": "autotagging_moodtheme"} | dict.fromkeys(SUBSETS[:3], "raw_30s")


def _split_file(subset: str, split: int, part: str) -> str:
    return f"splits/split-{split}/autotagging_{subset}-{part}.tsv"


# The archives of audio are those that the list of their digests names; each lies at the address of `<archive> audio`.
REMOTES = {
    **{
        _split_file(subset, split, part): Remote(
            f"{_REPOSITORY}/{_split_file(subset, split, part)}", f"data/{_split_file(subset, split, part)}"
        )
        for subset in SUBSETS
        for split in range(N_SPLITS)
        for part in _PARTS
    },
    **{
        f"{archive} digests": Remote(
            f"{_REPOSITORY}/download/{archive}_audio-low_sha256_tars.txt",
            f"data/download/{archive}_audio-low_sha256_tars.txt",
        )
        for archive in ("raw_30s", "autotagging_moodtheme")
    },
    **{
        f"{archive} audio": Remote(f"{_AUDIO}/{archive}/audio-low", f"{archive}_audio-low")
        for archive in ("raw_30s", "autotagging_moodtheme")
    },
}
TASKS = {"autotagging": "multilabel"}
SPLITS = {"autotagging": ("published", *(f"split-{split}" for split in range(N_SPLITS)))}
SYNTHETIC = False
GROUPED_BY = "artist"

# Archives are removed as they are unpacked: a few of 1.7 GB are there at a time.
_UNPACKED_BYTES = 8_000_000_000
_FIELDS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")
_COLUMNS = ("track_id", "path", "group", "album", "tags", *(f"part_{split}" for split in range(N_SPLITS)))


def download(folder: Path, subset: str = "", **options: object) -> None:
    """Fetch splits and audio where `folder` is absent or empty; use what is there otherwise.

    `moodtheme` alone has an archive of its own (about 46 GB). The other subsets share one (about 156 GB), which holds
    the tracks of moodtheme too, so that its folder serves all four.
    Raises `DownloadError` when they cannot be had, SoundcheckError when the folder holds something else.
    """
    _check(subset)
    install(folder, TITLE, lambda work: _make(work, subset))
    _splits_folder(Path(folder), subset)


def _make(work: Path, subset: str) -> Path:
    complete, archive = work / "complete", _ARCHIVE[subset]
    subsets = ("moodtheme",) if archive == "autotagging_moodtheme" else SUBSETS
    digests = REMOTES[f"{archive} digests"]
    lists = [remote for key, remote in REMOTES.items() if key.startswith("splits/") and _subset_of(key) in subsets]
    fetch_all([*lists, digests], complete, f"{TITLE} (splits)", LICENSE)
    audio = complete / "audio"
    listed = _archives(archive, complete / digests.file)
    remotes = [remote for remote in listed if not (audio / _number(remote.file)).is_dir()]

    def unpack_and_remove(path: Path) -> None:
        unpack(path, audio / _number(path.name), strip=1)
        path.unlink()

    fetch_all(remotes, work / "archives", f"{TITLE} ({archive})", LICENSE, _UNPACKED_BYTES, then=unpack_and_remove)
    return complete


def _subset_of(split_file: str) -> str:
    return split_file.rpartition("/autotagging_")[2].partition("-")[0]


def _archives(archive: str, digests: Path) -> Iterator[Remote]:
    """The archives of audio, one for each folder of tracks: `<digest> <name>` in each line of the published list."""
    address = REMOTES[f"{archive} audio"].url
    for line in digests.read_text(encoding="utf-8").splitlines():
        if line.strip():
            digest, name = line.split()
            yield Remote(f"{address}/{name}", name, sha256=digest)


def _number(name: str) -> str:
    """`48` of `raw_30s_audio-low-48.tar`: the folder that the archive holds."""
    return Path(name).stem.rpartition("-")[2]


def tracks(folder: Path, subset: str = "", **options: object) -> pd.DataFrame:
    """One row a track: `track_id`, `path`, `group` (artist), album, tags, and `part_0` to `part_4`.

    A file that is missing is listed at its published place, and reported by the index.
    Raises SoundcheckError for splits that are not in the published form, and where there is no audio at all.
    """
    _check(subset)
    folder = Path(folder)
    found = _found(folder)
    rows: dict[str, dict] = {}
    for split in range(N_SPLITS):
        for part in _PARTS:
            file = _splits_folder(folder, subset) / _split_file(subset, split, part).removeprefix("splits/")
            for track_id, artist, album, path, tags in _entries(file):
                new = {"track_id": track_id, "path": _audio(path, found), "group": artist, "album": album, "tags": []}
                row = rows.setdefault(track_id, new)
                if row.setdefault(f"part_{split}", part) != part:
                    raise SoundcheckError(f"{file}: {track_id} is in {part} and in {row[f'part_{split}']}.")
                row["tags"] += [tag for tag in tags if tag not in row["tags"]]
    if set(found.values()).isdisjoint(row["path"] for row in rows.values()):
        raise SoundcheckError(
            f"'{folder}' holds none of the {len(rows)} tracks of {subset}, such as audio/48/948.low.mp3. Give the "
            "folder that holds them, or an empty or absent one to download them into."
        )
    listed = rows.values()
    return pd.DataFrame({column: pd.Series([row.get(column) for row in listed], dtype=object) for column in _COLUMNS})


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track: its tags with their category, as published (`instrument---piano`)."""
    if task not in TASKS:
        raise SoundcheckError(f"mtg_jamendo has no task '{task}'; it has {', '.join(TASKS)}")
    return pd.Series([list(tags) for tags in tracks["tags"]], index=tracks.index, dtype=object)


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The five published splits as folds 0 to 4, or the one that `name` picks (`split-3`)."""
    name = published_folds.split_name(SPLITS, task, name)
    numbers = range(N_SPLITS) if name == "published" else [int(name.removeprefix("split-"))]
    return published_folds.folds(tracks, {number: f"part_{number}" for number in numbers})


def _check(subset: str) -> None:
    if subset not in SUBSETS:
        stated = f"'{subset}'" if subset else "missing"
        raise SoundcheckError(
            f"mtg_jamendo: the option `subset` names the tags; it is {stated}{nearest(subset, SUBSETS)}"
        )


def _splits_folder(folder: Path, subset: str) -> Path:
    first = _split_file(subset, 0, "train")
    for place in (folder / "data", folder, folder / "metadata"):
        if (place / first).is_file():
            return place / "splits"
    raise SoundcheckError(
        f"'{folder}' holds no splits of {subset} (looked for data/{first}). Put the folder data/splits of "
        "https://github.com/MTG/mtg-jamendo-dataset into it, beside the audio, or give an empty or absent folder to "
        "download everything into."
    )


def _entries(path: Path) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """Track id, artist, album, published path, tags of each row."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as problem:
        raise SoundcheckError(f"'{path}' is missing: the five published splits belong together.") from problem
    if not lines or tuple(lines[0].strip().split("\t")) != _FIELDS:
        raise SoundcheckError(f"{path}: not the published table; its columns are {', '.join(_FIELDS)}.")
    for number, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            continue
        if len(cells) < len(_FIELDS):
            raise SoundcheckError(f"{path}, line {number}: {len(cells)} cells, expected at least {len(_FIELDS)}.")
        yield cells[0], cells[1], cells[2], cells[3], [tag for tag in cells[5:] if tag]


def _found(folder: Path) -> dict[str, str]:
    """Paths of the audio files by folder and number: `48/948` for `audio/48/948.low.mp3`."""
    found: dict[str, str] = {}
    for path in audio_files(folder):
        place = PurePosixPath(path)
        # Sorted, `948.low.mp3` comes before `948.mp3`: where both are there, the version that we download is used.
        found.setdefault(f"{place.parent.name}/{place.name.split('.')[0]}", path)
    return found


def _audio(path: str, found: Mapping[str, str]) -> str:
    key = str(PurePosixPath(path).with_suffix(""))
    return found.get(key, f"audio/{key}.low.mp3")
