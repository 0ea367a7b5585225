"""``burst``: thousands of objects at once, how long until all are committed; what it costs to hear of them again."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from functions.runtime.hosts.jetstream.consumer import connect
from tests.performance.contestants import FLOOR, NORIA, Contestant
from tests.performance.figures import notes, ratio, show_table
from tests.performance.load import spread_out
from tests.performance.supervised import SupervisedBench
from tests.performance.traffic import Upload, passages

COUNT = 5000
SECONDS = 30.0
LIMITS = {"drained": 120.0, "replay": 5.0}
"""Seconds from the first PUT to the last commit record; milliseconds for an event that comes again."""


@dataclass(frozen=True)
class Drained:
    """A burst: seconds from its first PUT to its last one's start, and to its last result; events a second."""

    title: str
    count: int
    lost: int
    uploading: float
    drained: float
    rate: float


@dataclass(frozen=True)
class Again:
    """The whole stream once more: milliseconds an event, and what changed in the store for it."""

    events: int
    milliseconds: float
    changed: int


def burst(bench: SupervisedBench, count: int = COUNT, seconds: float = SECONDS) -> dict[str, object]:
    """Measure, print the tables and give the figures."""
    bench.start(FLOOR)
    floor = _drained(bench, FLOOR, count, seconds)
    bench.stop(FLOOR)
    ours = _drained(bench, NORIA, count, seconds)
    again = _again(bench)
    slower = ratio(ours.drained, floor.drained)
    show_table(
        f"{count} objects in {seconds:g} s",
        ["", "lost", "last PUT s", "drained s", "events/s"],
        [(each.title, each.lost, each.uploading, each.drained, each.rate) for each in (ours, floor)],
    )
    show_table("noria / floor", ["", "drained"], [("seconds", slower)])
    show_table(
        "The stream again",
        ["", "events", "ms an event", "objects changed"],
        [("noria", again.events, again.milliseconds, again.changed)],
    )
    targets = _targets(ours, again)
    rows = [(t["target"], t["measured"], t["below"], "yes" if t["holds"] else "NO") for t in targets]
    show_table("Targets", ["", "measured", "below", "holds"], rows)
    return {
        "seconds": seconds,
        "noria": asdict(ours),
        "floor": asdict(floor),
        "ratios": {"drained": slower},
        "replay": asdict(again),
        "targets": targets,
    }


def _drained(bench: SupervisedBench, who: Contestant, count: int, seconds: float) -> Drained:
    notes.print(f"[dim]{who.name}: {count} uploads in {seconds:g} s")
    uploads = spread_out(bench, who, count, count / seconds, "burst")
    bench.wait_answered(who, timeout_s=600)
    there = _finished(bench, uploads)
    first = min(each.began for each in uploads)
    last = max((each.committed for each in passages(bench, there)), default=float("nan"))
    uploading = max(each.began for each in uploads) - first
    return Drained(who.title, count, count - len(there), uploading, last - first, len(there) / (last - first))


def _finished(bench: SupervisedBench, uploads: Sequence[Upload]) -> list[Upload]:
    """Leave out what was lost: for a peer, which keeps no records, nothing is known to be."""

    def is_there(upload: Upload) -> bool:
        return upload.who != NORIA or ((run := bench.ledger.find(upload.run)) is not None and run.state == "committed")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(is_there, uploads))
    return [upload for upload, there in zip(uploads, found, strict=True) if there]


def _again(bench: SupervisedBench) -> Again:
    """Put every message about noria's objects into the stream again, and wait until all are answered."""
    before = _everything(bench)
    documents, passed = asyncio.run(_publish_again(bench))
    began = time.monotonic()
    bench.expect(NORIA, documents)
    bench.wait_answered(NORIA, timeout_s=600)
    passed += time.monotonic() - began
    return Again(documents, passed / documents * 1000, len(before ^ _everything(bench)))


def _everything(bench: SupervisedBench) -> set[tuple[str, str]]:
    """Name all objects that noria makes, with their ETags."""
    return {
        (f"{bucket}/{stat.key}", stat.etag)
        for bucket, folder in ((NORIA.target, ""), (bench.configuration.ledger, NORIA.name))
        for stat in bench.store.list(bucket, folder)
    }


async def _publish_again(bench: SupervisedBench) -> tuple[int, float]:
    """Give how many there were, and the seconds that it took to publish them."""
    client = await connect(bench.configuration)
    try:
        js = client.jetstream()
        documents = await _documents(js, bench.configuration.stream)
        began = time.monotonic()
        await asyncio.gather(*[await js.publish_async(f"events.{NORIA.source}", each) for each in documents])
        return len(documents), time.monotonic() - began
    finally:
        await client.close()


async def _documents(js: JetStreamContext, stream: str) -> list[bytes]:
    found: list[bytes] = []
    sequence = 1
    while True:
        try:
            message = await js.get_msg(stream, seq=sequence, subject=f"events.{NORIA.source}", next=True)
        except NotFoundError:
            return found
        found.append(message.data or b"")
        sequence = (message.seq or sequence) + 1


def _targets(ours: Drained, again: Again) -> list[dict[str, object]]:
    rows: list[tuple[str, float, float]] = [
        ("drained after the first PUT, s", ours.drained, LIMITS["drained"]),
        ("lost", float(ours.lost), 1),
        ("an event that comes again, ms", again.milliseconds, LIMITS["replay"]),
        ("objects changed by a replay", float(again.changed), 1),
    ]
    return [
        {"target": name, "measured": measured, "below": limit, "holds": measured < limit}
        for name, measured, limit in rows
    ]
