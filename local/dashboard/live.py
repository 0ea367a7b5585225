"""Live: what changes of a page is sent to whoever looks, as server-sent events (HTML standard, section 9.2).

Everything is text by topic and name. A teller of a topic is asked once a second while anybody follows it, however many
do; followers are told what is new since their last message, and all of it at first.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

import anyio
from anyio import to_thread

from local.dashboard.pages import Teller
from local.dashboard.sources import Sources

EVERY = 1.0
"""Seconds between two looks."""
MOST_FOLLOWERS = 64
log = logging.getLogger("noria.dashboard")
Told = Mapping[str, Mapping[str, str]]


@dataclass(eq=False)
class Follower:
    """One page that is open."""

    topics: frozenset[str]
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Live:
    """Looks at the topics that are followed, and tells the followers."""

    sources: Sources
    tellers: Mapping[str, Teller]
    _now: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _followers: set[Follower] = field(default_factory=set)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            if self._followers:
                self.sources.attention.look()
            wanted = {topic for follower in self._followers for topic in follower.topics}
            for topic in wanted:
                await self._look(topic)
            for gone in self._now.keys() - wanted:
                del self._now[gone]
            await asyncio.sleep(EVERY)

    async def _look(self, topic: str) -> None:
        try:
            told = await to_thread.run_sync(self.tellers[topic], self.sources)
        except Exception as error:  # noqa: BLE001 - the store is away for a moment, or one page has a mistake
            log.warning("not told", extra={"topic": topic, "reason": f"{type(error).__name__}: {error}"[:300]})
            return
        if told != self._now.get(topic):
            self._now[topic] = told
            for follower in self._followers:
                if topic in follower.topics:
                    follower.news.set()

    async def follow(self, topics: Sequence[str], over: anyio.Event) -> AsyncGenerator[dict[str, str], None]:
        """Give messages for ``sse_starlette`` until it is ``over``: what has changed, as ``{topic: {name: text}}``."""
        follower = Follower(frozenset(topics) & self.tellers.keys())
        if len(self._followers) >= MOST_FOLLOWERS:
            return
        self._followers.add(follower)
        before: dict[str, Mapping[str, str]] = {}
        try:
            while not over.is_set():
                now = {topic: self._now[topic] for topic in follower.topics if topic in self._now}
                if news := changes(before, now):
                    yield {"event": "changed", "data": json.dumps(news)}
                before = before | now
                await _either(follower.news, over)
                follower.news.clear()
        finally:
            self._followers.discard(follower)


async def _either(news: asyncio.Event, over: anyio.Event) -> None:
    """Wait for the first of both."""
    async with anyio.create_task_group() as tasks:

        async def wait(one: asyncio.Event | anyio.Event) -> None:
            await one.wait()
            tasks.cancel_scope.cancel()

        tasks.start_soon(wait, news)
        tasks.start_soon(wait, over)


def changes(before: Told, now: Told) -> dict[str, dict[str, str]]:
    """Give what of ``now`` was otherwise or was not there; a name that is gone becomes empty."""
    news: dict[str, dict[str, str]] = {}
    for topic, told in now.items():
        known = before.get(topic, {})
        new = {name: text for name, text in told.items() if known.get(name) != text}
        new |= dict.fromkeys(known.keys() - told.keys(), "")
        if new or topic not in before:
            news[topic] = new
    return news
