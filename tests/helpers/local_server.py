"""A web server on this machine that stands for the publishers of a dataset."""

import contextlib
import dataclasses
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[ThreadingHTTPServer]:
    """Serve the files below `folder` at `.address`; `.asked` lists the paths that were asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder)) as server:
        server.asked = []
        server.address = f"http://127.0.0.1:{server.server_port}"
        with running(server):
            yield server


@contextlib.contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def redirect(monkeypatch, module, address: str) -> None:
    """Have every remote of a dataset module point to the same path on another server."""
    for name, remote in module.REMOTES.items():
        path = remote.url.split("/", 3)[3]
        local = dataclasses.replace(remote, url=f"{address}/{path}", size=None, md5=None)
        monkeypatch.setitem(module.REMOTES, name, local)


def published(folder: Path, url: str) -> Path:
    """Where the file that is published at `url` lies below the served folder; its parents are made."""
    path = folder / url.split("/", 3)[3]
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
