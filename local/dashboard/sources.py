"""Sources: where the pages find what they show."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from local.connection import Home, PlaneState, operator
from local.consumers import told
from local.dashboard.attention import Attention
from local.dashboard.index import Index, Wanted
from local.dashboard.pulse import Pulse
from local.dashboard.rows import Row, judged
from local.surroundings import shield
from local.weed import Weed


@dataclass(frozen=True)
class Sources:
    """Store and ledger as the operator sees them, what is served, every run by the index, backlogs by the pulse.

    ``filer``: where the embedded store tells what changes, HOST:PORT; empty for a store by URL.
    """

    given: Configuration
    store: Store
    ledger: Ledger
    pipelines: tuple[fdl.Pipeline, ...]
    index: Index
    pulse: Pulse
    attention: Attention
    filer: str = ""

    @classmethod
    def open(cls) -> "Sources":
        """Find what the environment names, else what runs in ``.noria``.

        Raises:
            NotRunningError: There is nothing to look at.
        """
        shield(os.environ)
        given = operator(os.environ)
        store = Store(given)
        pipelines = tuple(fdl.load(Path(file)) for file in PlaneState.read(Home(given.home)).fdl)
        ledger = Ledger(store, given.ledger, lease=given.ack_wait)
        folder = given.home / "dashboard"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = [service.name for pipeline in pipelines for service in pipeline.services]
        filer = "" if Configuration.read(os.environ).store_url else Weed(Home(given.home).store, ()).filer
        attention = Attention()
        pulse = Pulse(given, names, attention)
        return cls(given, store, ledger, pipelines, Index(folder / "runs.sqlite"), pulse, attention, filer)

    @property
    def services(self) -> tuple[fdl.Service, ...]:
        """Every service, in the pipelines' order."""
        return tuple(service for pipeline in self.pipelines for service in pipeline.services)

    def runs(self, wanted: Wanted, limit: int) -> list[Row]:
        """Give the newest runs of those that are wanted, judged by the age of their leases."""
        patience = {each.name: told(each, self.given).ack_wait for each in self.services}
        now = time.time()
        found = self.index.page(wanted, limit)
        return [judged(row, patience.get(row.function, self.given.ack_wait), now) for row in found]

    @property
    def state(self) -> PlaneState:
        """How the plane is."""
        return PlaneState.now(Home(self.given.home))
