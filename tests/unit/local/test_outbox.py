"""Where the publisher's place is while changes are under way; what it does with a real broker is in tests/pipeline."""

import asyncio
from typing import Any, cast

import pytest
from nats.js import JetStreamContext
from nats.js.api import PubAck

from events import ObjectCreated
from local.publisher.metadata import PUT, Change
from local.publisher.outbox import IN_FLIGHT, Outbox


class Slow:
    """A broker that acknowledges when told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.largest = 0
        self.answers: dict[str, asyncio.Future[PubAck]] = {}

    async def publish(self, subject: str, payload: bytes, *, timeout: float, headers: dict[str, str]) -> PubAck:
        id_ = headers["Nats-Msg-Id"]
        self.asked.append(id_)
        self.largest = max(self.largest, len(payload))
        self.answers[id_] = asyncio.get_running_loop().create_future()
        return await self.answers[id_]

    def acknowledge(self, id_: str) -> None:
        self.answers[id_].set_result(PubAck(stream="EVENTS", seq=1))


def change(id_: str) -> Change:
    return Change(PUT, ObjectCreated(bucket="photos", key="k"), id_)


def outbox(broker: Any) -> Outbox:
    there = asyncio.Event()
    there.set()
    return Outbox(cast("JetStreamContext", broker), there)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_place_stays_before_what_is_not_acknowledged() -> None:
    async def scenario() -> list[int]:
        broker = Slow()
        box = outbox(broker)
        places = [box.complete_ns]
        for ts_ns in (100, 200, 300):
            await box.put(change(f"{ts_ns}"), ts_ns)
            box.passed(ts_ns)
        await settle()
        for id_ in ("200", "100", "300"):
            places.append(box.complete_ns)
            broker.acknowledge(id_)
            await settle()
        return [*places, box.complete_ns]

    assert asyncio.run(scenario()) == [0, 99, 99, 299, 300]


def test_a_walk_holds_the_place_however_far_the_log_is() -> None:
    async def scenario() -> tuple[int, int]:
        box = outbox(Slow())
        ticket = box.hold(50)
        box.passed(1000)
        held = box.complete_ns
        box.release(ticket)
        return held, box.complete_ns

    assert asyncio.run(scenario()) == (49, 1000)


def test_no_more_than_so_many_are_under_way() -> None:
    async def scenario() -> tuple[int, int]:
        broker = Slow()
        box = outbox(broker)
        for n in range(IN_FLIGHT):
            await box.put(change(str(n)), n)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(box.put(change("late"), IN_FLIGHT), 0.05)
        under_way = box.in_flight
        broker.acknowledge("0")
        await box.put(change("later"), IN_FLIGHT)
        await settle()
        asked = len(broker.asked)
        await box.drain(0)
        return under_way, asked

    assert asyncio.run(scenario()) == (IN_FLIGHT, IN_FLIGHT + 1)


def test_what_an_earlier_run_published_is_not_published_again() -> None:
    async def scenario() -> list[str]:
        broker = Slow()
        box = outbox(broker)
        box.remember(["known"])
        await box.put(change("known"), 1)
        await box.put(change("new"), 2)
        await settle()
        await box.drain(0)
        return broker.asked

    assert asyncio.run(scenario()) == ["new"]


def test_our_own_fault_is_not_swallowed_and_the_place_is_kept() -> None:
    class Broken:
        async def publish(self, *_: object, **__: object) -> None:
            raise KeyError("our own fault")

    async def scenario() -> int:
        box = outbox(Broken())
        await box.put(change("1"), 100)
        box.passed(200)
        await settle()
        with pytest.raises(KeyError, match="our own fault"):
            box.check()
        return box.complete_ns

    assert asyncio.run(scenario()) == 99


def test_more_metadata_than_a_message_takes_is_left_out() -> None:
    async def scenario() -> int:
        broker = Slow()
        box = outbox(broker)
        event = ObjectCreated(bucket="photos", key="k", metadata={"much": "x" * 2**20})
        await box.put(Change(PUT, event, "1"), 1)
        await settle()
        await box.drain(0)
        return broker.largest

    assert 0 < asyncio.run(scenario()) < 2**20
