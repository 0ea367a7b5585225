"""Changes on their way to JetStream: a bounded number at once, each until it is acknowledged."""

import asyncio
import itertools
import logging
import time
from collections import deque

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from events.wire import minio_document
from local.publisher.metadata import Change

IN_FLIGHT = 256
ACK_TIMEOUT_S = 2.0
WARN_EVERY_S = 10.0
BACKOFF_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)

# Half of what the broker takes in one message.
LARGEST = 512 * 1024

# As long as a resume looks back (90 s), and a little more; no more than fit into one value, and into 8 MB of memory.
RECENT_NS = 100 * 10**9
MOST_RECENT = 40_000

log = logging.getLogger(__name__)


class Outbox:
    """Publishes changes and knows up to when everything is published."""

    def __init__(self, js: JetStreamContext, broker_is_there: asyncio.Event) -> None:
        self._js = js
        self._broker_is_there = broker_is_there
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._tickets = itertools.count()
        self._pending: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._warn_again_at = 0.0
        self._failure: BaseException | None = None
        self._seen_ns = 0
        self._recent: deque[tuple[int, str]] = deque(maxlen=MOST_RECENT)
        self._known: set[str] = set()
        self.counts = {"published": 0, "duplicate": 0, "known": 0}

    async def put(self, change: Change, ts_ns: int) -> None:
        """Take a change over; waits while too many are under way."""
        if change.id in self._known:
            self.counts["known"] += 1
            return
        ticket = self.hold(ts_ns)
        await self._slots.acquire()
        task = asyncio.create_task(self._deliver(change, ts_ns, ticket))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def check(self) -> None:
        """Raise what stopped a delivery, if our own code was wrong; what it held back stays held back."""
        if self._failure is not None:
            raise self._failure

    def passed(self, ts_ns: int) -> None:
        """Note that the log was read up to this time, and all changes before it were put."""
        self._seen_ns = max(self._seen_ns, ts_ns)

    def hold(self, ts_ns: int) -> int:
        """Keep ``complete_ns`` before this time until the ticket is released."""
        ticket = next(self._tickets)
        self._pending[ticket] = ts_ns
        return ticket

    def release(self, ticket: int) -> None:
        """Give a ticket back."""
        self._pending.pop(ticket, None)

    @property
    def complete_ns(self) -> int:
        """Everything up to this time of the log is published; 0 when nothing is known."""
        return min(self._pending.values()) - 1 if self._pending else self._seen_ns

    @property
    def in_flight(self) -> int:
        """How many changes wait for their acknowledgement."""
        return len(self._tasks)

    async def drain(self, timeout_s: float) -> None:
        """Wait until all is acknowledged, but not longer; what is not then stays before ``complete_ns``."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        for task in self._tasks:
            task.cancel()

    def remember(self, ids: list[str]) -> None:
        """Take what an earlier run published for published, for ever."""
        self._known = set(ids)

    def recent(self) -> list[str]:
        """The ids published lately: the ones that the next run would publish again."""
        since = self._seen_ns - RECENT_NS
        return [id_ for ts_ns, id_ in self._recent if ts_ns >= since]

    async def _deliver(self, change: Change, ts_ns: int, ticket: int) -> None:
        """Publish until acknowledged, however long the broker is away."""
        subject = f"events.{change.event.bucket}"
        payload = _document(change)
        try:
            for attempt in itertools.count():
                # While it is away nats-py would keep all that is published, and send every try of it afterwards.
                await self._broker_is_there.wait()
                try:
                    ack = await self._js.publish(
                        subject, payload, timeout=ACK_TIMEOUT_S, headers={"Nats-Msg-Id": change.id}
                    )
                except (NatsError, OSError) as error:
                    await self._wait(attempt, error)
                else:
                    self.counts["duplicate" if ack.duplicate else "published"] += 1
                    self._note(ts_ns, change.id)
                    self.release(ticket)
                    return
        finally:
            self._slots.release()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    async def _wait(self, attempt: int, error: Exception) -> None:
        # Once an outage, not once a change.
        if time.monotonic() > self._warn_again_at:
            self._warn_again_at = time.monotonic() + WARN_EVERY_S
            log.warning("not acknowledged, trying again", extra={"error": repr(error), "in_flight": self.in_flight})
        await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])

    def _note(self, ts_ns: int, id_: str) -> None:
        self._recent.append((ts_ns, id_))
        while self._recent and self._recent[0][0] < self._seen_ns - RECENT_NS:
            self._recent.popleft()


def _document(change: Change) -> bytes:
    """What MinIO would send; without the user metadata, a hint only, where a store allowed too much of it."""
    document = minio_document(change.event, event_name=change.name)
    if len(document) <= LARGEST:
        return document
    return minio_document(change.event.model_copy(update={"metadata": {}}), event_name=change.name)
