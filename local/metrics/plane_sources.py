"""What only the plane knows: its queues by the broker, its processes by the kernel, its ledger by reconcile's looks."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from nats.aio.client import Client

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.kernel import InUse, in_use, in_use_alone
from functions.runtime.metrics import definitions as metrics
from functions.runtime.store import Store
from local.backlog import backlog_of
from local.forgotten import Look
from local.letters import letter_places
from local.metrics.families import Figures, Values

MOST_LETTERS = 10_000
PATIENCE = 10.0
"""Seconds for the broker's answers about all services."""


@dataclass
class Queues:
    """Asks the broker, over one connection, which it makes when it is first asked for."""

    given: Configuration
    services: Sequence[Service]
    _client: Client | None = None

    async def figures(self) -> Figures:
        """Give the backlog of every service.

        Raises:
            Exception: The broker does not answer.
        """
        async with asyncio.timeout(PATIENCE):
            if self._client is None or self._client.is_closed:
                self._client = await connect(self.given, patient=False)
            client, stream = self._client, self.given.stream
            found = await asyncio.gather(*(backlog_of(client, stream, each.name) for each in self.services))
        backlogs = {(service.name,): one for service, one in zip(self.services, found, strict=True)}
        return Figures(
            {
                metrics.QUEUED: {name: one.queued for name, one in backlogs.items()},
                metrics.DELIVERED: {name: one.in_flight for name, one in backlogs.items()},
                metrics.REDELIVERED: {name: one.redelivered for name, one in backlogs.items()},
                metrics.QUEUE_AGE: {name: one.oldest_waiting or 0 for name, one in backlogs.items()},
            }
        )


@dataclass(frozen=True)
class Letters:
    """Counts dead letters by listing their folders, no further than to ``MOST_LETTERS`` a service."""

    store: Store
    services: Sequence[Service]
    ledger: str

    async def figures(self) -> Figures:
        """Give how many wait for a person."""
        return Figures({metrics.LETTERS: await asyncio.to_thread(self._counts)})

    def _counts(self) -> dict[tuple[str, ...], float]:
        return {
            (each.name,): sum(1 for _ in islice(letter_places(each, self.store, self.ledger), MOST_LETTERS))
            for each in self.services
        }


@dataclass(frozen=True)
class Looks:
    """Gives what reconcile last saw of the ledger; it lists the whole of it anyhow, however large it is."""

    last: Callable[[], Mapping[str, Look]]

    async def figures(self) -> Figures:
        """Give the unfinished runs of every service."""
        now = time.monotonic()
        looks = {(service,): look for service, look in self.last().items()}
        return Figures(
            {
                metrics.RUNS: {
                    (*name, state): number for name, look in looks.items() for state, number in _states(look)
                },
                metrics.LEDGER: {name: look.objects for name, look in looks.items()},
                metrics.OLDEST_LEASE: {name: look.oldest_lease for name, look in looks.items()},
                metrics.LEDGER_READ: {name: now - look.at for name, look in looks.items()},
            }
        )


def _states(look: Look) -> tuple[tuple[str, int], ...]:
    return ("running", look.running), ("retrying", look.retrying)


class Part(Protocol):
    """A process of the plane."""

    @property
    def pid(self) -> int | None:
        """Its id while it runs."""


@dataclass
class Processes:
    """Looks at the processes of the plane, by the names of its parts."""

    parts: Callable[[], Mapping[str, Part]]
    restarts: Counter[str]
    folder: Path
    version: str

    async def figures(self) -> Figures:
        """Give CPU time and memory of each with all that it started, and of the supervisor alone."""
        used = {name: in_use(pid) if (pid := part.pid) else InUse() for name, part in self.parts().items()}
        up: Values = {(name,): float(one.memory > 0) for name, one in used.items()}
        used |= {"supervisor": in_use_alone(os.getpid())}
        disk = os.statvfs(self.folder)
        return Figures(
            {
                metrics.UP: up,
                metrics.CPU: {(name,): one.cpu_seconds for name, one in used.items() if one.memory},
                metrics.RESIDENT: {(name,): one.memory for name, one in used.items()},
                metrics.RESTARTS: {(name,): self.restarts[name] for (name,) in up},
                metrics.DISK: {(): disk.f_bavail * disk.f_frsize},
                metrics.INFO: {(self.version,): 1},
            }
        )
