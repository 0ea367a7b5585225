"""Uploads: paced, one after the other, or a backlog; and what became of each, by the store's own log."""

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from events import ObjectCreated
from functions.runtime.runs import run_id
from local.publisher.filer import Filer
from local.publisher.metadata import BUCKETS
from tests.performance.bench import Bench, BenchError
from tests.performance.contestants import NORIA, Contestant
from tests.performance.copying import SIZE, stamp
from tests.performance.peers.given import output_of


@dataclass(frozen=True)
class Upload:
    """One object that was put for a contestant, and when the PUT began (seconds since the epoch)."""

    who: Contestant
    key: str
    etag: str
    began: float

    @property
    def run(self) -> str:
        """How noria's ledger calls the run that it causes."""
        event = ObjectCreated(bucket=self.who.source, key=self.key, etag=self.etag)
        return f"{self.who.name}/{run_id(self.who.name, event)}"


@dataclass(frozen=True)
class Passage:
    """What became of an upload: when its handler began and when its result was there, in seconds since the epoch.

    The result is there when the store has written noria's commit record, or the output of a peer, which has no record.
    """

    upload: Upload
    handler: float
    committed: float


def put(bench: Bench, who: Contestant, key: str) -> Upload:
    """Upload one object."""
    content = os.urandom(SIZE)
    began = time.time()
    return Upload(who, key, bench.store.write(who.source, key, content), began)


def paced(bench: Bench, contestants: Sequence[Contestant], count: int, rate: float, tag: str) -> list[Upload]:
    """Upload ``count`` objects for each in turn, ``rate`` a second in all: what disturbs one disturbs all."""
    done = []
    due = time.monotonic()
    for number in range(count):
        for who in contestants:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic() - 1 / rate) + 1 / rate  # a late one is not made up for
            done.append(put(bench, who, f"in/{tag}-{number:05}.bin"))
    for who in contestants:
        bench.expect(who, count)
        bench.wait_answered(who)
    return done


def one_by_one(bench: Bench, who: Contestant, count: int, tag: str) -> list[Upload]:
    """Upload the next object when the one before was acknowledged."""
    done = []
    for number in range(count):
        done.append(put(bench, who, f"in/{tag}-{number:05}.bin"))
        bench.expect(who, 1)
        bench.wait_answered(who)
    return done


def backlog(bench: Bench, who: Contestant, count: int, tag: str) -> list[Upload]:
    """Upload objects for a contestant that is stopped, until all are announced."""
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda number: put(bench, who, f"in/{tag}-{number:05}.bin"), range(count)))
    bench.expect(who, count)
    bench.wait_announced(who)
    return done


def passages(bench: Bench, uploads: Sequence[Upload]) -> list[Passage]:
    """Look up what became of each upload; nothing is watched while it happens.

    Raises:
        BenchError: Something has no result.
    """
    buckets = sorted({upload.who.target for upload in uploads} | {bench.configuration.ledger})
    since = min(upload.began for upload in uploads)
    written = asyncio.run(_written(bench, buckets, since))

    def passage(upload: Upload) -> Passage:
        output, record = (upload.who.target, output_of(upload.key)), (bench.configuration.ledger, f"{upload.run}.json")
        if upload.who == NORIA and ((run := bench.ledger.find(upload.run)) is None or run.state != "committed"):
            raise BenchError(f"{upload.key} of {upload.who.name} was not committed: {run and run.failures}")
        handler = stamp(bench.store.read(*output)[0])
        return Passage(upload, handler, written[record if upload.who == NORIA else output])

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(passage, uploads))


async def _written(bench: Bench, buckets: Sequence[str], since: float) -> dict[tuple[str, str], float]:
    """When each object of the buckets was written the last time, by the filer's log."""
    assert bench.plane.weed is not None
    marker = f"marker-{uuid.uuid4().hex}"
    bench.store.write(buckets[0], marker, b"")
    found: dict[tuple[str, str], float] = {}
    filer = Filer(bench.plane.weed.filer)
    changes = filer.changes(buckets, since_ns=int((since - 1) * 1e9))
    async with contextlib.aclosing(changes):
        async for folder, change, ts_ns in changes:
            if change is None or not change.HasField("new_entry"):
                continue
            bucket, _, key = f"{folder}/{change.new_entry.name}".removeprefix(BUCKETS).partition("/")
            found[bucket, key] = ts_ns / 1e9
            if key == marker:
                break
    await filer.close()
    return found


def milliseconds(passed: Sequence[Passage], end: Callable[[Passage], float]) -> list[float]:
    """Give the times from the start of the PUT."""
    return [(end(each) - each.upload.began) * 1000 for each in passed]
