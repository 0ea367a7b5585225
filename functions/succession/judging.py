"""A model at work on rows, in a sandbox of its own: files in, one array out, whatever the process in it says."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.workspace import private_folder
from functions.sandbox.ending import end
from functions.sandbox.limits import Limits
from functions.sandbox.walls import CODE, Job, Sandbox, ended_by
from functions.succession.scorer import INPUTS, MODEL, ORDER, OUTPUTS, REFUSAL

PACKAGES = ("functions", "events", "fdl")
LARGEST_REFUSAL = 4096
LOOK, TICK = 0.02, 0.5
"""Seconds between two looks at whether it has ended, and at whether anybody still wants the result."""


@dataclass(frozen=True)
class Bench:
    """Where models are tried: ``memory`` in bytes and ``seconds`` of each; ``tick`` is called while one is at work."""

    sandbox: Sandbox
    work: Path
    memory: int
    seconds: float
    tick: Callable[[], None] = lambda: None

    def predict(self, model: Path, rows: NDArray[np.float32], outputs: tuple[int, ...]) -> NDArray[np.float32]:
        """Give (N, *outputs) of a model in ONNX for (N, ...) rows that are preprocessed as it wants them.

        Raises:
            Rejected: It cannot be run, gives something else, or uses more than it may.
            TryAgain: The process was lost.
        """
        with private_folder(self.work) as folder:
            _furnish(folder, model, rows)
            with (folder / "stderr.txt").open("wb") as said:
                process = self.sandbox.start(self._job(folder), stdout=subprocess.DEVNULL, stderr=said)
            self._wait(process)
            refused = _read(folder / REFUSAL, LARGEST_REFUSAL)
            if refused is not None:
                raise Rejected(_told(refused))
            return _outputs(folder / OUTPUTS, (len(rows), *outputs))

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        began = looked = time.monotonic()
        try:
            while process.poll() is None:
                now = time.monotonic()
                if now > began + self.seconds:
                    raise Rejected(f"the model did not come to an end within {self.seconds:g} s")
                if now > looked + TICK:
                    looked = now
                    self.tick()
                time.sleep(LOOK)
        finally:
            code = end(process)
        if code:
            raise TryAgain(f"the process that tries a model ended early (signal {ended_by(code)}, exit code {code})")

    def _job(self, folder: Path) -> Job:
        return Job(
            command=[sys.executable, "-m", "functions.succession.scorer", str(folder)],
            read=(folder, *(CODE / name for name in PACKAGES)),
            write=(folder / "out",),
            limits=Limits(self.memory, file_size=2**30, files=256, cpu_seconds=int(self.seconds) + 1),
            environ=_environ(folder),
            folder=folder,
        )


def _furnish(folder: Path, model: Path, rows: NDArray[np.float32]) -> None:
    for name in ("out", "code"):
        (folder / name).mkdir()
    for name in PACKAGES:
        (folder / "code" / name).symlink_to(CODE / name)
    shutil.copyfile(model, folder / MODEL)
    (folder / INPUTS).write_bytes(np.ascontiguousarray(rows, "<f4").tobytes())
    (folder / ORDER).write_text(json.dumps({"shape": rows.shape}))


def _environ(folder: Path) -> dict[str, str]:
    plain = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    python = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
    return {**plain, **python, "PYTHONPATH": str(folder / "code"), "HOME": str(folder / "out")}


def _read(path: Path, largest: int) -> bytes | None:
    """Give what the process wrote; None for nothing, for too much, and for what is no file of its own."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > largest:
        return None
    return path.read_bytes()


def _outputs(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    wanted = 4 * int(np.prod(shape))
    content = _read(path, wanted)
    if content is None or len(content) != wanted:
        raise Rejected(f"the model gives something else than {shape[0]:,} outputs of shape {list(shape[1:])}")
    found = np.frombuffer(content, "<f4").reshape(shape)
    if not np.isfinite(found).all():
        raise Rejected("the model gives something that is no number")
    return found.astype(np.float32)


def _told(refused: bytes) -> str:
    """Give a refusal's reason as one line; the process may have been taken over."""
    try:
        reason = str(json.loads(refused)["reason"])
    except (ValueError, KeyError, TypeError):
        reason = "it cannot be run"
    return "".join(each if each.isprintable() else " " for each in reason)[:500]
