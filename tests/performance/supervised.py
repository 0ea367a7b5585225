"""The bench under its own supervisor, as ``noria up`` has it: restarts, looks for lost objects, and its memory counts.

``python -m tests.performance.supervised FDL`` is that supervisor; of the FDL's services only noria's own gets a worker.
"""

import sys
import time
from pathlib import Path
from typing import Self

from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from local.connection import PlaneState, operator
from local.process import Process
from local.supervisor import make_plane, run_until_signal
from tests.performance.bench import Bench, BenchError
from tests.performance.contestants import FLOOR, NORIA, Contestant
from tests.performance.figures import notes

START_LIMIT = 90.0
STOP_LIMIT = 90.0


class SupervisedBench(Bench):
    """A context: the plane runs under a supervisor process of its own inside of it; peers are the bench's."""

    def __init__(self) -> None:
        super().__init__([NORIA, FLOOR])
        command: list[str | Path] = [sys.executable, "-m", __name__, *self.plane.pipelines]
        environment = {"NORIA_HOME": str(self.plane.home.path)}
        folder = self.plane.home.run
        self.supervisor = Process("supervisor", command, folder=folder, environment=environment, dies_with_parent=True)

    def __enter__(self) -> Self:
        try:
            notes.print("[dim]starting the plane under its supervisor")
            self.supervisor.start()
            self._await_ready()
            self.configuration = operator({**self._environ, "NORIA_HOME": str(self.plane.home.path)})
            self.store = Store(self.configuration)
            self.ledger = Ledger(self.store, self.configuration.ledger, lease=self.configuration.ack_wait)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End the supervisor, and it the plane; then the folder goes."""
        self.supervisor.stop(STOP_LIMIT)
        super().close()

    def process(self, who: Contestant) -> Process:
        """Give the contestant's process; noria's own worker is the supervisor's child, not ours."""
        return self._part("worker-noria-0") if who == NORIA else super().process(who)

    def parts(self) -> dict[str, int]:
        """Name the processes that serve noria and their ids, its handler's processes too."""
        home = self.plane.home
        folders = {"weed": home.store, "nats-server": home.broker}
        named = {name: self._part(name, folders.get(name)).pid for name in ("publisher", "weed", "nats-server")}
        named |= {"worker": self.process(NORIA).pid, "supervisor": self.supervisor.pid}
        return {name: pid for name, pid in named.items() if pid is not None}

    def _part(self, name: str, folder: Path | None = None) -> Process:
        return Process(name, [], folder=folder or self.plane.home.run)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while PlaneState.read(self.plane.home).phase != "ready":
            if not self.supervisor.alive or time.monotonic() > deadline:
                raise BenchError(f"the plane does not start: {self.supervisor.last_words(3)}")
            time.sleep(0.1)


def main() -> None:
    """Supervise until SIGTERM."""
    plane = make_plane([Path(file) for file in sys.argv[1:]], 1)
    plane.services = {NORIA.name: plane.services[NORIA.name]}
    run_until_signal(plane, lambda _: None)


if __name__ == "__main__":
    main()
