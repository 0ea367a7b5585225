"""One real store for the tests of the runtime; each test has buckets' folders of its own."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

import fdl
from events import ObjectCreated
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.desk import Desk
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.runner import InProcess, Task, Usage
from functions.runtime.runs import WORKER_LOST, Failure, Run
from functions.runtime.store import Stat, Store
from tests.pipeline.single_store import single_store
from tests.pipelines import pipeline

GATHERING = "tests.gathering:gathering"
FILES = {"list.txt": b"a.txt b.txt", "a.txt": b"one", "b.txt": b"two"}
RESULT = {"sum.txt": b"a.txt b.txt+one+two"}
LOST = Failure(reason="the worker was lost (SIGKILL)", error=WORKER_LOST, left=True, suspect=True)


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configuration]:
    with single_store(tmp_path_factory.mktemp("store"), ack_wait=2) as given:
        yield given


@dataclass
class Bench:
    """An engine for one service with folders of its own, and what a test does to it."""

    engine: Engine
    store: Store
    service: fdl.Service
    runs: list[Task] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return self.service.inputs[0].prefix

    def put(self, name: str, content: bytes, metadata: dict[str, str] | None = None) -> ObjectCreated:
        """Upload an object below the watched folder, and give its announcement."""
        key = f"{self.folder}/{name}"
        etag = self.store.write("inbox", key, content, metadata=metadata)
        return ObjectCreated(bucket="inbox", key=key, etag=etag, size=len(content))

    def outputs(self) -> dict[str, bytes]:
        """Read everything that lies in the output bucket below this service's folder, without the folder's name."""
        listed = [stat.key for stat in self.store.list("outbox", self.folder)]
        return {key.removeprefix(f"{self.folder}/"): self.store.read("outbox", key)[0] for key in listed}


class AgingStore(Store):
    """A real store in which a test can have time pass for what is there."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._older: dict[str, timedelta] = {}

    def make_older(self, etag: str, seconds: float) -> None:
        """Let the version ``etag`` look as if it had been written so much earlier."""
        self._older[etag] = timedelta(seconds=seconds)

    def age(self, bucket: str, stat: Stat) -> timedelta:
        return super().age(bucket, stat) + self._older.get(stat.etag, timedelta(0))


@dataclass
class Counting:
    """A runner that notes every task before it runs it."""

    runner: InProcess
    tasks: list[Task]

    def run(self, task: Task, desk: Desk) -> Usage:
        self.tasks.append(task)
        return self.runner.run(task, desk)

    def stop_taking(self) -> None:
        self.runner.stop_taking()

    def close(self) -> None:
        self.runner.close()


@pytest.fixture
def bench(given: Configuration, tmp_path: Path) -> Bench:
    """Make an engine for the copy function, which runs in this process."""
    folder = uuid.uuid4().hex[:8]
    service = fdl.loads(pipeline(f"copy-{folder}", f"inbox/{folder}", f"outbox/{folder}")).services[0]
    store = Store(given)
    tasks: list[Task] = []
    function = load("tests.handlers:copy")
    runner = Counting(InProcess(function, function.settings()), tasks)
    engine = Engine(service, runner, store, given.model_copy(update={"work": tmp_path}), host="test")
    return Bench(engine, store, service, tasks)


def until_done(bench: Bench, event: ObjectCreated) -> Verdict:
    """Deliver an event as often as it is asked for."""
    deadline = time.monotonic() + 60
    while (verdict := bench.engine.process(event)).kind in {"wait", "retry"} and time.monotonic() < deadline:
        time.sleep(min(verdict.delay, 0.1))
    return verdict


def first(bench: Bench, event: ObjectCreated) -> Run:
    """Give the run of an event as it is before anybody has claimed it."""
    return bench.engine._first(event, None)


def record(bench: Bench, verdict: Verdict) -> Run:
    assert verdict.run is not None
    found = bench.engine.ledger.find(verdict.run.name)
    assert found is not None
    return found


def letters(bench: Bench) -> list[str]:
    return [stat.key for stat in bench.store.list("outbox", f"{bench.folder}-failed")]


@pytest.fixture
def gather(given: Configuration, tmp_path: Path) -> Bench:
    """Make an engine for the gathering function, which runs in this process."""
    function = load(GATHERING)
    runner = Counting(InProcess(function, function.settings(patience=1)), [])
    return bench_of(given, tmp_path, runner)


@pytest.fixture
def apart(given: Configuration, tmp_path: Path) -> Iterator[Bench]:
    """Make one whose function runs in a process of its own, and takes a tenth of a second for each member."""
    children = Children(GATHERING, 1, {"PATH": "/usr/bin", "GATHERING_STEP": "0.1"})
    try:
        yield bench_of(given, tmp_path, children)
    finally:
        children.close()


def bench_of(given: Configuration, work: Path, runner: Counting | Children) -> Bench:
    folder = uuid.uuid4().hex[:8]
    text = pipeline(
        f"gather-{folder}", f"inbox/{folder}", f"outbox/{folder}", function=GATHERING, suffixes=("sum.txt",)
    )
    service, store = fdl.loads(text).services[0], Store(given)
    engine = Engine(service, runner, store, given.model_copy(update={"work": work}), host="test")
    return Bench(engine, store, service, runner.tasks if isinstance(runner, Counting) else [])
