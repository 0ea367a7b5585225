"""A message that the broker gives up is not lost: it ends as one dead letter, or as what it came to meanwhile."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from pydantic import SecretStr

import fdl
from events import ObjectCreated, wire
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.runner import InProcess
from functions.runtime.runs import Run, run_id
from functions.runtime.store import Store
from local.backstop import bury
from local.broker import ADVISORIES
from local.letters import letter_places, read_letter
from tests.pipeline.conftest import ADMIN, Plane, plane_in
from tests.pipelines import pipeline
from tests.waiting import eventually


@dataclass
class Ground:
    """One service whose messages nobody ends, on a store and a broker."""

    plane: Plane
    service: fdl.Service
    given: Configuration

    @property
    def store(self) -> Store:
        return Store(self.given)

    def letters(self) -> list[str]:
        places = letter_places(self.service, self.store, self.given.ledger)
        return [read_letter(self.store, *place).letter.reason for place in places]

    def run(self, event: ObjectCreated) -> Run | None:
        return self.engine.ledger.find(f"{self.service.name}/{run_id(self.service.name, event)}")

    @property
    def engine(self) -> Engine:
        copy = load("tests.handlers:copy")
        return Engine(self.service, InProcess(copy, copy.settings()), self.store, self.given, host="test")

    def give_up(self, *messages: bytes) -> None:
        """Publish messages, and refuse each as often as it comes."""

        async def refuse(js: JetStreamContext) -> None:
            consumer = ConsumerConfig(max_deliver=2, ack_wait=60, filter_subject=f"events.{self.service.name}")
            pulled = await js.pull_subscribe(f"events.{self.service.name}", durable=self.service.name, config=consumer)
            for message in messages:
                await js.publish(f"events.{self.service.name}", message)
            for _ in range(2 * len(messages)):
                for each in await pulled.fetch(1, timeout=30):
                    await each.nak()
            with pytest.raises(TimeoutError):
                await pulled.fetch(1, timeout=0.5)

        self.plane.ask(refuse)

    def bury(self) -> None:
        """Look for what was given up until it is buried: a look does not wait for a broker that takes its time."""

        async def looked(js: JetStreamContext) -> bool:
            await bury(js, self.service, self.given)
            backstop = await js.consumer_info(ADVISORIES, f"backstop-{self.service.name}")
            return bool(backstop.ack_floor and backstop.ack_floor.consumer_seq)

        eventually(lambda: self.plane.ask(looked), 90)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Start a store and a broker of this module: what it publishes is no event at times."""
    plane = plane_in(tmp_path_factory.mktemp("backstop"))
    try:
        plane.start()
        yield plane
    finally:
        plane.close()


@pytest.fixture
def ground(plane: Plane) -> Ground:
    name = f"copy-{uuid.uuid4().hex[:8]}"
    service = fdl.loads(pipeline(name, f"unwatched/{name}", f"photos-blurred/{name}")).services[0]
    secret = SecretStr(ADMIN.secret_key)
    given = Configuration(
        store_url=plane.store.endpoint, store_access_key=ADMIN.access_key, store_secret_key=secret, ledger="unwatched"
    )
    return Ground(plane, service, given)


def upload(ground: Ground, name: str) -> ObjectCreated:
    key = f"{ground.service.name}/{name}"
    return ObjectCreated(bucket="unwatched", key=key, etag=ground.store.write("unwatched", key, b"hello"))


def test_what_the_broker_gives_up_is_a_dead_letter_that_says_how_often_it_came(ground: Ground) -> None:
    event = upload(ground, "a.txt")
    ground.give_up(wire.minio_document(event))

    for _ in range(2):
        ground.bury()

    run = ground.run(event)
    assert run is not None
    assert run.state == "failed"
    assert ground.letters() == ["its message was delivered 2 times and never came to an end"]


def test_what_came_to_its_end_all_the_same_gets_no_letter(ground: Ground) -> None:
    event = upload(ground, "a.txt")
    ground.engine.process(event)
    ground.give_up(wire.minio_document(event))

    ground.bury()

    run = ground.run(event)
    assert run is not None
    assert run.state == "committed"
    assert ground.letters() == []


def test_a_message_that_is_no_event_is_a_dead_letter_too(ground: Ground) -> None:
    ground.give_up(b"no event")

    ground.bury()

    assert ground.letters() == ["the document is not JSON at line 1, column 1"]
