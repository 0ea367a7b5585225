"""Removing folders that a handler has filled: however deep they are, or locked, they keep no worker from its work."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ROUNDS = 100_000
"""Folders that are taken apart at most; more than that stay."""


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as that can be done; raises nothing.

    ``shutil.rmtree`` recurses: 1,000 folders in one another are too deep for it. Nor does it enter what is locked.
    """
    if _is_removed(folder):
        return
    with suppress(OSError):
        _flatten(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _is_removed(folder: Path) -> bool:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        return False
    return not os.path.lexists(folder)


def _flatten(folder: Path) -> None:
    """Move what lies deep up to the folder itself, a level at a time, and remove what is empty then."""
    top = _opened(os.fspath(folder))
    try:
        waiting = os.listdir(top)  # noqa: PTH208 - pathlib knows no descriptors
        for number in range(ROUNDS):
            if not waiting:
                return
            with suppress(OSError):
                waiting += _taken_apart(waiting.pop(), top, number)
    finally:
        os.close(top)


def _opened(name: str, within: int | None = None) -> int:
    _unlock(name, within)
    return os.open(name, FOLDER, dir_fd=within)


def _unlock(name: str, within: int | None = None) -> None:
    """Let us into a folder that is ours; nothing happens to what is none, or to what a link points to."""
    try:
        found = os.open(name, os.O_PATH | FOLDER, dir_fd=within)
    except OSError:
        return
    try:
        os.chmod(f"/proc/self/fd/{found}", 0o700)  # noqa: PTH101 - pathlib knows no descriptors
    finally:
        os.close(found)


def _taken_apart(name: str, top: int, number: int) -> list[str]:
    """Empty a folder of the top one and remove it; gives the new names of the folders that were in it."""
    inside = _opened(name, top)
    moved = []
    try:
        for count, each in enumerate(os.listdir(inside)):  # noqa: PTH208
            _unlock(each, inside)  # or it could not be moved
            new = f".{number}-{count}"
            os.rename(each, new, src_dir_fd=inside, dst_dir_fd=top)
            moved.append(new)
        os.rmdir(name, dir_fd=top)
    finally:
        os.close(inside)
    return moved
