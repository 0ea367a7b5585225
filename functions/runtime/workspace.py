"""Private folders: one a run, gone when it ends; what a killed worker left says which runs it had in hand."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_PREFIX = "noria-run-"
_NOTE, _BEGUN = "run.json", "begun"


@dataclass(frozen=True)
class Note:
    """What a private folder says of itself: the run ``<function>/<id>``, and the ``holder`` of its lease."""

    run: str
    holder: str


@dataclass(frozen=True)
class Abandoned:
    """A run that a worker which is no more had in hand; ``begun`` if its handler had been called."""

    note: Note
    begun: bool


@contextmanager
def private_folder(work: Path, note: Note | None = None) -> Iterator[Path]:
    """Make a folder below ``work`` that only this user can read, and remove it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=work))
    try:
        if note:
            (folder / _NOTE).write_text(json.dumps(asdict(note)))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def begin(folder: Path) -> None:
    """Note in a private folder that the handler is called now."""
    (folder / _BEGUN).touch()


def abandoned(work: Path) -> list[Abandoned]:
    """Read what killed workers had in hand, as far as they came to write it down."""
    found = []
    for folder in _left(work):
        try:
            note = Note(**json.loads((folder / _NOTE).read_text()))
        except (OSError, ValueError, TypeError):
            continue
        found.append(Abandoned(note, (folder / _BEGUN).exists()))
    return found


def sweep(work: Path) -> int:
    """Remove what killed workers left below ``work``, unblurred pictures among it; gives how many folders."""
    left = list(_left(work))
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _left(work: Path) -> Iterator[Path]:
    for folder in work.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            yield folder


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
