"""Private folders: one a run, gone when it ends, swept when its worker was killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "noria-run-"


@contextmanager
def private_folder(work: Path) -> Iterator[Path]:
    """Make a folder below ``work`` that only this user can read, and remove it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=work))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(work: Path) -> int:
    """Remove what killed workers left below ``work``, unblurred pictures among it; gives how many folders."""
    swept = 0
    for folder in work.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
