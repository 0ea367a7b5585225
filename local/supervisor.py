"""The supervisor: keeps a plane's processes alive until it is told to stop. ``python -m local.supervisor FDL...``."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fdl import FdlError
from functions.runtime.configuration import OFF, Configuration
from functions.runtime.errors import FunctionError
from functions.runtime.kernel import ending, oom_kills
from functions.runtime.telemetry import log_as_json
from local.connection import Home, PlaneState
from local.plane import WORKER_CONFIGURATION_ERROR, Plane, Say
from local.process import Process, ServiceError
from local.reconcile import Reconciler
from local.service import Service
from local.surroundings import shield

log = logging.getLogger("noria.supervisor")
LOGS_EVERY = 10.0
"""Seconds between looks at how long the logs are."""
SHORTEST, LONGEST, STEADY = 0.1, 10.0, 30.0
"""Seconds: the first pause before a restart, the longest, and the life after which a process counts as steady."""


@dataclass
class Pause:
    """How long to wait before a part is started again: doubled each time, forgotten after a steady life."""

    seconds: float = 0
    since: float = 0

    def is_over(self, now: float) -> bool:
        """Tell whether the part may be started, and note that it is then."""
        if now - self.since > STEADY:
            self.seconds = 0
        if now - self.since < self.seconds:
            return False
        self.seconds = min(max(self.seconds * 2, SHORTEST), LONGEST)
        self.since = now
        return True


def supervise(plane: Plane, stop: threading.Event, say: Say) -> None:
    """Start the plane, restart what dies, and stop everything when ``stop`` is set; says how far it is in plane.json.

    Raises:
        ServiceError: Something cannot start; what had started is stopped again.
    """
    files = tuple(str(path) for path in plane.pipelines)
    PlaneState("starting", files).write(plane.home)
    ending = PlaneState("stopped", files)
    try:
        plane.start(say, stop)
        if not stop.is_set():
            PlaneState("ready", files, isolation=plane.isolation).write(plane.home)
            say("ready")
            reconciler = plane.reconciler()
            reconciler.start(stop)
            _show_metrics(plane, reconciler, stop)
            for dog in plane.watchdogs():
                dog.start(stop)
            _watch(plane, stop)
    except (ServiceError, FunctionError) as error:
        ending = PlaneState("failed", files, str(error), error.hint)
        raise
    finally:
        plane.stop(say)
        with suppress(OSError):  # a full disk
            ending.write(plane.home)


def _show_metrics(plane: Plane, reconciler: Reconciler, stop: threading.Event) -> None:
    """Serve metrics, if they are wanted and can be; all else goes on without."""
    if plane.given.metrics == OFF:
        return
    try:
        from local.metrics.of_plane import exporter_of  # prometheus_client: not everybody has it

        exporter_of(plane, reconciler).start(stop)
    except (ModuleNotFoundError, ServiceError, OSError) as error:
        log.warning("no metrics", extra={"reason": str(error), "hint": "pip install --group metrics"})


@dataclass
class Keeper:
    """Keeps the parts of a plane alive."""

    plane: Plane
    pauses: dict[str, Pause] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    mourned: set[str] = field(default_factory=set)
    oom_kills: int = field(default_factory=oom_kills)

    def look(self) -> None:
        """Start again what has ended since the last look; a worker's runs are released before."""
        for name, part in self.plane.parts().items():
            if part.alive or name in self.given_up:
                continue
            code = part.exit_code if isinstance(part, Process) else None
            self._mourn(name, code)
            if code == WORKER_CONFIGURATION_ERROR:
                self.given_up.add(name)
                log.error("cannot run", extra={"part": name, "hint": "see its log, correct it, then noria down and up"})
            elif self.pauses.setdefault(name, Pause()).is_over(time.monotonic()):
                self._start(name, part, code)
        for name in [name for name, part in self.plane.retiring.items() if not part.alive]:
            self._part_with(name, self.plane.retiring.pop(name))

    def change(self) -> None:
        """Start and retire workers as ``groups.json`` says by now."""
        try:
            self.plane.crew.look(self.plane)
        except OSError as error:
            log.error("cannot start now", extra={"part": "workers", "reason": str(error)})

    def _part_with(self, name: str, part: Process) -> None:
        """Forget a worker that was retired and has ended."""
        self._mourn(name, part.exit_code)
        self.mourned.discard(name)
        part.kill()

    def _mourn(self, name: str, code: int | None) -> None:
        service = self.plane.service_of(name)
        if service is None or not code or name in self.mourned:
            return
        self.mourned.add(name)
        kills, before = oom_kills(), self.oom_kills
        self.oom_kills = kills
        self.plane.lost_workers().release(service, ending(code, oom=kills > before))

    def _start(self, name: str, part: Process | Service, code: int | None) -> None:
        try:
            part.start()
        except (OSError, ServiceError) as error:  # a full disk, perhaps; the next look may find room
            log.error("cannot start now", extra={"part": name, "reason": str(error)})
            return
        log.warning("restarted", extra={"part": name, "exit_code": code})
        self.plane.restarts[name] += 1
        self.mourned.discard(name)

    def trim_logs(self) -> None:
        """Cut what has become too long."""
        for each in (*self.plane.parts().values(), self.plane.home.supervisor):
            try:
                each.trim_log()
            except OSError as error:
                log.warning("a log was not cut", extra={"reason": str(error)})


def _watch(plane: Plane, stop: threading.Event) -> None:
    keeper = Keeper(plane)
    looked = time.monotonic()
    while not stop.wait(0.1):
        if time.monotonic() - looked > LOGS_EVERY:
            looked = time.monotonic()
            keeper.trim_logs()
        keeper.change()
        keeper.look()


def run_until_signal(plane: Plane, say: Say) -> None:
    """Supervise in this thread until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    supervise(plane, stop, say)


def make_plane(files: list[Path], workers: int, *, dashboard: bool = False, isolation: str = "") -> Plane:
    """Make the plane that the environment describes; ``isolation`` names the walls around handlers."""
    shield(os.environ)
    given = Configuration.read(os.environ)
    home = Home(given.home.absolute())
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Plane(home, files, given, dict(os.environ), workers, has_dashboard=dashboard, isolation=isolation)


def main() -> int:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m local.supervisor")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--dashboard", action="store_true")
    parser.add_argument("--isolation", default="", choices=["", "none", "bwrap", "landlock", "container"])
    parser.add_argument("fdl", nargs="+", type=Path)
    given = parser.parse_args()
    log_as_json(host="supervisor")
    try:
        plane = make_plane(given.fdl, given.workers, dashboard=given.dashboard, isolation=given.isolation)
        run_until_signal(plane, lambda text: log.info(text))
    except (ServiceError, FunctionError, FdlError) as error:
        log.error("cannot start", extra={"reason": str(error), "hint": error.hint})
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
