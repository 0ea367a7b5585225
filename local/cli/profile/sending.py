"""Sending the requests of one run, and waiting for what comes of them."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from functions.profiling.campaign import FinishedRun, PlannedRun, Request
from functions.runtime.lineage import PARENT
from functions.runtime.runs import Run, StoredObject
from local.chain import Chain, look
from local.cli.profile.beside import commit
from local.cli.profile.ground import Ground

UPLOADERS = 8
PAUSE = 0.05
"""Seconds between two looks at what one request has caused so far."""


class Sender:
    """Sends one file again and again, as a run's load says.

    Args:
        service: The first service, which is given the files.
        folder: ``bucket/prefix`` that it watches; its last part no other run has had.
        beside: What the first service is to find beside each, as its producer would have left it.
        patience: Seconds to wait for what a request causes, from its upload on.
        tick: Called when a request has been answered, or has not in time.
    """

    def __init__(
        self,
        ground: Ground,
        run: PlannedRun,
        file: Path,
        *,
        service: str,
        folder: str,
        beside: Sequence[Path] = (),
        patience: float,
        tick: Callable[[], None],
    ) -> None:
        self._ground, self._run, self._file, self._store = ground, run, file, ground.stores[service]
        self._bucket, _, self._prefix = folder.partition("/")
        self._mark = self._prefix.rpartition("/")[2]
        self._beside, self._patience, self._tick = beside, patience, tick
        self._metadata: dict[str, str] = {}
        self._sent: dict[int, tuple[StoredObject, datetime]] = {}
        self._chains: dict[int, Chain] = {}
        self._warm: list[Chain] = []
        self._began = time.monotonic()

    def send(self) -> FinishedRun:
        """Send everything and wait; what does not end in time is named all the same."""
        self._began = time.monotonic()
        if self._run.load.clients:
            self._by_clients()
        else:
            self._in_batches()
        return FinishedRun(name=self._run.name, requests=tuple(self._requests()), records=tuple(self._records()))

    def prepare(self, *, warm: int) -> None:
        """Let ``warm`` files through that are in no table: models are loaded and connections made by the first."""
        names = [f"warm{index:05d}" for index in range(warm)]
        if self._beside and self._ground.session:
            keys = [self._key(name) for name in (*names, *map(_named, range(len(self._run.load.times))))]
            parent = commit(self._ground.session, self._bucket, keys, file=self._file, beside=self._beside)
            self._metadata = {PARENT: parent}
        with ThreadPoolExecutor(UPLOADERS) as pool:
            sent = list(pool.map(self._put, names))
        for stored, when in sent:
            self._warm.append(self._ended(stored, when))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way any more of what was sent."""
        return all(chain.is_quiet for chain in (*self._warm, *self._chains.values()))

    @property
    def chains(self) -> list[Chain]:
        """What each request has caused, in the order of the load."""
        return [self._chains[index] for index in sorted(self._chains)]

    def _in_batches(self) -> None:
        with ThreadPoolExecutor(UPLOADERS) as pool:
            pending = []
            for index, due in enumerate(self._run.load.times):
                self._sleep_until(due)
                pending.append(pool.submit(self._upload, index))
            for upload in pending:
                upload.result()
        for index in range(len(self._run.load.times)):
            self._await(index)

    def _by_clients(self) -> None:
        load = self._run.load
        indices = iter(enumerate(load.times))
        lock = threading.Lock()

        def client(number: int) -> None:
            self._sleep_until(load.ramp_up * number / load.clients)
            while True:
                with lock:
                    index, due = next(indices, (-1, 0.0))
                if index < 0:
                    return
                self._sleep_until(due)
                self._upload(index)
                self._await(index)

        with ThreadPoolExecutor(load.clients) as pool:
            for done in [pool.submit(client, number) for number in range(load.clients)]:
                done.result()

    def _sleep_until(self, due: float) -> None:
        time.sleep(max(0.0, self._began + due - time.monotonic()))

    def _upload(self, index: int) -> None:
        self._sent[index] = self._put(_named(index))

    def _put(self, name: str) -> tuple[StoredObject, datetime]:
        key = self._key(name)
        sent = datetime.now(UTC)
        etag = self._store.write(self._bucket, key, self._file, metadata=self._metadata)
        return StoredObject(bucket=self._bucket, key=key, etag=etag, size=self._file.stat().st_size), sent

    def _key(self, name: str) -> str:
        """Name one upload: also its last part is no other's, as OSCAR's supervisor names files by that alone."""
        return f"{self._prefix}/{self._mark}-{name}-{self._file.name}".lstrip("/-")

    def _await(self, index: int) -> None:
        self._chains[index] = self._ended(*self._sent[index])
        self._tick()

    def _ended(self, stored: StoredObject, sent: datetime) -> Chain:
        """Wait until all that an object causes has ended, or for as long as the patience lasts."""
        while True:
            chain = look(stored, self._ground.services, self._ground)
            waited = (datetime.now(UTC) - sent).total_seconds()
            if chain.is_quiet or waited > self._patience:
                return chain
            time.sleep(PAUSE)

    def _requests(self) -> list[Request]:
        made = []
        for index in sorted(self._sent):
            stored, sent = self._sent[index]
            chain = self._chains[index]
            names = dict.fromkeys([*(run.name for run in chain.runs), *chain.waiting])
            made.append(
                Request(
                    bucket=stored.bucket,
                    key=stored.key,
                    etag=stored.etag,
                    size=stored.size,
                    sent=sent,
                    records=tuple(names),
                )
            )
        return made

    def _records(self) -> list[Run]:
        return list({run.name: run for chain in self.chains for run in chain.runs}.values())


def _named(index: int) -> str:
    return f"{index:05d}"
