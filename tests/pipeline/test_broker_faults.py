"""A worker whose broker forgets it, or is not there."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.runtime.hosts.jetstream.consumer import connect
from local.backlog import now
from local.client import broker_of
from local.connection import operator
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    folder = tmp_path_factory.mktemp("broker")
    noria = Noria(folder / ".noria")
    (folder / "copy.yaml").write_text(pipeline("copy", "inbox/in", "outbox/out"))
    try:
        noria("up", "--detach", folder / "copy.yaml")
        yield noria
    finally:
        noria("down")


def test_a_deleted_consumer_is_made_again_and_its_events_come(noria: Noria, tmp_path: Path) -> None:
    given = operator({"NORIA_HOME": str(noria.home)})

    async def delete() -> None:
        client = await connect(given, patient=False)
        await client.jetstream().delete_consumer("EVENTS", "copy")
        await client.close()

    asyncio.run(delete())
    file = tmp_path / "hello.txt"
    file.write_text("hello")

    document = noria.json("put", file, "inbox/in/", "--wait", "--timeout", "50")

    assert [run["state"] for run in document["runs"]] == ["committed"]


def test_a_broker_that_stands_still_for_a_second_is_waited_for(noria: Noria) -> None:
    broker = noria.pid("nats-server")
    assert broker

    async def ask() -> datetime:
        async with broker_of(operator({"NORIA_HOME": str(noria.home)})) as client:
            os.kill(broker, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(1, os.kill, broker, signal.SIGCONT)
            return await now(client, "EVENTS")

    try:
        said = asyncio.run(ask())
    finally:
        os.kill(broker, signal.SIGCONT)

    assert abs(datetime.now(UTC) - said) < timedelta(minutes=1)


def test_a_worker_that_waits_for_its_broker_stops_when_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    environ = {**os.environ, "NORIA_NATS_URL": "nats://127.0.0.1:9", "NORIA_STORE_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "functions.runtime.hosts.jetstream", str(file), "copy"]
    log = tmp_path / "log"
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=environ, stderr=out) as worker:
        deadline = time.monotonic() + 60
        while b"broker" not in log.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)

        assert worker.wait(30) == 0
