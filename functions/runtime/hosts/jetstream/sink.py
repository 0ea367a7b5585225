"""The sink of a source: where CloudEvents are posted, and what its answers mean for the message."""

import http.client
import json
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self
from urllib.parse import quote, urlsplit

from events import NotAnEvent, wire
from functions.runtime.endings import Verdict
from functions.runtime.settings import SettingsError

AGAIN = {HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
"""Statuses below 500 after which the event is posted again; 404 is a gateway's, while a service is being made."""
SOON, LATEST = 1.0, 60.0
"""Seconds until it is, where the answer does not say."""
CONNECTING = 10.0
"""Seconds."""
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class Sink:
    """An address that takes CloudEvents, as a SinkBinding or a ContainerSource gives it (``K_SINK``).

    Args:
        url: The address.
        patience: Seconds for an answer; it comes when the function is done.
        authorities: PEM: who signs its certificate (``K_CA_CERTS``); empty for those whom the machine knows.
        extensions: CloudEvents attributes to be added (``K_CE_OVERRIDES``).
    """

    def __init__(
        self, url: str, *, patience: float, authorities: str = "", extensions: Mapping[str, str] | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"K_SINK is {url!r}, no address", hint="a SinkBinding sets it: http://HOST/PATH")
        self._host, self._port = parts.hostname, parts.port
        self._path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        self._tls = ssl.create_default_context(cadata=authorities or None) if parts.scheme == "https" else None
        self._patience = patience
        self._extensions = dict(extensions or {})

    @classmethod
    def of(cls, environ: Mapping[str, str], *, patience: float) -> Self:
        """Read what Knative tells a source by its environment.

        Raises:
            SettingsError: It is not there, or cannot be read.
        """
        try:
            overrides = json.loads(environ.get("K_CE_OVERRIDES") or "{}")
            added = {str(name): str(value) for name, value in (overrides.get("extensions") or {}).items()}
            certificates = environ.get("K_CA_CERTS", "")
            return cls(environ.get("K_SINK", ""), patience=patience, authorities=certificates, extensions=added)
        except (ValueError, AttributeError, ssl.SSLError) as error:
            raise SettingsError(f"K_SINK, K_CA_CERTS or K_CE_OVERRIDES: {error}") from error

    def post(self, document: bytes, name: str, times: int = 1) -> Verdict:
        """Post a message's document as the CloudEvent ``name``, for the ``times``-th time."""
        wait = min(SOON * 2 ** min(times - 1, 10), LATEST)
        try:
            status, after = self._ask(document, {**attributes(document, name), **self._extensions})
        except (OSError, http.client.HTTPException) as error:
            return Verdict("wait", f"{self._host}: {str(error) or type(error).__name__}", delay=wait)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return Verdict("done")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AGAIN:
            return Verdict("wait", f"{self._host} answers {status}", delay=after or wait)
        return Verdict("dead", f"{self._host} answers {status}")

    def _ask(self, document: bytes, told: Mapping[str, str]) -> tuple[int, float]:
        """Give the answer's status, and how many seconds it asks to wait."""
        headers = {f"ce-{name}": quote(value, safe=_PRINTABLE) for name, value in told.items()}
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(self._patience)
            connection.request("POST", self._path, document, {**headers, "content-type": "application/json"})
            answer = connection.getresponse()
            answer.read(65536)
            after = answer.getheader("retry-after", "")
            return answer.status, float(after) if after.isascii() and after.isdigit() else 0
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECTING, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=CONNECTING)


def attributes(document: bytes, name: str) -> dict[str, str]:
    """Name what a notification tells of, as CloudEvents attributes (cloudevents/spec, adapters/aws-s3.md).

    The subject is the key as it is, and ``bucket`` an extension, so that a Trigger can ask for both. What cannot be
    read goes on all the same: its function writes the dead letter.
    """
    common = {"specversion": "1.0", "id": name}
    try:
        told = wire.announcement(document).events[:1]
    except NotAnEvent:
        told = ()
    if not told:
        return {**common, "source": "noria", "type": "noria.notification"}
    event = told[0]
    return {
        **common,
        "source": f"{event.source or 'aws:s3'}..{event.bucket}",
        "type": "com.amazonaws.s3.ObjectCreated:Put",
        "subject": event.key,
        "time": event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "bucket": event.bucket,
    }
