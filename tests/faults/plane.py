"""The plane of a rig: the real one and its supervisor, but for the workers' module and for parts that are held down.

``python -m tests.faults.plane --workers N FDL...`` runs it until SIGTERM. What was killed often starts again sooner.
"""

import argparse
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.telemetry import log_as_json
from local import supervisor
from local.broker import Broker
from local.connection import Home
from local.plane import Plane
from local.process import Process
from local.surroundings import shield
from local.watchdog import PATIENCE as PATIENCE_OF_WATCHDOGS
from local.watchdog import Watchdog
from local.weed import Weed
from tests.pipelines import pipeline as copying

log = logging.getLogger("noria.supervisor")
ACK_WAIT = 2.0
PATIENCE = {
    "NORIA_ACK_WAIT": str(ACK_WAIT),
    "NORIA_BACKOFF": "0.2,0.5,1,2,3",
    "NORIA_RECONCILE": "3",
    "NORIA_TIME_LIMIT": "20",
}
"""Seconds."""


def pipeline(
    name: str = "faulty",
    source: str = "inbox/in",
    target: str = "outbox/out",
    *,
    function: str = "tests.faults.handlers:faulty",
    suffixes: Sequence[str] = (".copy", ".sum"),
    memory: str = "256Mi",
    **variables: str,
) -> str:
    """Give the FDL of one service from ``source`` to ``target``, both ``bucket/prefix``."""
    return copying(name, source, target, function=function, suffixes=suffixes, memory=memory, **variables)


class HeldPlane(Plane):
    """A plane whose parts may be told to stay down, each by a file of its name in ``<home>/held``."""

    def parts(self) -> dict[str, Process | Weed | Broker]:
        """Leave out what is held, so that nobody starts it again, and say so once the supervisor itself knows."""
        folder, parts = self.home.path / "held", super().parts()
        held = {name for name, part in parts.items() if (folder / part.name).exists()}
        if threading.current_thread() is threading.main_thread():
            for name in held:
                (folder / f"{parts[name].name}.seen").touch()
        return {name: part for name, part in parts.items() if name not in held}

    def watchdogs(self) -> list[Watchdog]:
        """Let a test be less patient with a server that does not work."""
        patience = float(os.environ.get("FAULTS_WATCHDOG", PATIENCE_OF_WATCHDOGS))
        return [replace(each, patience=patience) for each in super().watchdogs()]

    def _start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        super()._start(name, command, {**environment, "FAULTS_WORKER": name})


def main() -> None:
    """Run a rig's plane, until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plane")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("fdl", nargs="+", type=Path)
    arguments = parser.parse_args()
    log_as_json(host="supervisor")
    supervisor.LONGEST = 1.0  # twenty kills in a minute are no crash loop here
    shield(os.environ)
    if os.environ.get("FAULTS_UNCHECKED"):
        fdl.check = lambda pipelines: ()
    given = Configuration.read(os.environ)
    home = Home(given.home.absolute())
    plane = HeldPlane(
        home, arguments.fdl, given, dict(os.environ), arguments.workers, worker_module="tests.faults.worker"
    )
    supervisor.run_until_signal(plane, log.info)


if __name__ == "__main__":
    main()
