"""A web server on this machine that answers as the Hugging Face hub does for the files of one model."""

import contextlib
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local_server import running

REVISION = "0123456789abcdef0123456789abcdef01234567"
MODEL = "owner/name"
CONTENT = bytes(range(256)) * 20000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Hub(ThreadingHTTPServer):
    """Serves `files` of the model.

    `refusal` is what it answers in their place, as (status, X-Error-Code); `asked` lists (method, token, Range) of all
    requests; `breaks_at` is the byte at which the first transfer breaks off; `is_hub` is False for another web server.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {"model.bin": CONTENT}
        self.refusal: tuple[int, str] | None = None
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.breaks_at: int | None = None
        self.is_hub = True
        self.address = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        hub, wanted = self.server, self.headers.get("Range")
        hub.asked.append((self.command, self.headers.get("Authorization"), wanted))
        if hub.refusal:
            return self._refuse(*hub.refusal)
        revision, _, file = self.path.removeprefix(f"/{MODEL}/resolve/").partition("/")
        if revision != REVISION:
            return self._refuse(404, "RevisionNotFound")
        if file not in hub.files:
            return self._refuse(404, "EntryNotFound")
        content = hub.files[file]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if hub.is_hub:
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.end_headers()
        if with_body and hub.breaks_at is not None:
            self.wfile.write(content[start : hub.breaks_at])
            hub.breaks_at, self.close_connection = None, True
        elif with_body:
            self.wfile.write(content[start:])

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def serving_hub() -> Iterator[Hub]:
    """A hub that answers at `.address`, to be named by HF_ENDPOINT."""
    with Hub() as hub, running(hub):
        yield hub
