"""One script in a process of its own: what it says is heard, and nothing of it is left when it has ended."""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from functions.runtime.kernel import children_of, ending

SHELL = "/bin/sh"
"""What OSCAR's supervisor runs scripts with, whatever their first line says."""
LOOK = 0.2
"""Seconds between looks at whether the script has ended, and whether anybody still wants its result."""
LONGEST = 2_000
"""Characters of one line that are kept."""
LAST_WORDS = 1.0
"""Seconds for what a script has left running to say more after its end."""
PIECE = 65536
LAST = 20
"""Lines that are kept to say why a script failed."""


@dataclass
class Said:
    """What a script says, line by line: the first ``most`` are told, the last few are kept."""

    most: int
    tell: Callable[[str, str], object]
    lines: int = 0
    last: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=LAST))
    _begun: dict[str, bytearray] = field(default_factory=dict)

    def hear(self, stream: str, piece: bytes) -> None:
        """Take a piece of ``stdout`` or ``stderr``; what is longer than a line may be is cut."""
        begun = self._begun.setdefault(stream, bytearray())
        *lines, rest = piece.split(b"\n")
        for line in lines:
            self._line(stream, bytes(begun) + line[:LONGEST])
            begun.clear()
        begun += rest[: LONGEST - len(begun)]

    def end(self) -> None:
        """Take what was no whole line."""
        for stream, begun in self._begun.items():
            if begun:
                self._line(stream, bytes(begun))
                begun.clear()

    @property
    def reason(self) -> str:
        """The last thing that was said, on ``stderr`` if anything was."""
        told = [line for stream, line in self.last if stream == "stderr"] or [line for _, line in self.last]
        return told[-1][:300] if told else ""

    def _line(self, stream: str, line: bytes) -> None:
        text = line.decode(errors="replace")[:LONGEST].rstrip()
        if not text:
            return
        self.lines += 1
        self.last.append((stream, text))
        if self.lines <= self.most:
            self.tell(stream, text)


def run(file: Path, environ: Mapping[str, str], folder: Path, *, said: Said, tick: Callable[[], None]) -> int:
    """Run a script in ``folder`` and give its exit code, negative for a signal.

    It stays in the process group of its caller, which the host ends whole when time or memory are up. What the script
    has started and left running is ended with it. ``tick`` is called a few times a second; what it raises ends all.
    """
    before = frozenset(children_of(os.getpid()))
    process = subprocess.Popen(  # its handler's process has one thread
        [SHELL, str(file)],
        env=dict(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_heed_signals,
    )
    try:
        _listen(process, said, tick)
        return process.wait()
    finally:
        _end(process, before)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        said.end()


def how(code: int) -> str:
    """Say how a script ended."""
    return ending(code, oom=False)


def _heed_signals() -> None:
    # The handler's process ignores them, and what is ignored stays so across exec(3): timeout(1) would have no effect.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _listen(process: subprocess.Popen[bytes], said: Said, tick: Callable[[], None]) -> None:
    """Hear what a script says until it has ended; who holds the pipes open beyond that is not waited for."""
    ticked, ended = time.monotonic(), 0.0
    with selectors.DefaultSelector() as selector:
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            if not ended and process.poll() is not None:
                ended = time.monotonic()
            ready = selector.select(0 if ended else LOOK)
            for key, _ in ready:
                if not _heard(key.fileobj, str(key.data), said):  # type: ignore[arg-type]
                    selector.unregister(key.fileobj)
            if ended and (not ready or time.monotonic() - ended > LAST_WORDS):
                return
            if time.monotonic() - ticked > LOOK:
                ticked = time.monotonic()
                tick()
    while process.poll() is None:  # it has closed what it could say anything with
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
        tick()


def _heard(stream: IO[bytes], name: str, said: Said) -> bool:
    """Take what there is to read; False at the end."""
    piece = os.read(stream.fileno(), PIECE)
    said.hear(name, piece)
    return bool(piece)


def _end(process: subprocess.Popen[bytes], before: frozenset[int]) -> None:
    """Kill a script and all that it has left: the kernel has given us its orphans (``adopt_orphans``)."""
    if process.poll() is None:
        for pid in _below(process.pid):
            _kill(pid)
        process.kill()
        process.wait()
    while left := set(children_of(os.getpid())) - before - {process.pid}:
        for pid in left:
            for each in (*_below(pid), pid):
                _kill(each)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _below(pid: int) -> Iterator[int]:
    for child in children_of(pid):
        yield from _below(child)
        yield child
