"""Feeding: the index is kept as the ledger is; by the log of the embedded store, else by listing again and again."""

import asyncio
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from anyio import to_thread
from pydantic import ValidationError

from functions.runtime.errors import MissingError
from functions.runtime.runs import Run
from local.dashboard.rows import Row, Touch, row_of, touches
from local.dashboard.sources import Sources

READERS = 8
BATCH = 512
PAUSE = 0.25
"""Seconds in which several changes of a run become one reading of it."""
AGAIN = 1.0
"""Seconds after which what failed is tried again."""
LISTED_EVERY, LISTING_SHARE = 2.0, 10
"""Without a log: seconds between two listings, and how many times as long as one took at least."""
OVERLAP_NS = 2 * 10**9
log = logging.getLogger("noria.dashboard")
Read = tuple[str, Row | None, set[Touch]]


@dataclass
class Feeder:
    """Keeps ``sources.index`` up to date while somebody looks.

    ``waiting`` are runs that are known to have changed, the newest change last.
    """

    sources: Sources
    waiting: dict[str, None] = field(default_factory=dict)
    _is_listed: bool = False
    _began: float = 0.0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _known: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read())
            while True:
                await self.sources.attention.begin()
                self._began = time.monotonic()
                following = group.create_task(self._follow() if self.sources.filer else self._list_again())
                await self.sources.attention.end()
                following.cancel()
                self._is_listed = False
                self._known.clear()

    async def known(self, patience: float) -> None:
        """Wait until every run is known as it is, for ``patience`` seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._known.wait()

    async def _follow(self) -> None:
        """Hear of every change in the ledger, from before everything in it is listed."""
        from local.publisher.filer import Filer  # grpc: 20 MB, and for the embedded store only

        while True:
            filer = Filer(self.sources.filer)
            since = time.time_ns() - OVERLAP_NS
            try:
                async with (
                    asyncio.TaskGroup() as group,
                    aclosing(filer.changes([self.sources.given.ledger], since_ns=since)) as changes,
                ):
                    group.create_task(self._list())
                    async for folder, change, _ in changes:
                        if change:
                            entry = change.new_entry if change.HasField("new_entry") else change.old_entry
                            self._hear(folder.rpartition("/")[2], entry.name)
            except Exception as error:  # noqa: BLE001 - whatever it was: the store comes again, and is listed anew
                log.warning("not followed", extra={"reason": f"{type(error).__name__}: {error}"[:300]})
            finally:
                await filer.close()
            await asyncio.sleep(AGAIN)

    async def _list_again(self) -> None:
        while True:
            began = time.monotonic()
            await self._list()
            await asyncio.sleep(max(LISTED_EVERY, LISTING_SHARE * (time.monotonic() - began)))

    async def _list(self) -> None:
        """Compare everything in the ledger with what is known."""
        while True:
            try:
                changed = await to_thread.run_sync(self._compared, abandon_on_cancel=True)
            except Exception as error:  # noqa: BLE001 - as above
                log.warning("not listed", extra={"reason": f"{type(error).__name__}: {error}"[:300]})
                await asyncio.sleep(AGAIN)
                continue
            self.waiting = {**changed, **self.waiting}
            self._is_listed = True
            self._news.set()
            return

    def _compared(self) -> dict[str, None]:
        """Name the runs that are not known as they are, the newest last."""
        known = self.sources.index.etags()
        changed: dict[str, None] = {}
        for stat in self.sources.ledger.runs():
            name = stat.key.removesuffix(".json")
            if known.pop(name, None) != stat.etag:
                changed[name] = None
        return {**dict.fromkeys(known), **changed}

    def _hear(self, function: str, file: str) -> None:
        if file.endswith(".json") and len(file) == 69:  # 64 hex digits; not a set's or a series' object
            name = f"{function}/{file.removesuffix('.json')}"
            self.waiting.pop(name, None)
            self.waiting[name] = None
            self._news.set()

    async def _read(self) -> None:
        """Read what has changed, the newest first."""
        with ThreadPoolExecutor(READERS, thread_name_prefix="feeder") as pool:
            while True:
                await self._news.wait()
                self._news.clear()
                if self._known.is_set():
                    await asyncio.sleep(PAUSE)
                while self.waiting:
                    names = [self.waiting.popitem()[0] for _ in range(min(BATCH, len(self.waiting)))]
                    try:
                        await to_thread.run_sync(self._note, pool, names)
                    except Exception as error:  # noqa: BLE001 - a store that is away, a full disk: all of it may pass
                        log.warning("not read", extra={"reason": f"{type(error).__name__}: {error}"[:300]})
                        self.waiting.update(dict.fromkeys(names))
                        await asyncio.sleep(AGAIN)
                if self._is_listed and not self._known.is_set():
                    self._known.set()
                    log.info("known", extra={"seconds": round(time.monotonic() - self._began, 2)})

    def _note(self, pool: ThreadPoolExecutor, names: Iterable[str]) -> None:
        read = list(pool.map(self._one, names))
        found = [(row, touched) for _, row, touched in read if row]
        self.sources.index.write(found, [name for name, row, _ in read if row is None])

    def _one(self, name: str) -> Read:
        try:
            body, stat = self.sources.store.read(self.sources.given.ledger, f"{name}.json")
            run = Run.model_validate_json(body)
        except (MissingError, ValidationError):
            return name, None, set()
        return name, row_of(run, stat), touches(run)
