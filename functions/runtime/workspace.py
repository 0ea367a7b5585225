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
_NOTE, _BEGUN, _ENDED = "run.json", "begun", "ended"


@dataclass(frozen=True)
class Note:
    """What a private folder says of itself: the run ``<function>/<id>``, and the ``holder`` of its lease."""

    run: str
    holder: str


@dataclass(frozen=True)
class Abandoned:
    """A run that ``worker``, a process that is no more, had in hand.

    ``running`` if its handler was at work, ``left`` if that had ended and outputs may have been uploaded.
    """

    note: Note
    worker: str
    running: bool
    left: bool

    @property
    def is_suspect(self) -> bool:
        """Whether it may be why the worker ended: its handler had been called."""
        return self.running or self.left


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


def end(folder: Path) -> None:
    """Note in a private folder that the handler has ended."""
    (folder / _BEGUN).rename(folder / _ENDED)


def abandoned(work: Path) -> list[Abandoned]:
    """Read what killed workers had in hand, as far as they came to write it down."""
    found = []
    for folder in _left(work):
        try:
            note = Note(**json.loads((folder / _NOTE).read_text()))
        except (OSError, ValueError, TypeError):
            continue
        found.append(Abandoned(note, _owner(folder), (folder / _BEGUN).exists(), (folder / _ENDED).exists()))
    return found


def sweep(work: Path) -> int:
    """Remove what killed workers left below ``work``, unblurred pictures among it; gives how many folders."""
    left = list(_left(work))
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _left(work: Path) -> Iterator[Path]:
    for folder in work.glob(f"{_PREFIX}*"):
        owner = _owner(folder)
        if owner.isdigit() and not _runs(int(owner)):
            yield folder


def _owner(folder: Path) -> str:
    return folder.name.removeprefix(_PREFIX).partition("-")[0]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
