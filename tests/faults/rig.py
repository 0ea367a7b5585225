"""A whole embedded plane in a folder of its own, with short patience, and hands to break it."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import FunctionError, MissingError
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run
from functions.runtime.store import Store
from local.broker import Broker
from local.connection import Home, PlaneState, operator
from local.process import Process
from local.weed import Weed
from tests.faults.handlers import results_of
from tests.faults.history import Expected, Found, History, Upload, judge
from tests.faults.plane import ACK_WAIT, PATIENCE, pipeline
from tests.faults.remains import Remains
from tests.pipeline.noria import ROOT, Noria
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")
SHOWN = 10
"""Uploads that are named when a wait is over; to look at more of them would only keep the store busy."""
__all__ = ["ACK_WAIT", "Rig", "pipeline"]


@dataclass
class Rig:
    """A plane for ``pipelines`` (FDL texts) with ``workers`` a function; parts are named as their processes are.

    ``weed``, ``nats-server``, ``publisher``, ``worker-faulty-0``. Use it in a ``with``; nothing is left after it.
    """

    folder: Path
    pipelines: Sequence[str] = (pipeline(),)
    workers: int = 2
    environ: Mapping[str, str] = field(default_factory=dict)
    expected: Expected = results_of

    def __post_init__(self) -> None:
        self.home = Home(self.folder / ".noria")
        self.marks = self.folder / "marks"
        self.history = History(self.folder / "history")
        self.services = [service for text in self.pipelines for service in fdl.loads(text).services]
        self._settings = {**PATIENCE, "NORIA_WORK": str(self.folder / "work"), **self.environ}
        self.noria = Noria(self.home.path, {k: v for k, v in self._settings.items() if k.startswith("NORIA_")})
        self.supervisor = self.home.supervisor
        self._paused: set[int] = set()
        self._ended: set[str] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start everything, and come back when every worker waits for events."""
        for folder in (self.home.run, self.home.path / "held", self.marks, self.folder / "work"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = [self.folder / f"{number}.yaml" for number in range(len(self.pipelines))]
        for file, text in zip(files, self.pipelines, strict=True):
            file.write_text(text)
        command: list[str | Path] = [sys.executable, "-m", "tests.faults.plane", "--workers", str(self.workers), *files]
        environ = {**self._settings, "NORIA_HOME": str(self.home.path), "FAULTS_FOLDER": str(self.marks)}
        PlaneState("starting").write(self.home)
        self.supervisor = Process("supervisor", command, folder=self.home.run, environment=environ, cwd=ROOT)
        self.supervisor.start()
        eventually(lambda: PlaneState.read(self.home).phase != "starting" or not self.supervisor.alive, 90)
        assert PlaneState.read(self.home).phase == "ready", self.supervisor.last_words()

    def close(self) -> None:
        """Kill everything that runs."""
        for pid in self._paused:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.supervisor.kill()
        for file in self.home.run.glob("*.pid"):
            Process(file.stem, [], folder=self.home.run).kill()
        Broker(self.home.broker, ()).kill()
        Weed(self.home.store, ()).kill()
        if "s3" in self.__dict__:
            self.s3.close()

    # What a person knows of it.

    @property
    def given(self) -> Configuration:
        """The operator's configuration."""
        return operator({**self.noria.environ, "NORIA_HOME": str(self.home.path)})

    @cached_property
    def store(self) -> Store:
        """The store, with the operator's keys."""
        return Store(self.given)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, with the operator's keys."""
        return Ledger(self.store, self.given.ledger, lease=self.given.ack_wait)

    @cached_property
    def s3(self) -> "S3Client":
        """An uploader's client, which does not try again."""
        given = self.given
        return boto3.client(
            "s3",
            endpoint_url=given.store_url,
            region_name="us-east-1",
            aws_access_key_id=given.store_access_key,
            aws_secret_access_key=given.store_secret_key.get_secret_value(),
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
        )

    def ask(self, question: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        """Ask the broker something, as the operator."""

        async def connected() -> T:
            client = await connect(self.given, patient=False)
            try:
                return await question(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connected())

    # What a person does with it.

    def upload(
        self, names: Iterable[str], word: str = "copy", *, dead: bool = False, threads: int = 4, pause: float = 0
    ) -> list[Upload]:
        """Upload an object of each name below the first service's input, in this order as far as threads let.

        The same name again is a new version. ``pause``: seconds that each thread waits between its uploads.
        """
        place = self.services[0].inputs[0]

        def send(one: tuple[int, str]) -> Upload:
            process, name = one[0] % threads, one[1]
            upload = self.history.invoke(process, place.bucket, f"{place.prefix}/{name}", word, dead=dead)
            self.send(upload)
            time.sleep(pause)
            return upload

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(send, enumerate(names)))

    def upload_content(self, name: str, content: bytes, *, dead: bool = False) -> Upload:
        """Upload content of the caller's own."""
        place = self.services[0].inputs[0]
        upload = self.history.add(Upload(99, 0, place.bucket, f"{place.prefix}/{name}", content, dead))
        self.send(upload)
        return upload

    def send(self, upload: Upload) -> None:
        """Send what was noted, and note the answer."""
        try:
            self.s3.put_object(Bucket=upload.bucket, Key=upload.key, Body=upload.content)
        except ClientError as error:
            refused = error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
            self.history.end(upload, "fail" if refused else "unknown")
        except BotoCoreError:
            self.history.end(upload, "unknown")
        else:
            self.history.end(upload, "ok")

    def pid(self, part: str) -> int | None:
        """Give the process id of a part, if it runs."""
        return self.noria.pid(part)

    def kill(self, part: str) -> int:
        """Kill a part as a crash would; gives the id it had. The supervisor starts it again."""
        return self.noria.kill(part)

    def await_restart(self, part: str, old: int) -> None:
        """Wait until the part runs again."""
        self.noria.await_restart(part, old)

    def pause(self, part: str) -> int:
        """Stop a part as a machine that sleeps would (SIGSTOP)."""
        pid = self.pid(part)
        assert pid is not None
        self._paused.add(pid)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def resume(self, pid: int) -> None:
        """Let what was paused go on."""
        os.kill(pid, signal.SIGCONT)
        self._paused.discard(pid)

    @contextmanager
    def down(self, part: str) -> Iterator[None]:
        """Kill a part, and keep it down until the end of the ``with``; it is started again then, not waited for."""
        held = self.home.path / "held" / part
        held.with_suffix(".seen").unlink(missing_ok=True)
        held.touch()
        eventually(held.with_suffix(".seen").exists)
        self.kill(part)
        try:
            yield
        finally:
            held.unlink()

    # What became of it.

    def settle(self, timeout_s: float = 60) -> None:
        """Wait until every acknowledged upload has ended, and nothing is queued or in flight."""
        deadline = time.monotonic() + timeout_s
        while waiting := self._waiting():
            assert time.monotonic() < deadline, f"not ended within {timeout_s:g} s: {'; '.join(waiting)}"
            time.sleep(0.1)

    def _waiting(self) -> list[str]:
        try:
            runs = (self._unfinished(upload) for service in self.services for upload in self._of(service))
            return list(islice(filter(None, runs), SHOWN)) or self.ask(self._queued)
        except (FunctionError, NatsError, OSError, TimeoutError) as error:
            return [f"{type(error).__name__}: {error}"]

    def _of(self, service: fdl.Service) -> list[tuple[str, Upload]]:
        ours = [u for u in self.history.uploads if any(path.holds(*u.place) for path in service.inputs)]
        named = [(upload.run_of(service.name), upload) for upload in ours if upload.outcome != "fail"]
        return [(name, upload) for name, upload in named if name not in self._ended]

    def _unfinished(self, one: tuple[str, Upload]) -> str:
        name, upload = one
        run = self.ledger.find(name)
        if run is not None and run.state in FINAL:
            self._ended.add(name)
            return ""
        if run is None and not self._is_stored(upload):
            return ""  # it was overwritten before anybody looked, or never arrived
        return f"{upload.key} is {run.state if run else 'unknown'}"

    def _is_stored(self, upload: Upload) -> bool:
        with suppress(MissingError):
            return self.store.stat(*upload.place).etag == upload.etag
        return False

    async def _queued(self, js: JetStreamContext) -> list[str]:
        found = []
        for service in self.services:
            info = await js.consumer_info(self.given.stream, service.name)
            if info.num_pending or info.num_ack_pending:
                found.append(f"{service.name} has {info.num_pending} queued, {info.num_ack_pending} in flight")
        return found

    def judge(self) -> Counter[str]:
        """Hold everything since the start against the promise; fails with a report, gives how many ended how."""
        reports = [judge(self.history, self.found(service), service, self.expected) for service in self.services]
        assert not any(report.violations for report in reports), "\n".join(map(str, reports))
        return sum((report.counts for report in reports), Counter())

    def runs(self, service: str = "faulty") -> dict[str, Run]:
        """Read the records of a service, by the run's name."""
        return self.remains.runs(service)

    def letters(self, service: fdl.Service | None = None) -> list[DeadLetter]:
        """Read the dead letters of a service, of the first one if none is named."""
        return self.remains.letters(service or self.services[0])

    def found(self, service: fdl.Service) -> Found:
        """Read everything of a service from the store."""
        return self.remains.found(service)

    @property
    def remains(self) -> Remains:
        """What lies in the store and in the journal."""
        return Remains(self.store, self.ledger, self.given.ledger, self.marks / "commits")
