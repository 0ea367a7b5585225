"""The certificate that the embedded store and broker show, and how long a certificate is good for."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from functions.runtime.configuration import Configuration

ANSWER_LIMIT = 5.0
"""Seconds."""


@dataclass(frozen=True)
class Certificate:
    """PEM files: a server's certificate for 127.0.0.1 and localhost, its key, and who signed it."""

    cert: Path
    key: Path
    ca: Path

    @classmethod
    def of(cls, given: Configuration) -> Self | None:
        """Take what ``NORIA_TLS_*`` names; None where they name nothing."""
        if given.tls_cert is None or given.tls_key is None or given.tls_ca is None:
            return None
        return cls(given.tls_cert, given.tls_key.absolute(), given.tls_ca)


def is_here(url: str) -> bool:
    """Tell whether a URL is this machine's own, where nobody is on the way."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def expiry(url: str, context: ssl.SSLContext) -> datetime:
    """Ask the server at ``url`` for its certificate, and tell until when it is good.

    Raises:
        ssl.SSLCertVerificationError: It is not to be believed: expired, for another host, or signed by a stranger.
        OSError: There is no answer.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 4222)
    with socket.create_connection((parts.hostname or "", port), timeout=ANSWER_LIMIT) as plain:
        if parts.scheme != "https":
            _read_greeting(plain)
        with context.wrap_socket(plain, server_hostname=parts.hostname) as encrypted:
            found = encrypted.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)


def _read_greeting(stream: socket.socket) -> None:
    """Read the line in plain text with which a NATS server begins, and not a byte more."""
    while stream.recv(1) not in {b"\n", b""}:
        pass
