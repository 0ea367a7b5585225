"""The exporter: one address for all of a plane's metrics, in a thread of the supervisor, and a file that names it."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.runtime.metrics import definitions as metrics
from functions.runtime.metrics.address import Address
from functions.runtime.metrics.serving import Server
from local.metrics.discovery import TARGETS
from local.metrics.families import Figures, Values, joined
from local.metrics.sources import Source

log = logging.getLogger("noria.metrics")
KEPT = 3600.0
"""Seconds for which a worker that has ended is still shown: its last numbers are to be scraped."""


@dataclass
class Exporter:
    """Serves what ``sources`` and the snapshots in ``folder`` say, and writes where into ``folder/plane.json``.

    That file is one of Prometheus' file-based service discovery. ``is_alive`` tells whether a worker runs, by its name.
    """

    folder: Path
    address: Address
    sources: Sequence[Source]
    is_alive: Callable[[str], bool]
    _server: Server = field(init=False)

    def __post_init__(self) -> None:
        self._server = Server(self.address, self.text)

    def start(self, stop: threading.Event) -> threading.Thread:
        """Serve in a thread of its own until ``stop`` is set; what goes wrong here stops nothing else."""
        thread = threading.Thread(target=self._work, args=(stop,), name="metrics", daemon=True)
        thread.start()
        return thread

    def _work(self, stop: threading.Event) -> None:
        try:
            asyncio.run(self._serve(stop))
        except OSError as error:
            log.error("no metrics", extra={"reason": f"{self.address}: {error}", "hint": "set NORIA_METRICS"})

    async def _serve(self, stop: threading.Event) -> None:
        async with await self._server.open():
            where = Address(self.address.host, self._server.port)
            targets = [{"targets": [str(where)], "labels": {"job": "noria"}}]
            new = self.folder / f".{TARGETS}.new"
            new.write_text(json.dumps(targets) + "\n")
            new.replace(self.folder / TARGETS)
            log.info("metrics", extra={"address": f"http://{where}/metrics"})
            while not stop.is_set():
                await asyncio.sleep(0.5)
        (self.folder / TARGETS).unlink(missing_ok=True)

    async def text(self) -> str:
        """Give all there is, in Prometheus' text form."""
        answers = await asyncio.gather(*(source.figures() for source in self.sources))
        up: Values = {(source.name,): float(source.is_up) for source in self.sources}
        figures = [Figures({metrics.ANSWERS: up}), *filter(None, answers)]
        living, dead = self._snapshots()
        return joined([*living, *(each.text() for each in figures)], dead=dead)

    def _snapshots(self) -> tuple[list[str], list[str]]:
        """Read what the workers have counted: those that live, and those that have ended."""
        found: tuple[list[str], list[str]] = [], []
        for file in sorted(self.folder.glob("*.prom")):
            try:
                is_dead = not self.is_alive(file.stem)
                if is_dead and time.time() - file.stat().st_mtime > KEPT:
                    file.unlink()
                else:
                    found[is_dead].append(file.read_text())
            except OSError:
                continue
        return found
