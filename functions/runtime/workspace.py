"""Private folders: one a run, gone when it ends; what a killed worker left says which runs it had in hand."""

import atexit
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from functions.runtime.removal import remove

_PREFIX = "noria-run-"
LARGEST_NOTE = 4096
"""Bytes."""
_ROOM, _HELD = "room-", "held"
_NOTE, _BEGUN, _ENDED = "run.json", "begun", "ended"
WRITING = "work"
"""Folder of a room that handlers may write to; the rest is the host's, and they read it."""
SPARE = f"{WRITING}/spare"
"""Folder of a room for whatever libraries want to keep."""


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
        remove(folder)


def room(work: Path) -> Path:
    """Make a folder below ``work`` for all private folders of this process, which removes it at its end.

    It is locked as long as the process lives: who sweeps in a process namespace of its own does not see that it does.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{_ROOM}", dir=work))
    held = os.open(folder / _HELD, os.O_CREAT | os.O_RDWR, 0o600)  # until the end of the process
    fcntl.flock(held, fcntl.LOCK_EX)
    atexit.register(remove, folder)
    (folder / SPARE).mkdir(parents=True)
    return folder


def writing_place(private: Path) -> Path:
    """Give the folder that is to be the handler's, of a run with this private folder: the same one, but in a room."""
    room = private.parent
    return room / WRITING / private.name if room.name.startswith(_PREFIX) and _ROOM in room.name else private


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
            note = Note(**json.loads(_read(folder / _NOTE)))
        except (OSError, ValueError, TypeError):
            continue
        found.append(Abandoned(note, _owner(folder), (folder / _BEGUN).exists(), (folder / _ENDED).exists()))
    return found


def _read(note: Path) -> bytes:
    """Read a note as far as ours are; without walls a handler may have put anything in its place, a pipe too."""
    opened = os.open(note, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(opened, LARGEST_NOTE) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
    finally:
        os.close(opened)


def sweep(work: Path) -> int:
    """Remove what killed workers left below ``work``, unblurred pictures among it; gives how many folders."""
    left = list(_left(work))
    for folder in left:
        remove(folder)
    return len(left)


def _left(work: Path) -> Iterator[Path]:
    # Those in rooms first: to remove a room removes them. No deeper: in a sandbox process ids mean something else.
    ours = _ours_in(work)
    rooms = (folder for folder in ours if _ROOM in folder.name)
    for folder in [each for room in rooms for each in _ours_in(room)] + ours:
        owner = _owner(folder)
        if owner.isdigit() and not _runs(int(owner)) and not _is_held(folder) and not _is_held(folder.parent):
            yield folder


def _ours_in(folder: Path) -> list[Path]:
    """Give what has a name of ours; of a folder that its owner removes meanwhile, nothing."""
    try:
        return [each for each in folder.iterdir() if each.name.startswith(_PREFIX)]
    except OSError:
        return []


def _owner(folder: Path) -> str:
    return folder.name.removeprefix(_PREFIX).partition("-")[0]


def _is_held(folder: Path) -> bool:
    try:
        held = os.open(folder / _HELD, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
