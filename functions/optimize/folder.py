"""The folder that runs by hand write into, one after the other: its files are replaced all together or not at all.

The files of a run come to be in a private folder below. Once all are there, those that the run before has listed in
its result are moved aside, and the new ones to where they belong; what has been moved is known from a note until the
last one is there, so that also a run that was killed is taken back by the next. What no run has listed stays.
"""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from functions.continuum.reading import LARGEST_JSON
from functions.datasets.files import opened
from functions.optimize.result import FILE_NAME
from functions.optimize.revision import NAMES
from functions.optimize.writing import PAGE
from functions.runtime.errors import Rejected
from functions.runtime.outputs import written

FRESH = "fresh"
_ASIDE, _NOTE = "aside", "moving.json"
_HINT = "give another folder, or move that file away"


def prepare(folder: Path) -> None:
    """Make the folder ready for a run; what a killed one has begun to move is taken back.

    Raises:
        Rejected: A file would have to give way that no run has written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        for note in folder.glob(f"*/{_NOTE}"):
            _undo(note.parent, folder)
        _refuse(folder, {PAGE}, listed(folder))  # before the work; the other files' names are known after it


def listed(folder: Path) -> set[str]:
    """Give the names of the files that the run before has written; none where there was none.

    Raises:
        Rejected: The result there is none of an optimisation.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return set()
    with opened(path, LARGEST_JSON) as file:
        content = file.read()
    try:
        found = json.loads(content).get("manifest", {})
        names = {FILE_NAME, *found}
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise Rejected(f"{path} is no result of an optimisation", hint=_HINT) from None
    return {name for name in names if is_inside(folder, name)}


def publish(private: Path, folder: Path) -> list[Path]:
    """Move what lies in ``private/fresh`` to where it belongs, in the stead of what the run before has written.

    Raises:
        Rejected: A file would have to give way that no run has written.
    """
    fresh = [path.relative_to(private / FRESH).as_posix() for path in written(private / FRESH)]
    with _alone(folder):
        old = listed(folder)
        _refuse(folder, fresh, old)
        _note(private, fresh)
        try:
            for name in sorted({*old, *fresh}):
                if os.path.lexists(folder / name) and not (folder / name).is_dir():
                    _move(folder / name, private / _ASIDE / name)
            for name in fresh:
                _move(private / FRESH / name, folder / name)
        except BaseException:
            _undo(private, folder)
            raise
        (private / _NOTE).unlink()  # from here on the new ones count
    _remove_empty(folder, old)
    return [folder / name for name in fresh]


def _undo(private: Path, folder: Path) -> None:
    """Take back what was moved."""
    note = private / _NOTE
    for name in json.loads(note.read_text(encoding="utf-8")):
        if not (private / FRESH / name).exists():
            _move(folder / name, private / FRESH / name)
    for path in sorted((private / _ASIDE).rglob("*")):
        if path.is_symlink() or not path.is_dir():
            _move(path, folder / path.relative_to(private / _ASIDE))
    note.unlink()


def _note(private: Path, fresh: Iterable[str]) -> None:
    """Note, whole or not at all, what is moved from here on."""
    unfinished = private / f"{_NOTE}.part"
    unfinished.write_text(json.dumps(list(fresh)), encoding="utf-8")
    unfinished.replace(private / _NOTE)


def _refuse(folder: Path, names: Iterable[str], old: Collection[str]) -> None:
    """Refuse to put files where others lie that no run has written; names of clusters are taken on from anywhere."""
    for name in names:
        if not is_inside(folder, name) or (name not in {*old, NAMES} and os.path.lexists(folder / name)):
            raise Rejected(f"{folder / name} is there already, and no run of noria optimize has listed it", hint=_HINT)


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def is_inside(folder: Path, name: str) -> bool:
    """Whether a name that a file has told is one of a file in the folder, behind no link that leads elsewhere."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        return False
    return (folder / name).parent.resolve().is_relative_to(folder.resolve())


def _remove_empty(folder: Path, names: Iterable[str]) -> None:
    for parent in {(folder / name).parent for name in names} - {folder}:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other run moves files of the folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
