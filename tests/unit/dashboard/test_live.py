import asyncio
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import anyio

from local.dashboard.attention import Attention
from local.dashboard.live import Live, changes
from local.dashboard.sources import Sources


class Clock:
    """A teller whose text is set by the test."""

    def __init__(self) -> None:
        self.now: dict[str, str] = {"a": "1", "b": "2"}
        self.asked = 0

    def __call__(self, _: Sources) -> Mapping[str, str]:
        self.asked += 1
        return dict(self.now)


def live_with(clock: Clock) -> Live:
    return Live(cast("Sources", SimpleNamespace(attention=Attention())), {"counts": clock})


def test_only_what_has_changed_is_sent() -> None:
    before = {"counts": {"a": "1", "b": "2", "c": "3"}}
    now = {"counts": {"a": "1", "b": "5"}}

    assert changes(before, now) == {"counts": {"b": "5", "c": ""}}
    assert changes(now, now) == {}


def test_a_topic_that_is_new_is_told_even_if_it_is_empty() -> None:
    assert changes({}, {"counts": {}}) == {"counts": {}}


async def _next(feed: Any) -> Any:
    return json.loads((await asyncio.wait_for(anext(feed), 60))["data"])


def test_a_follower_hears_everything_first_and_then_what_is_new() -> None:
    async def follow() -> tuple[Any, Any]:
        clock = Clock()
        live = live_with(clock)
        working = asyncio.create_task(live.run())
        feed = live.follow(["counts", "no-such-topic"], anyio.Event())
        first = await _next(feed)
        clock.now["b"] = "3"
        second = await _next(feed)
        working.cancel()
        await feed.aclose()
        return first, second

    assert asyncio.run(follow()) == ({"counts": {"a": "1", "b": "2"}}, {"counts": {"b": "3"}})


def test_while_nobody_looks_nobody_is_asked() -> None:
    async def idle() -> int:
        clock = Clock()
        working = asyncio.create_task(live_with(clock).run())
        await asyncio.sleep(0.05)
        working.cancel()
        return clock.asked

    assert asyncio.run(idle()) == 0


def test_who_follows_is_let_go_when_the_server_stops() -> None:
    async def stop() -> list[Any]:
        over = anyio.Event()
        live = live_with(Clock())
        working = asyncio.create_task(live.run())
        feed = live.follow(["counts"], over)
        await _next(feed)
        over.set()
        left = [message async for message in feed]
        working.cancel()
        return left

    assert asyncio.run(asyncio.wait_for(stop(), 60)) == []


def test_whoever_follows_is_looking() -> None:
    async def follow() -> tuple[bool, bool]:
        live = live_with(Clock())
        working = asyncio.create_task(live.run())
        await asyncio.sleep(0)
        before = live.sources.attention.is_there
        feed = live.follow(["counts"], anyio.Event())
        await _next(feed)
        working.cancel()
        await feed.aclose()
        return before, live.sources.attention.is_there

    assert asyncio.run(follow()) == (False, True)


def test_a_topic_that_cannot_be_told_keeps_no_other_from_being_told() -> None:
    def broken(_: Sources) -> Mapping[str, str]:
        raise KeyError("our own mistake")

    async def follow() -> Any:
        live = live_with(Clock())
        live.tellers = {"broken": broken, **live.tellers}
        working = asyncio.create_task(live.run())
        feed = live.follow(["broken", "counts"], anyio.Event())
        told = await _next(feed)
        working.cancel()
        await feed.aclose()
        return told

    assert asyncio.run(follow()) == {"counts": {"a": "1", "b": "2"}}
