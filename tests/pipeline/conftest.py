"""A real store, a real broker and the real publisher, started for the tests and killed after them."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3
import nats
import pytest
from botocore.config import Config
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from events import ObjectCreated
from events.wire import read
from local.broker import EVENTS, PUBLISHER_PERMISSIONS, Broker, User, ensure_streams
from local.process import Process
from local.weed import Identity, Weed
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]
ADMIN = Identity.generate("admin", ["Admin"])
OPERATOR = User("operator", "operators-password")
PUBLISHER = User("publisher", "publishers-password", PUBLISHER_PERMISSIONS)
BUCKETS = ("photos", "photos-blurred", "unwatched")

T = TypeVar("T")


@dataclass
class Announced:
    """One message of the stream."""

    id: str
    event: ObjectCreated


@dataclass
class Plane:
    """Store, broker and publisher in a folder of their own."""

    folder: Path
    store: Weed
    broker: Broker
    publisher: Process | None = None
    _client: "S3Client | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start store and broker and make the streams."""
        self.store.start()
        self.broker.start()
        self.broker.wait_until_ready()
        self.store.wait_until_ready()
        self.ask(ensure_streams)

    def start_publisher(self, *buckets: str, password: str = PUBLISHER.password) -> Process:
        """Start the publisher and wait until it follows the log."""
        watched = [part for bucket in buckets or ("photos",) for part in ("--bucket", bucket)]
        servers = ["--filer", self.store.filer, "--nats", self.broker.url]
        publisher = Process(
            "publisher",
            [sys.executable, "-m", "local.publisher", *servers, *watched],
            folder=self.folder,
            environment={"NORIA_NATS_USER": PUBLISHER.name, "NORIA_NATS_PASSWORD": password},
            cwd=ROOT,
        )
        publisher.log.unlink(missing_ok=True)
        publisher.start()
        self.publisher = publisher
        eventually(lambda: '"ready"' in self.said() or not publisher.alive)
        return publisher

    def said(self) -> str:
        """What the publisher has logged since its start."""
        return self.publisher.log.read_text() if self.publisher and self.publisher.log.exists() else ""

    @property
    def s3(self) -> "S3Client":
        """An administrator's client of the store."""
        if self._client is None:
            self._client = s3_client(self.store.endpoint, ADMIN)
        return self._client

    def ask(self, question: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        """Ask the broker something."""

        async def connected() -> T:
            client = await nats.connect(self.broker.url, user=OPERATOR.name, password=OPERATOR.password)
            try:
                return await question(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connected())

    def announced(self) -> list[Announced]:
        """Everything in the stream, in its order."""
        return self.ask(_messages)

    def await_keys(self, keys: Sequence[str], timeout_s: float = 60) -> list[Announced]:
        """The stream, once these keys are in it."""
        eventually(lambda: set(keys) <= {one.event.key for one in self.announced()}, timeout_s)
        return self.announced()

    def close(self) -> None:
        """Kill what runs."""
        if self._client is not None:
            self._client.close()
        for part in (self.publisher, self.broker, self.store):
            if part is not None:
                part.kill()


async def _messages(js: JetStreamContext) -> list[Announced]:
    last = (await js.stream_info(EVENTS)).state.last_seq
    found = []
    for sequence in range(1, last + 1):
        try:
            message = await js.get_msg(EVENTS, seq=sequence)
        except NotFoundError:
            continue
        id_ = (message.headers or {})["Nats-Msg-Id"]
        found += [Announced(id_, event) for event in read(message.data or b"")]
    return found


def s3_client(endpoint: str, who: Identity) -> "S3Client":
    """A client that does not try again: a test wants to see what the first answer was."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=who.access_key,
        aws_secret_access_key=who.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def operators(plane: Plane) -> dict[str, str]:
    """Give the variables that say where the servers are, for who may do everything there."""
    return {
        "NORIA_STORE_URL": plane.store.endpoint,
        "NORIA_STORE_ACCESS_KEY": ADMIN.access_key,
        "NORIA_STORE_SECRET_KEY": ADMIN.secret_key,
        "NORIA_NATS_URL": plane.broker.url,
        "NORIA_NATS_USER": OPERATOR.name,
        "NORIA_NATS_PASSWORD": OPERATOR.password,
    }


def plane_in(folder: Path) -> Plane:
    """A plane that is not started yet."""
    folder.mkdir(exist_ok=True)
    store = Weed(folder / "store", [ADMIN], buckets=BUCKETS, dies_with_parent=True)
    return Plane(folder, store, Broker(folder / "broker", [OPERATOR, PUBLISHER], dies_with_parent=True))


@pytest.fixture
def own_plane(tmp_path: Path) -> Iterator[Plane]:
    """Store and broker of one test, which may kill them."""
    plane = plane_in(tmp_path / "plane")
    try:
        plane.start()
        yield plane
    finally:
        plane.close()


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Store, broker and publisher of all tests; nobody may kill them, and the stream is never empty."""
    # The folder is named for the worker, should tests ever run in several.
    plane = plane_in(tmp_path_factory.mktemp(f"plane-{os.getpid()}"))
    try:
        plane.start()
        plane.start_publisher("photos", "photos-blurred")
        yield plane
    finally:
        plane.close()


@pytest.fixture(scope="session")
def store(plane: Plane) -> Weed:
    """The store of all tests."""
    return plane.store


@pytest.fixture(scope="session")
def broker(plane: Plane) -> Broker:
    """The broker of all tests."""
    return plane.broker
