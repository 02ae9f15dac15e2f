"""What it means that a server cannot be reached, or a connection breaks: the cause below the names of libraries."""

import socket
import ssl

import requests
import urllib3

CONNECTION_FAILURES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    # Of bytes that are read as they come, which `requests` does not translate.
    urllib3.exceptions.HTTPError,
)


def failure(problem: BaseException, host: str) -> tuple[str, bool]:
    """Why a connection to `host` failed, with what to do; and whether another attempt would fail alike."""
    causes = list(_causes(problem))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message or cause.reason
            return (
                f"the certificate of {host} cannot be verified ({why}): check the clock of this machine and the "
                "address; where a proxy or your own server has a certificate of its own, set REQUESTS_CA_BUNDLE to the "
                "file of its authority",
                True,
            )
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return (
                f"the name {host} cannot be resolved ({cause.strerror}): is there a network, is the address right",
                False,
            )
        if isinstance(cause, requests.exceptions.ProxyError):
            return f"the proxy between here and {host} failed ({_innermost(causes)}): see HTTPS_PROXY", False
    refused = urllib3.exceptions.NewConnectionError  # also a kind of timeout there
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if any(isinstance(cause, timeouts) and not isinstance(cause, refused) for cause in causes):
        return f"connection failed: {host} did not answer in time", False
    if any(isinstance(cause, urllib3.exceptions.IncompleteRead) for cause in causes):
        return f"connection failed: {host} ended it before all was sent", False
    return f"connection failed ({_innermost(causes)})", False


def _innermost(causes: list[BaseException]) -> str:
    """The cause in the words of the system, else those of the library that knows most."""
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, requests.RequestException):
            return cause.strerror
    return f"{type(causes[-1]).__name__}: {causes[-1]}".rstrip(": ")


def _causes(problem: BaseException) -> "list[BaseException]":
    """An exception and what it was raised from: outermost first; some libraries keep the cause in an argument."""
    found: list[BaseException] = []
    waiting: list[object] = [problem]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found
