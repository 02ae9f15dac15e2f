"""Files of the Hugging Face hub, by `huggingface_hub`: with tokens, gated models, mirrors and Xet."""

import os
import shutil
import urllib.parse
from pathlib import Path

from soundcheck.plumbing.downloads.remote import Remote, fault_of, is_verified
from soundcheck.plumbing.errors import DownloadError, described, disk_fault
from soundcheck.plumbing.locks import waiting_lock

SCHEME = "hf://"
_HOST = "https://huggingface.co"


def fetch_from_hub(url: str, path: str | Path, sha256: str = "") -> Path:
    """Download `hf://owner/name/revision/file` to `path`, where it appears only when it is complete and verified.

    Nothing is done, and the network not used, if it is there. What the user has set for `huggingface_hub` counts: the
    token of HF_TOKEN or of `hf auth login`, the mirror HF_ENDPOINT, HF_HUB_OFFLINE; a file in its cache is copied.
    A connection that breaks is taken up again where it broke; a job that is killed begins the file anew.

    Raises:
        DownloadError: there is no such file, it is not for this user, the network fails, or it has another digest.
    """
    path = Path(path)
    remote = Remote(url, path.name, sha256=sha256 or None)
    if is_verified(path, remote):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(path.with_name(f".{path.name}.lock"), f"{path.name}: another run downloads it; waiting"):
            if not is_verified(path, remote):
                _download(remote, path)
    except OSError as problem:
        # Without a number it is not the disk's: the connection broke too often.
        reason = disk_fault(problem, path.parent) if problem.errno else f"{described(problem)}; run again later"
        raise _error(remote, reason) from problem
    return path


def _download(remote: Remote, path: Path) -> None:
    # A folder of its own: `huggingface_hub` keeps notes beside a file, and shows it before its digest is checked.
    folder = path.with_name(f".{path.name}.hub")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        received = _receive(remote, folder)
        fault = fault_of(received, remote)
        if fault:
            raise _error(remote, f"{fault}. The file was removed; check whether the published file has changed")
        received.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _receive(remote: Remote, folder: Path) -> Path:
    from huggingface_hub import errors, hf_hub_download

    owner, name, revision, file = remote.url.removeprefix(SCHEME).split("/", 3)
    endpoint = os.environ.get("HF_ENDPOINT", _HOST).rstrip("/")
    repo = f"{owner}/{name}"
    page = f"{endpoint}/{repo}"
    try:
        return Path(hf_hub_download(repo, file, revision=revision, local_dir=folder, endpoint=endpoint))
    except errors.GatedRepoError as problem:
        reason = (
            f"its authors give it to whoever accepts their terms; do so at {page}, then set HF_TOKEN to a token of the "
            "same account, or run `hf auth login`"
        )
        raise _error(remote, reason) from problem
    except errors.RepositoryNotFoundError as problem:
        reason = (
            f"there is no model {repo} at {endpoint}, or it is private; check its name, and for a private one set "
            "HF_TOKEN to a token that may read it, or run `hf auth login`"
        )
        raise _error(remote, reason) from problem
    except errors.RevisionNotFoundError as problem:
        raise _error(remote, f"{repo} has no revision {revision}; see {page}/commits/main") from problem
    except errors.RemoteEntryNotFoundError as problem:
        raise _error(remote, f"{repo} has no file {file!r} in its revision {revision}; see {page}/tree") from problem
    except errors.HfHubHTTPError as problem:
        raise _error(remote, _refusal(problem.response.status_code, endpoint)) from problem
    except errors.LocalEntryNotFoundError as problem:
        raise _error(remote, _unreachable(problem.__cause__, endpoint)) from problem
    except errors.HTTPError as problem:
        raise _error(remote, _unreachable(problem, endpoint)) from problem
    except (RuntimeError, ValueError) as problem:
        # Of Xet, and of names that the hub does not allow.
        raise _error(remote, described(problem)) from problem


def _refusal(status: int, endpoint: str) -> str:
    if status in (401, 403):
        return (
            f"{endpoint} refuses the token (HTTP {status}); make one that may read this model, and set HF_TOKEN to it "
            "or run `hf auth login`"
        )
    return f"{endpoint} answers HTTP {status}; run again later"


def _unreachable(cause: BaseException | None, endpoint: str) -> str:
    from huggingface_hub import errors

    if isinstance(cause, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it where there is a network"
    if isinstance(cause, errors.HfHubHTTPError):
        return _refusal(cause.response.status_code, endpoint)
    if isinstance(cause, errors.FileMetadataError):
        return f"what answers at {endpoint} is no Hugging Face hub (HF_ENDPOINT names it, or a proxy stands between)"
    if cause is None:
        return f"{endpoint} cannot be reached"
    from soundcheck.plumbing.downloads.failures import failure

    return f"{endpoint} cannot be reached: {failure(cause, urllib.parse.urlsplit(endpoint).hostname or endpoint)[0]}"


def _error(remote: Remote, reason: str) -> DownloadError:
    return DownloadError(f"cannot download {remote.file} from {remote.url}: {reason}.")
