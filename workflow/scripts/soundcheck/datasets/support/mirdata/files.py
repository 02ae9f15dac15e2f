"""The files of a dataset of mirdata: its index, which lists the tracks, and what it publishes for download."""

import json
import os
import re
import shutil
from pathlib import Path

from soundcheck.plumbing.downloads import fetch_all
from soundcheck.plumbing.downloads.archives import unpack
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import SoundcheckError

# What has these suffixes is unpacked, other files are left as they are.
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2")


def find_index(dataset, folder: Path, given: str) -> Path | None:
    """Where the index lies: where the option says, in `dir`, or where mirdata keeps it; None where it is not yet.

    Raises SoundcheckError when the file that the option names is not there.
    """
    if given:
        for path in (Path(given), folder / given):
            if path.is_file():
                return path
        raise SoundcheckError(f"the `index` '{given}' is neither in the working directory nor in '{folder}'.")
    name = Path(dataset.index_path).name
    return next((path for path in (folder / name, Path(dataset.index_path)) if path.is_file()), None)


def open_index(dataset, folder: Path, given: str) -> None:
    """Let `dataset` use the index that there is. Raises SoundcheckError for one that is absent, damaged or empty."""
    path = find_index(dataset, folder, given)
    if path is None:
        raise SoundcheckError(_no_index(dataset, folder))
    dataset.index_path = str(path)
    try:
        tracks = json.loads(path.read_text(encoding="utf-8")).get("tracks")
    except (ValueError, AttributeError) as problem:
        raise SoundcheckError(
            f"{path}: damaged, not an index of mirdata ({problem}). Remove it and run again."
        ) from None
    if not tracks:
        raise SoundcheckError(
            f"{path}: lists no tracks; mirdata's dataset '{dataset.name}' has none that Soundcheck could use."
        )


def download(dataset, folder: Path, given: str, title: str, licence: str) -> None:
    """Make index and files present, where mirdata knows how. A folder that holds something is left as it is.

    Files are downloaded and unpacked beside `folder`, which appears when all is in it. Raises SoundcheckError.
    """
    remotes = _published(dataset)
    has_index = find_index(dataset, folder, given) is not None
    index = None if has_index else dataset._index_data.remote
    if not has_index and index is None:
        raise SoundcheckError(_no_index(dataset, folder))
    is_there = folder.is_dir() and any(folder.iterdir())
    if is_there or not remotes:
        if index:
            _fetch_index(dataset, folder, title, licence)
        return
    archives = folder.with_name(f"{folder.name}.downloads")
    wanted = [*remotes.values(), *([index] if index else [])]
    paths = _fetch(wanted, archives, title, licence)
    work = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(work, ignore_errors=True)
    try:
        for number, (remote, path) in enumerate(zip(wanted, paths, strict=True)):
            inside = "." if remote is index else remote.destination_dir or "."
            _place(remote, path, work / "dataset" / inside, work / str(number))
        os.replace(work / "dataset", folder)
    except OSError as problem:
        raise SoundcheckError(f"cannot unpack {title} into '{folder}': {problem}.") from problem
    finally:
        shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(archives)


def check_audio(dataset, folder: Path) -> None:
    """Raise SoundcheckError where no track of the index has a file of audio below `folder`."""
    first = ""
    for track_id in dataset.track_ids:
        for path in _audio(dataset._index["tracks"][track_id]):
            first = first or path
            if (folder / path).is_file():
                return
    raise SoundcheckError(no_audio(dataset, folder, first or "none named"))


def no_audio(dataset, folder: Path, first: str) -> str:
    """One message that says what is missing and how to come by it, by hand where mirdata cannot download it."""
    found = f"none of the audio that mirdata's index of '{dataset.name}' names is in '{folder}' (first: '{first}')"
    advice = " ".join((dataset._download_info or "").replace("{}", str(folder)).split())
    if advice:
        return f"{found}. It has to be got by hand; mirdata's advice: {advice}"
    if not dataset.remotes:
        return f"{found}. mirdata cannot download it: see {dataset.readme}"
    return f"{found}. Set `dir` to the folder that mirdata calls data_home, or to an absent one to download it into."


def _audio(files: dict) -> list[str]:
    """The files of a track that are audio by the index's names: `audio`, `audio_mono`, `audio-mix`."""
    return [entry[0] for name, entry in files.items() if "audio" in name and isinstance(entry, list) and entry[0]]


def _published(dataset) -> dict:
    """The files that mirdata downloads for this version, by mirdata's names."""
    remotes = dict(dataset.remotes or {})
    chosen = dataset._index_data.partial_download
    return {name: remote for name, remote in remotes.items() if chosen is None or name in chosen}


def _fetch(remotes: list, folder: Path, title: str, licence: str) -> list[Path]:
    # Files of one dataset may have the same name, and differ in the folder that they are meant for.
    wanted = [
        Remote(url=remote.url, file=f"{number}/{remote.filename}", md5=remote.checksum)
        for number, remote in enumerate(remotes)
    ]
    return fetch_all(wanted, folder, title, licence)


def _place(remote, path: Path, place: Path, temporary: Path) -> None:
    """Put a file, or what an archive holds, into the folder `place`."""
    if path.suffix not in _ARCHIVES:
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / remote.filename)
        return
    unpack(path, temporary)
    for inner in remote.unpack_directories or []:
        if (temporary / inner).is_dir():
            _merge(temporary / inner, place)
    _merge(temporary, place)


def _merge(source: Path, target: Path) -> None:
    """Move all that `source` holds into `target`, whose folders may be there already; `source` is gone then."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_dir() and not path.is_symlink():
            _merge(path, target / path.name)
        else:
            os.replace(path, target / path.name)
    source.rmdir()


def _fetch_index(dataset, folder: Path, title: str, licence: str) -> None:
    remote, place = dataset._index_data.remote, Path(dataset.index_path)
    temporary = place.with_name(f"{place.name}.downloads")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        (path,) = _fetch([remote], temporary, f"mirdata's index of {title}", licence)
        os.replace(path, place)
        shutil.rmtree(temporary, ignore_errors=True)
    except (OSError, SoundcheckError) as problem:
        raise SoundcheckError(f"{_no_index(dataset, folder)} ({problem})") from problem


def _no_index(dataset, folder: Path) -> str:
    path, remote = Path(dataset.index_path), dataset._index_data.remote
    what = f"mirdata's index of '{dataset.name}' is not here: '{path.name}', the list of the dataset's tracks"
    places = f"put it into '{folder}' or into '{path.parent}', or name the file with the option `index`"
    if remote is None:
        return f"{what}. mirdata publishes none for version '{dataset.version}': {places}, or choose another `version`."
    address = re.sub(r"\?download=1$", "", remote.url)
    return f"{what}. `snakemake download` fetches it once where there is a network; or get {address} and {places}."
