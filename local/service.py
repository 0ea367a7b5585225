"""What the embedded store and the embedded broker have in common: a folder, ports, a process, a readiness."""

import os
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from local.ports import known_ports
from local.process import Process, ServiceError


class Service(ABC):
    """A server with its state in a folder of its own, which only this user can read."""

    name: ClassVar[str]
    port_taken: ClassVar[str]

    def __init__(self, folder: Path, *, dies_with_parent: bool) -> None:
        self.folder = folder.absolute()
        self._dies_with_parent = dies_with_parent
        self._process = Process(self.name, [], folder=self.folder)

    @abstractmethod
    def start(self) -> None:
        """Start it and come back at once; nothing happens if this object's process runs already."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it does its work now."""

    def wait_until_ready(self, timeout_s: float = 30.0, stop: threading.Event | None = None) -> None:
        """Wait until it does its work, or until ``stop`` is set; an open port is not enough.

        Raises:
            ServiceError: it ended, or it did not become ready in time.
        """
        deadline = time.monotonic() + timeout_s
        restarts = 3
        hint = f"see {self._process.log}"
        while not self.is_ready() and not (stop and stop.is_set()):
            if not self.alive:
                # A port that was free when it was chosen can be taken by now; then others are chosen.
                if restarts == 0 or self.port_taken not in self._process.last_words():
                    raise ServiceError(f"{self.name} ended: {self._process.last_words()}", hint=hint)
                restarts -= 1
                self.start()
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} not ready after {timeout_s:g} s", hint=hint)
            time.sleep(0.02)

    def stop(self, graceful_s: float = 20.0) -> bool:
        """End it, in good order if it can be done within ``graceful_s``; gives whether it was."""
        return self._process.stop(graceful_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()

    def trim_log(self) -> None:
        """Move what a long log holds to ``.log.1``."""
        self._process.trim_log()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    def _runs(self) -> bool:
        """Whether it runs as it was described here; one that a killed supervisor left behind is stopped."""
        if self.alive and not self._process.is_child:
            self.stop()
        return self.alive

    @property
    def _ports_file(self) -> Path:
        return self.folder / "ports.json"

    def _known_port(self, name: str) -> int:
        try:
            return known_ports(self._ports_file)[name]
        except KeyError:
            raise ServiceError(f"{self.name} was never started in {self.folder}", hint="noria up") from None


def private_folder(folder: Path) -> None:
    """Make ``folder`` if need be, for this user only.

    Raises:
        ServiceError: it belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ServiceError(f"{folder} belongs to somebody else", hint="remove it, or choose another place")
    folder.chmod(0o700)


def write_private(file: Path, text: str) -> None:
    """Replace ``file`` in one step by one that only this user can read."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)
