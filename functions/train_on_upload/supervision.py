"""The training process as the handler sees it: started in a sandbox, listened to, watched, and ended if need be."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.kernel import memory_in_use
from functions.sandbox.ending import end
from functions.sandbox.enter import FAILED
from functions.sandbox.limits import Limits
from functions.sandbox.walls import CODE, Job, Sandbox, ended_by
from functions.train_on_upload.messages import (
    CHECKPOINTS,
    LINE_LIMIT,
    OUTPUTS,
    SPARE,
    Message,
    Refused,
    Trained,
    read,
)

LOOK = 0.25
"""Seconds between looks at the process's memory, and at whether anybody still wants its result."""
GRACE = 300.0
"""Seconds beside the training itself: to import a framework, read the data, export and draw."""
EXIT = 10.0
"""Seconds to end after the last word."""
FILES, MOST_FILES = 4, 10_000
"""Of the size of one file, in all that the process writes; and how many files that may be."""
TOLD = 64 * 1024
"""Bytes of what libraries wrote to standard error that are looked at."""
MEMORY_SIGNS = ("bad_alloc", "MemoryError", "Cannot allocate memory", "ResourceExhausted", "out of memory")


class TrainerLostError(TryAgain):
    """The training process ended without a word."""


@dataclass(frozen=True)
class Bounds:
    """What it may use: ``memory`` in bytes, ``time`` of the training in seconds, ``file`` bytes of one file.

    All files together may have ``FILES`` times as many. ``threads`` may work at a time.
    """

    memory: int
    time: float
    file: int
    threads: int = 1

    @property
    def cpu_seconds(self) -> int:
        """Processor time that it cannot need: the kernel ends it then, whoever has forgotten it."""
        return int((self.time + GRACE) * (self.threads + 1))


@dataclass
class Supervision:
    """One training process in ``workspace``.

    ``hear`` is called with each message, ``tick`` a few times a second; what they raise ends the process.
    """

    workspace: Path
    sandbox: Sandbox
    bounds: Bounds
    hear: Callable[[Message], None]
    tick: Callable[[], None]

    def run(self, environ: dict[str, str]) -> Trained:
        """Train to the end.

        Raises:
            Rejected: The process says that it cannot be trained, or used more than it may.
            TrainerLostError: The process ended without saying anything.
        """
        with self.said_file.open("wb") as said:
            process = self.sandbox.start(self._job(environ), stdout=subprocess.PIPE, stderr=said)
        try:
            last = self._listen(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(EXIT)
        finally:
            code = end(process)
            if process.stdout:
                process.stdout.close()
        if isinstance(last, Refused):
            raise Rejected(last.reason, hint=last.hint)
        if last is None:
            raise self._lost(code)
        return last

    @property
    def said_file(self) -> Path:
        """What libraries wrote to standard error."""
        return self.workspace / "stderr.txt"

    def said(self) -> str:
        """Give the end of it."""
        with self.said_file.open("rb") as file:
            file.seek(max(0, self.said_file.stat().st_size - TOLD))
            return file.read().decode(errors="replace")

    def _job(self, environ: dict[str, str]) -> Job:
        return Job(
            command=[sys.executable, "-m", "functions.train_on_upload.trainer", str(self.workspace)],
            read=(self.workspace, CODE / "functions", CODE / "events", CODE / "fdl"),
            write=tuple(self.workspace / each for each in (OUTPUTS, CHECKPOINTS, SPARE)),
            limits=Limits(self.bounds.memory, self.bounds.file, files=1024, cpu_seconds=self.bounds.cpu_seconds),
            environ=environ,
            folder=self.workspace,
        )

    def _listen(self, process: subprocess.Popen[bytes]) -> Trained | Refused | None:
        """Hear messages until the last one; None when there is none."""
        deadline = time.monotonic() + self.bounds.time + GRACE
        looked = time.monotonic()
        assert process.stdout is not None
        for line in _lines(process.stdout):
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                self._check(process, deadline)
                self.tick()
            if line is None:
                continue
            try:
                message = read(line)
            except ValueError as error:
                raise TrainerLostError("the training process said what cannot be understood") from error
            if isinstance(message, Trained | Refused):
                return message
            self.hear(message)
        return None

    def _check(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        if time.monotonic() > deadline:
            raise Rejected(f"the training took longer than {self.bounds.time:g} s", hint="ask for fewer epochs")
        if memory_in_use(process.pid) > self.bounds.memory:
            raise self._too_much()
        sizes = list(islice(self._sizes(), MOST_FILES))
        if len(sizes) == MOST_FILES or sum(sizes) > FILES * self.bounds.file:
            raise Rejected(f"the training wrote more than {FILES * self.bounds.file:,} bytes or {MOST_FILES:,} files")

    def _sizes(self) -> Iterator[int]:
        """Give the size of everything in the folders that the process may write to."""
        for name in (OUTPUTS, CHECKPOINTS, SPARE):
            for where, folders, files in os.walk(self.workspace / name):
                for each in (*folders, *files):
                    with suppress(OSError):
                        yield Path(where, each).lstat().st_blocks * 512

    def _lost(self, code: int) -> Exception:
        ended, said = ended_by(code), self.said()
        if any(sign in said for sign in MEMORY_SIGNS):
            return self._too_much()
        lines = said.strip().splitlines()
        if code == FAILED:
            return TrainerLostError(f"the training process could not start: {lines[-1] if lines else 'no word'}"[:300])
        how = signal.Signals(ended).name if ended in set(signal.Signals) else f"exit code {code}"
        word = f": {lines[-1][:300]}" if lines and not ended else ""
        return TrainerLostError(f"the training process ended early ({how}){word}")

    def _too_much(self) -> Rejected:
        return Rejected(
            f"the training needs more than {self.bounds.memory / 2**20:,.0f} MiB of memory",
            hint="upload less data or a smaller model, or raise TRAIN_ON_UPLOAD_MEMORY and the memory of the FDL",
        )


def _lines(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Give each line of a pipe as it comes, and None whenever nothing has come for a while."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        kept = bytearray()
        while True:
            if not selector.select(LOOK):
                yield None
                continue
            piece = stream.raw.read(65536) if hasattr(stream, "raw") else stream.read(65536)
            if not piece:
                return
            kept += piece
            while (end := kept.find(b"\n")) >= 0:
                yield bytes(kept[:end])
                del kept[: end + 1]
            if len(kept) > LINE_LIMIT:
                raise TrainerLostError("the training process does not end its line")
