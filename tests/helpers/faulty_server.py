"""A web server on this machine that fails in the ways that servers do."""

import contextlib
import datetime
import hashlib
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from local_server import running

from soundcheck.plumbing.downloads import fetching

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one file; each request takes the next fault from `faults`, and none once they are used up."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.faults, self.ranges = CONTENT, '"1"', [], []
        self.go_on = threading.Event()
        self.missing, self.before_answer = set(), lambda: None
        self.retry_after = self.modified = None
        self.url = f"http://127.0.0.1:{self.server_port}/notes.zip"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()

    def do_GET(self):
        server = self.server
        if self.path in server.missing:
            return self.answer(404, b"")
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        server.before_answer()
        fault = server.faults.pop(0) if server.faults else None
        if isinstance(fault, int):
            return self.answer(fault, b"", {"Retry-After": server.retry_after} if server.retry_after else None)
        if fault == "slow":
            return self.drip(5.0)
        if fault == "trickle":
            return self.trickle()
        if fault == "html":
            return self.answer(200, b"<!DOCTYPE html><title>Please log in</title>", {"Content-Type": "text/html"})
        start = 0
        current = self.headers.get("If-Range") in (None, server.etag) or fault == "ignores version"
        if wanted and current and fault != "ignores range":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(server.content):
            return self.answer(416, b"", {"Content-Range": f"bytes */{len(server.content)}"})
        end = len(server.content)
        if fault == "short range":
            end = start + 1000
        elif fault == "other range":
            start, end = 1000, 1000 + end - start
        headers = {"ETag": server.etag} if server.etag else {}
        headers |= {"Last-Modified": server.modified} if server.modified else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(server.content)}"
        self.answer(206 if start else 200, server.content[start:end], headers, cut=fault == "cut")

    def drip(self, seconds):
        """Send the file in a trickle, until the other side has had enough."""
        n_pieces = int(seconds * 200)
        self.send_response(200)
        self.send_header("Content-Length", str(n_pieces * (1 << 14)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for _ in range(n_pieces):
                self.wfile.write(bytes(1 << 14))
                time.sleep(0.005)
        self.close_connection = True

    def trickle(self):
        """Send a few bytes, one at a time, and wait for the test."""
        self.send_response(200)
        self.send_header("ETag", self.server.etag)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for byte in self.server.content[:20]:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.02)
            self.server.go_on.wait(20)
        self.close_connection = True

    def answer(self, status, body, headers=None, cut=False):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.close_connection = True


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A running server."""
    with Server() as server, running(server):
        yield server


@contextlib.contextmanager
def serving_over_tls(certificate: Path, days: int = 1) -> Iterator[Server]:
    """A server with a certificate that nobody has signed, written to this file, and is valid for so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(start)
    made = made.not_valid_after(start + datetime.timedelta(days=10 + days))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = made.add_extension(address, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = certificate.with_suffix(".key")
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    with Server() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url = server.url.replace("http://", "https://")
        with running(server):
            yield server


def fetch(server: Server, target: Path, **arguments: object) -> Path:
    """Download the server's file, with three attempts and no pause."""
    return fetching.fetch(server.url, target, **({"backoff_s": 0, "attempts": 3} | arguments))


def left_behind(target: Path) -> list[str]:
    """What lies in the folder of a file."""
    return sorted(path.name for path in target.parent.iterdir())
