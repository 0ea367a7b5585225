"""The workers as they are wanted now: the supervisor starts those that are missing and retires those that are not."""

import logging
import signal
from pathlib import Path
from typing import Protocol

from functions.runtime.errors import Rejected
from local.groups import FILE_NAME, Groups, Worker
from local.process import Process

log = logging.getLogger("noria.supervisor")


class Workplace(Protocol):
    """What of the plane is needed here."""

    workers: int
    services: dict[str, Path]
    processes: dict[str, Process]
    retiring: dict[str, Process]

    def start_worker(self, worker: Worker) -> None:
        """Start one worker."""
        ...


class Crew:
    """Follows ``groups.json``; call ``look`` from the thread that starts processes."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen: tuple[int, int] | None = None
        self._groups = Groups()

    def wanted(self, plane: Workplace) -> dict[str, Worker]:
        """Give the workers that are wanted now; a damaged file changes nothing."""
        try:
            about = (self._home / FILE_NAME).stat()
            seen = (about.st_ino, about.st_mtime_ns)
        except FileNotFoundError:
            seen = None
        if seen != self._seen:
            self._seen = seen
            try:
                self._groups = Groups.read(self._home)
            except (Rejected, OSError) as error:
                log.error("the groups of workers stay as they are", extra={"reason": str(error)})
        return self._groups.wanted(plane.services, plane.workers)

    def look(self, plane: Workplace) -> None:
        """Start and retire workers as the file says by now."""
        wanted = self.wanted(plane)
        for name in [name for name in plane.processes if name.startswith("worker-") and name not in wanted]:
            process = plane.processes.pop(name)
            process.signal(signal.SIGUSR1)
            plane.retiring[name] = process
            log.info("retired", extra={"part": name})
        for name, worker in wanted.items():
            if name not in plane.processes and name not in plane.retiring:
                plane.start_worker(worker)
                log.info("started", extra={"part": name, "resource": worker.resource})
