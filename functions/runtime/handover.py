"""What a handler hands over: files are taken from where it may write, and it cannot point elsewhere.

Whatever a handler says or makes, the host follows no link for it and opens no name of its twice: each file is opened
below a descriptor of the folder that was made for it, and gets a name of the host's own before anything else is done.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from functions.runtime.errors import Rejected
from functions.runtime.outputs import check_depth
from functions.runtime.removal import remove
from functions.runtime.workspace import writing_place

OUTPUTS, TAKEN = "outputs", "taken"
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A named pipe must not hold us up."""
COPIED, BLOCK, PIECE = 64 * 2**20, 512, 2**20
"""Bytes: of a file that is copied out of walls, so that nobody changes it between its upload and its digest; larger
ones, and those with holes, are linked. Of what fstat(2) counts in; read at once."""


@dataclass
class Handover:
    """One run's folders: ``private`` is the host's, below ``writing`` its handler writes.

    Within walls the handler can read ``private`` and not write there; else they are one.
    """

    private: Path
    writing: Path
    _descriptor: int
    _kept: int = field(default=0)

    @property
    def folder(self) -> Path:
        """Where the handler's outputs go."""
        return self.writing / OUTPUTS

    def outputs(self) -> Path:
        """Take what the handler has written, and give the folder in which it lies now.

        Raises:
            Rejected: There is something else than files and folders; a link would publish what it points to.
        """
        target = self.private / TAKEN
        target.mkdir()
        try:
            source = os.open(OUTPUTS, FOLDER, dir_fd=self._descriptor)
        except OSError as error:
            raise Rejected("the outputs' folder is no folder any more") from error
        try:
            for where, folders, files, at in os.fwalk(".", dir_fd=source):  # follows no links
                check_depth(Path(where))
                for name in (*folders, *files):
                    _take(name, at, target / where / name, is_apart=self._is_apart)
        finally:
            os.close(source)
        return target

    def file(self, path: Path) -> Path:
        """Take one file that the handler names, and give the path that it has with us.

        Raises:
            Rejected: It is no file below the folder in which the handler writes.
        """
        self._kept += 1
        target = self.private / f"kept{self._kept}"
        try:
            _take_from(self._descriptor, self._parts(path), target, is_apart=self._is_apart)
        except OSError as error:
            raise Rejected(f"the file {path.name} cannot be kept: {error.strerror}") from error
        if target.is_dir():
            raise Rejected(f"{path.name} cannot be kept: it is a folder")
        return target

    @property
    def _is_apart(self) -> bool:
        return self.writing != self.private

    def _parts(self, path: Path) -> tuple[str, ...]:
        for root in (self.writing, self.writing.resolve()):
            with suppress(ValueError):
                parts = path.relative_to(root).parts
                if parts and ".." not in parts:
                    return parts
        raise Rejected(f"the file {path.name} lies outside of the run's folder", hint="write it beside ctx.folder")


@contextmanager
def handover(private: Path) -> Iterator[Handover]:
    """Make the folders of a run whose private folder is there, and remove what was made whatever happens."""
    writing = writing_place(private)
    if writing != private:
        writing.mkdir(mode=0o700)
    descriptor = os.open(writing, FOLDER)
    try:
        os.mkdir(OUTPUTS, dir_fd=descriptor)
        yield Handover(private, writing, descriptor)
    finally:
        os.close(descriptor)
        if writing != private:
            remove(writing)


def _take_from(folder: int, parts: tuple[str, ...], target: Path, *, is_apart: bool) -> None:
    opened: list[int] = []
    try:
        for part in parts[:-1]:
            folder = os.open(part, FOLDER, dir_fd=folder)
            opened.append(folder)
        _take(parts[-1], folder, target, is_apart=is_apart)
    finally:
        for each in opened:
            os.close(each)


def _take(name: str, folder: int, target: Path, *, is_apart: bool) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        target.mkdir()
        return
    try:
        opened = os.open(name, FILE, dir_fd=folder)
    except OSError as error:
        raise Rejected(f"the output {name} is not a regular file") from error
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise Rejected(f"the output {name} is not a regular file")
        if is_apart and found.st_size <= min(COPIED, found.st_blocks * BLOCK):
            _copy(opened, target, found.st_size)
        else:
            _name(opened, target)
    finally:
        os.close(opened)


def _name(opened: int, target: Path) -> None:
    """Give an open file a name of ours: a link where the file system has such, else a copy."""
    try:
        # Given a descriptor, which an absolute path has no use for, Python calls linkat(2), which can follow.
        os.link(f"/proc/self/fd/{opened}", target, src_dir_fd=opened, follow_symlinks=True)
    except OSError:
        _copy(opened, target, os.fstat(opened).st_size)


def _copy(opened: int, target: Path, size: int) -> None:
    """Copy as much as there is now: who writes on for ever does not hold us up."""
    with target.open("xb") as copy:
        while size and (piece := os.read(opened, min(size, PIECE))):
            copy.write(piece)
            size -= len(piece)
