"""What a host is to its tests: documents go in, and how the platform was answered comes out."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from functions.runtime.kernel import children_of
from tests.pipeline.noria import ROOT


@dataclass(frozen=True)
class Answer:
    """How one document came to its end.

    Attributes:
        verdict: What the runtime said last, ``done`` or ``dead``.
        times: How often the platform delivered it.
    """

    verdict: str
    times: int = 1


class Driver(Protocol):
    """One host with its platform; ``width`` deliveries at once."""

    host: str
    width: int

    def deliver(self, document: bytes) -> Answer:
        """Hand a document in as the platform would, again and again as long as the platform would."""

    def lose(self) -> None:
        """Let the machine fail that the host runs on, and another one take its place."""

    def close(self) -> None:
        """End what was started."""


def parsed(line: str) -> dict[str, Any]:
    """Give the JSON object that a line of a log is; an empty one if it is none, or not whole yet."""
    if not line.startswith('{"'):
        return {}
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found


def begin(command: Sequence[str | Path], environ: Mapping[str, str], *, log: Path) -> "subprocess.Popen[bytes]":
    """Begin a host's process, with nothing else of this environment; what it says is added to the log."""
    with log.open("ab") as said:
        return subprocess.Popen(command, env=environ, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)


def kill(process: "subprocess.Popen[Any]") -> None:
    """End a process and all below it, as a machine that fails."""
    for pid in [process.pid, *below(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def below(pid: int) -> Iterator[int]:
    """Give every process that one has started, and that those have."""
    for child in children_of(pid):
        yield child
        yield from below(child)
