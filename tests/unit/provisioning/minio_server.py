"""A server that answers as MinIO does when it is asked who is told of new objects, and told whom to tell."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as Tree

from tests.listening import Listener, listening
from tests.unit.provisioning.minio_admin import ADMIN, Admin

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass(frozen=True)
class Told:
    """One whom MinIO tells of new objects."""

    arn: str
    prefix: str


@contextmanager
def minio(told: dict[str, list[Told]], *, before: str = "", admin: Admin | None = None) -> Iterator[str]:
    """A server on a port of this machine; gives its address.

    Args:
        told: Bucket -> who is told of its new objects.
        before: Address of a store that answers all else.
        admin: Who it knows.
    """

    class Handler(Listener):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            address = urlsplit(self.path)
            bucket, body = address.path.strip("/"), self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if admin and address.path.startswith(ADMIN):
                self._administer(admin, address.path.removeprefix(ADMIN), dict(parse_qsl(address.query)), body)
            elif address.query.split("=")[0] != "notification":
                self._forward(body)
            elif self.command == "PUT":
                self._give(*_configured(told, bucket, body, admin))
            else:
                self._give(200, {}, _written(told.get(bucket, [])))

        def _administer(self, admin: Admin, path: str, query: dict[str, str], body: bytes) -> None:
            status, text = admin.answer(path, query, body, self.headers.get("Authorization") or "")
            self._give(status, {}, text)

        def _forward(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(urlsplit(before).netloc)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # the host, too: it is signed
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            found = answer.read()
            connection.close()
            self._give(answer.status, dict(answer.getheaders()), found)

        def _give(self, status: int, headers: dict[str, str], body: bytes) -> None:
            _give(self, status, headers, body)

    with listening(Handler) as address:
        yield address


def _configured(
    told: dict[str, list[Told]], bucket: str, body: bytes, admin: Admin | None
) -> tuple[int, dict[str, str], bytes]:
    given = list(_read(body))
    if admin and not all(each.arn.startswith(f"arn:{admin.make}:") for each in given):
        return 400, {}, b"<Error><Code>InvalidArgument</Code><Message>no such destination</Message></Error>"
    told[bucket] = given
    return 200, {}, b""


def _give(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        if name.lower() not in ("transfer-encoding", "connection", "content-length"):
            handler.send_header(name, value)
    length = headers.get("Content-Length") if handler.command == "HEAD" else None
    handler.send_header("Content-Length", length or str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _written(told: list[Told]) -> bytes:
    entries = "".join(
        f"<QueueConfiguration><Id>1</Id><Queue>{each.arn}</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key>"
        f"<FilterRule><Name>prefix</Name><Value>{each.prefix}</Value></FilterRule></S3Key></Filter></QueueConfiguration>"
        for each in told
    )
    space = _SPACE.strip("{}")
    return f'<NotificationConfiguration xmlns="{space}">{entries}</NotificationConfiguration>'.encode()


def _read(body: bytes) -> Iterator[Told]:
    for entry in Tree.fromstring(body).iter(f"{_SPACE}QueueConfiguration"):
        yield Told(entry.findtext(f"{_SPACE}Queue") or "", next(entry.iter(f"{_SPACE}Value")).text or "")
