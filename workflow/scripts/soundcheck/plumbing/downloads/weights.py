"""Published weights: downloaded once, and checked before each use."""

import os
from collections.abc import Sequence
from pathlib import Path

from soundcheck.plumbing.downloads.fetching import fetch
from soundcheck.plumbing.downloads.hub import SCHEME, fetch_from_hub
from soundcheck.plumbing.errors import DownloadError, SoundcheckError
from soundcheck.plumbing.files import atomic, file_sha256


def download(
    url: str, path: str | Path, sha256: str = "", embedders: Sequence[str] = (), get_weights: str = ""
) -> None:
    """Download weights to `path`, complete and verified, or not at all; note their digest beside them.

    `embedders` are those that read them, `get_weights` how to come by them without an address: both for messages.
    `hf://owner/name/revision/file` stands for a file on the Hugging Face hub.

    Raises:
        DownloadError: they cannot be had, or are not those that the catalogue names.
    """
    path = Path(path)
    names = ", ".join(embedders) or path.name
    if not url:
        raise DownloadError(f"weights of {names}: there is no address to get {path} from; {get_weights}")
    expected = sha256 or recorded_sha256(path)
    try:
        if url.startswith(SCHEME):
            fetch_from_hub(url, path, expected)
        else:
            fetch(url, path, expected or None)
    except DownloadError as error:
        raise DownloadError(
            f"weights of {names}: {error} Without a network, put the file at {path} by hand, or run "
            "`snakemake weights` where there is one and copy the folder of models"
        ) from error
    _record(path, file_sha256(path))


def verified(name: str, paths: Sequence[str], expected: Sequence[str] | None) -> str:
    """The place of an embedder's weights: the file, or the folder that holds all files.

    Each must have the digest that the catalogue names, or else the one that was noted when it first came here; with
    None any file will do.

    Raises:
        SoundcheckError: a file is missing or is another one.
    """
    for path, sha256 in zip(map(Path, paths), expected or [""] * len(paths), strict=True):
        if not path.is_file():
            raise SoundcheckError(f"{name}: its weights {path} are not there; run `snakemake weights`")
        if expected is None:
            continue
        wanted, found = sha256 or recorded_sha256(path), file_sha256(path)
        if wanted and found != wanted:
            raise SoundcheckError(
                f"{name}: {path} has sha256 {found}, expected {wanted}. Remove the file, to download it again"
                + ("" if sha256 else f"; or remove {_note(path)}, to accept it as it is now")
            )
        _record(path, found)
    return paths[0] if len(paths) == 1 else os.path.commonpath(paths)


def recorded_sha256(path: Path) -> str:
    """The digest that was noted for a file, or nothing."""
    note = _note(path)
    return note.read_text(encoding="utf-8").split()[0] if note.is_file() else ""


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _record(path: Path, sha256: str) -> None:
    # A folder of models may be shared and read-only; then whoever filled it answers for it.
    if _note(path).exists() or not os.access(path.parent, os.W_OK):
        return
    with atomic(_note(path)) as temporary:
        temporary.write_text(f"{sha256}  {path.name}\n", encoding="utf-8")
