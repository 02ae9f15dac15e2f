"""What lies in a user's folder, so that added or changed files are noticed."""

import hashlib
import os


def listing_digest(folder: str) -> str:
    """A digest of the names, sizes and times of all files below `folder`; empty when there is no such folder."""
    if not os.path.isdir(folder):
        return ""
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            facts = os.stat(os.path.join(parent, name), follow_symlinks=False)
            digest.update(f"{os.path.relpath(parent, folder)}/{name}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
