"""``cluster``: what a broker of three servers costs over one, by how near an acknowledged event is to the disk."""

import asyncio
import os
import ssl
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from local.broker import EVENTS, ensure_streams
from tests.performance.figures import percentile, show_table
from tests.pipeline.nats_cluster import Servers

COUNT = 2000
BODY = b"x" * 1024
WIDTHS = (1, 64)
"""Announcements on their way at once."""


@dataclass(frozen=True)
class Figures:
    """Announcements a second, milliseconds until one is acknowledged, and CPU of all servers together for each."""

    copies: int
    sync: str
    at_once: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Taken:
    """Events a second that one client takes, 256 at once, and acknowledges; CPU of all servers together for each."""

    copies: int
    sync: str
    rate: float
    cpu_ms: float


def cluster(count: int = COUNT) -> dict[str, object]:
    """Measure with TLS and a message id on each, on this machine's processors."""
    measured = [_measured(sync, copies, count) for sync in ("always", "2m") for copies in (1, 3)]
    found = [each for figures, _ in measured for each in figures]
    taken = [each for _, each in measured]
    show_table(
        f"a broker of three servers on one machine, {count} events of {len(BODY)} bytes",
        ["copies", "sync", "at once", "events/s", "acknowledged p50 ms", "p99 ms", "CPU ms an event"],
        [(f"{f.copies}", f.sync, f"{f.at_once}", f.rate, f.p50_ms, f.p99_ms, f.cpu_ms) for f in found],
    )
    show_table(
        "taken and acknowledged",
        ["copies", "sync", "events/s", "CPU ms an event"],
        [(f"{f.copies}", f.sync, f.rate, f.cpu_ms) for f in taken],
    )
    return {"announced": [asdict(each) for each in found], "taken": [asdict(each) for each in taken]}


def _measured(sync: str, copies: int, count: int) -> tuple[list[Figures], Taken]:
    found = []
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        servers = Servers(Path(folder), (), sync=sync)
        try:
            servers.start()
            for width in WIDTHS:
                before = _cpu(servers)
                spent, times = asyncio.run(_published(servers, copies, width, count))
                cpu = (_cpu(servers) - before) * 1000 / count
                p50, p99 = (percentile(times, share) * 1000 for share in (50, 99))
                found.append(Figures(copies, sync, width, count / spent, p50, p99, cpu))
            before = _cpu(servers)
            spent = asyncio.run(_taken(servers, count))
            return found, Taken(copies, sync, count / spent, (_cpu(servers) - before) * 1000 / count)
        finally:
            servers.close()


async def _connected(servers: Servers) -> Client:
    tls = ssl.create_default_context(cafile=servers.authority.ca)
    return await nats.connect(servers.url.split(","), tls=tls, user="operator", password=servers.password["operator"])


async def _taken(servers: Servers, count: int) -> float:
    client = await _connected(servers)
    try:
        js = client.jetstream(timeout=30)
        config = ConsumerConfig(durable_name="bench", ack_policy=AckPolicy.EXPLICIT, max_ack_pending=1000)
        await js.add_consumer(EVENTS, config)
        pull = await js.pull_subscribe_bind("bench", EVENTS)
        left, begin = count, time.perf_counter()
        while left > 0:
            messages = await pull.fetch(min(left, 256), timeout=10)
            await asyncio.gather(*(message.ack() for message in messages))
            left -= len(messages)
        return time.perf_counter() - begin
    finally:
        await client.close()


async def _published(servers: Servers, copies: int, width: int, count: int) -> tuple[float, list[float]]:
    client = await _connected(servers)
    try:
        js = client.jetstream(timeout=30)
        await ensure_streams(js, replicas=copies)
        await _burst(js, width, 200, "warm")
        begin = time.perf_counter()
        times = await _burst(js, width, count, f"{width}")
        return time.perf_counter() - begin, times
    finally:
        await client.close()


async def _burst(js: JetStreamContext, width: int, count: int, name: str) -> list[float]:
    times: list[float] = []
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for number in numbers:
            begin = time.perf_counter()
            await js.publish("events.bench", BODY, headers={"Nats-Msg-Id": f"{name}-{number}"})
            times.append(time.perf_counter() - begin)

    await asyncio.gather(*(one_after_the_other() for _ in range(width)))
    return times


def _cpu(servers: Servers) -> float:
    """Seconds of CPU that all servers have taken (proc(5))."""
    tick = os.sysconf("SC_CLK_TCK")
    fields = [
        Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split() for each in servers.processes.values()
    ]
    return sum(int(each[11]) + int(each[12]) for each in fields) / tick
