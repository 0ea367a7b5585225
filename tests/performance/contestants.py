"""Who runs the job: noria, the floor, and what people would use instead."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.performance.figures import notes
from tests.performance.peers import installation


@dataclass(frozen=True)
class Contestant:
    """One program; without a ``command`` it is noria's own worker. ``is_slow``: it takes a second an event."""

    name: str
    title: str
    command: tuple[str | Path, ...] = ()
    is_slow: bool = False

    @property
    def source(self) -> str:
        """The bucket it watches."""
        return f"in-{self.name}"

    @property
    def target(self) -> str:
        """The bucket it writes to."""
        return f"out-{self.name}"


NORIA = Contestant("noria", "noria")
FLOOR = Contestant(
    "floor", "floor: nats-py + obstore", (sys.executable, "-m", "tests.performance.peers.floor", "obstore")
)
BOTO3 = Contestant("boto3", "floor: nats-py + boto3", (sys.executable, "-m", "tests.performance.peers.floor", "boto3"))
FASTSTREAM = Contestant("faststream", "FastStream", (sys.executable, "-m", "tests.performance.peers.streaming"))
SUPERVISOR = Contestant("supervisor", "faas-supervisor", is_slow=True)

ALL = (NORIA, FLOOR, BOTO3, FASTSTREAM, SUPERVISOR)


def chosen(names: Sequence[str]) -> list[Contestant]:
    """Give noria and those that were named (all when none was); what cannot be installed is left out, and said so."""
    found = [each for each in ALL if not names or each.name in names or each is NORIA]
    if SUPERVISOR in found:
        found.remove(SUPERVISOR)
        try:
            command = (sys.executable, "-m", "tests.performance.peers.supervisor", installation.python())
        except installation.NotInstalledError as error:
            notes.print(f"[red]without faas-supervisor, which cannot be installed: {error}")
        else:
            found.append(replace(SUPERVISOR, command=command))
    return found
