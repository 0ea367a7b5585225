"""The bench: one embedded plane in a temporary folder, two buckets a contestant, and noria's worker."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml
from nats.js.errors import NotFoundError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from local.connection import Home, operator
from local.plane import Plane
from local.process import Process
from tests.performance.contestants import NORIA, Contestant
from tests.performance.figures import notes
from tests.performance.peers.given import Given


class BenchError(RuntimeError):
    """A contestant did not do what was measured."""


class Bench:
    """A context: services run inside of it and are gone after it, whatever happened; so is the folder."""

    def __init__(self, contestants: Sequence[Contestant]) -> None:
        self.contestants = list(contestants)
        self.folder = Path(tempfile.mkdtemp(prefix="noria-bench-"))
        self._announced = dict.fromkeys((each.name for each in contestants), 0)
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("NORIA_")}
        home = Home(self.folder / ".noria")
        home.path.mkdir(mode=0o700)
        file = self.folder / "bench.yaml"
        file.write_text(yaml.safe_dump({"functions": {"oscar": [{"here": _service(c)} for c in contestants]}}))
        given = Configuration.read({"NORIA_HOME": str(home.path)})
        self.plane = Plane(home, [file], given, self._environ)
        # The others get their buckets, and the publisher's attention; the workers are their own.
        self.plane.services = {NORIA.name: file}
        self._peers: dict[str, Process] = {}

    def __enter__(self) -> Self:
        try:
            self.plane.start(lambda text: notes.print(f"[dim]{text}"))
            self.configuration = operator({**self._environ, "NORIA_HOME": str(self.plane.home.path)})
            self.store = Store(self.configuration)
            self.ledger = Ledger(self.store, self.configuration.ledger, lease=self.configuration.ack_wait)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every process, then remove the folder."""
        try:
            for process in self._peers.values():
                process.stop(5)
        finally:
            self.plane.stop(lambda _: None)
            shutil.rmtree(self.folder, ignore_errors=True)

    def process(self, who: Contestant) -> Process:
        """Give the contestant's process, running or not."""
        if who == NORIA:
            return self.plane.processes[f"worker-{NORIA.name}-0"]
        if who.name not in self._peers:
            environment = {**self._environ, **self._given(who).environment}
            self._peers[who.name] = Process(
                who.name, who.command, folder=self.plane.home.run, environment=environment, dies_with_parent=True
            )
        return self._peers[who.name]

    def start(self, who: Contestant, timeout_s: float = 30) -> None:
        """Start a contestant and come back when it waits for messages."""
        process = self.process(who)
        process.start()
        deadline = time.monotonic() + timeout_s
        while not asyncio.run(self._consumer(who))[1]:
            if not process.alive or time.monotonic() > deadline:
                raise BenchError(f"{who.name} does not start: {process.last_words(3)}")
            time.sleep(0.05)

    def stop(self, who: Contestant) -> None:
        """Stop a contestant; noria's worker finishes what it has first."""
        self.process(who).stop(35)

    def expect(self, who: Contestant, count: int) -> None:
        """Note that so many more objects were uploaded for it."""
        self._announced[who.name] += count

    def wait_announced(self, who: Contestant, timeout_s: float = 60) -> None:
        """Wait until the stream has every object that was uploaded for it."""
        self._wait(lambda: asyncio.run(self._published(who)) >= self._announced[who.name], who, timeout_s)

    def wait_answered(self, who: Contestant, timeout_s: float = 120) -> None:
        """Wait until it has acknowledged them all."""
        self.wait_announced(who)
        self._wait(lambda: asyncio.run(self._consumer(who))[0] == 0, who, timeout_s)

    def _wait(self, is_over: Callable[[], bool], who: Contestant, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_over():
            if time.monotonic() > deadline:
                raise BenchError(f"{who.name} did not finish in {timeout_s:g} s: {self.process(who).last_words(3)}")
            time.sleep(0.2)  # asking more often would be a load of its own

    async def _consumer(self, who: Contestant) -> tuple[int, int]:
        """Messages not acknowledged yet, and requests for more that wait."""
        client = await connect(self.configuration)
        try:
            info = await client.jetstream().consumer_info(self.configuration.stream, who.name)
        except NotFoundError:
            return 0, 0
        finally:
            await client.close()
        return (info.num_pending or 0) + (info.num_ack_pending or 0), info.num_waiting or 0

    async def _published(self, who: Contestant) -> int:
        client = await connect(self.configuration)
        try:
            info = await client.jetstream().stream_info(
                self.configuration.stream, subjects_filter=f"events.{who.source}"
            )
        finally:
            await client.close()
        return (info.state.subjects or {}).get(f"events.{who.source}", 0)

    def _given(self, who: Contestant) -> Given:
        conf = self.configuration
        return Given(
            name=who.name,
            store_url=conf.store_url,
            access_key=conf.store_access_key,
            secret_key=conf.store_secret_key.get_secret_value(),
            nats_url=conf.nats_url,
            nats_user=conf.nats_user,
            nats_password=conf.nats_password.get_secret_value(),
        )


def _service(who: Contestant) -> dict[str, object]:
    return {
        "name": who.name,
        "image": "localhost/bench:1",
        "script": "run.sh",
        "cpu": "1.0",
        "memory": "256Mi",
        "environment": {"Variables": {"NORIA_FUNCTION": "tests.performance.copying:copy"}},
        "input": [{"storage_provider": "minio.default", "path": f"{who.source}/in"}],
        "output": [
            {"storage_provider": "minio.default", "path": f"{who.target}/out", "suffix": [".copy"]},
            {"storage_provider": "minio.default", "path": f"{who.target}/failed", "suffix": [".failure.json"]},
        ],
    }
