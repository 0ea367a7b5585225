"""The command line, run as a person runs it: a process of its own, in a home of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from local.connection import Home, PlaneState
from local.process import Process, started_at

ROOT = Path(__file__).parents[2]


class Begun(subprocess.Popen[str]):
    """A command that is under way. A test that fails meanwhile does not wait for its end."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, trace)


@dataclass
class Noria:
    """A home and the environment to run ``noria`` in it; ``noria up`` serves no dashboard unless ``has_dashboard``."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    has_dashboard: bool = False

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """Run a command that must end with ``code``, and give what it printed on stdout."""
        done = self.run(*arguments)
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        with self.begin(*arguments) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def begin(self, *arguments: str | Path) -> Begun:
        """Begin a command, and leave it running."""
        command = [sys.executable, "-m", "local.cli", *map(str, arguments)]
        if command[3:4] == ["up"] and not self.has_dashboard:
            command.append("--no-dashboard")
        environ = {**os.environ, "NORIA_HOME": str(self.home), **self.environ}
        pipe, none = subprocess.PIPE, subprocess.DEVNULL
        return Begun(command, cwd=ROOT, env=environ, stdin=none, stdout=pipe, stderr=pipe, text=True)

    def without_a_broker(self, folder: Path) -> "Noria":
        """Give the same home with a broker that never comes to be ready, so that a start is not over before its time.

        ``folder`` is where the program lies that is taken for the broker.
        """
        script = folder / "no-broker"
        script.write_text("#!/bin/sh\nexec sleep 600\n")
        script.chmod(0o700)
        return Noria(self.home, {**self.environ, "NORIA_NATS_SERVER_BINARY": str(script)}, self.has_dashboard)

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        """Run a command with ``--json``, and give its document."""
        return json.loads(self(*arguments, "--json", code=code))

    def await_phase(self, phase: str) -> None:
        """Wait until the plane says that it is so far."""
        deadline = time.monotonic() + 60
        while PlaneState.read(Home(self.home)).phase != phase:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(self, part: str) -> int:
        """Kill a part, ``weed``, ``nats-server`` or ``worker-copy-0``, as a crash would, and wait until it has ended.

        Gives the id it had.
        """
        pid = self.pid(part)
        assert pid is not None
        began = started_at(pid)
        os.kill(pid, signal.SIGKILL)
        while began and started_at(pid) == began:
            time.sleep(0.01)
        return pid

    def pid(self, part: str) -> int | None:
        """Give the process id of a part, if it runs."""
        home = Home(self.home)
        folder = {"weed": home.store, "nats-server": home.broker}.get(part, home.run)
        return Process(part, [], folder=folder).pid

    def await_restart(self, part: str, old: int) -> None:
        """Wait until the supervisor has started the part again."""
        deadline = time.monotonic() + 60
        while self.pid(part) in {old, None}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
