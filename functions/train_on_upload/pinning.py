"""Pinned files: what is hashed is what is trained on, and the proof that nothing changed it meanwhile."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from functions.runtime.errors import Rejected, TryAgain
from functions.training.record import Input, Role

PIECE = 2**20
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,99}")


class ChangedError(TryAgain):
    """A pinned file is not what it was when it was hashed."""


@dataclass(frozen=True)
class Pinned:
    """A copy of an input that nobody else writes to, as the record names it: ``input`` has its digest."""

    input: Input
    path: Path
    status: tuple[int, ...]

    def check(self) -> None:
        """Look whether it is still the same, by inode, size, times and content.

        Raises:
            ChangedError: It is not.
        """
        with self.path.open("rb") as file:
            same = _status(file.fileno()) == self.status
            if not same or hashlib.file_digest(file, "sha256").hexdigest() != self.input.sha256:
                raise ChangedError(f"{self.input.name} was changed while it was trained on")


def pin(source: Path, folder: Path, role: Role, *, name: str, limit: int) -> Pinned:
    """Copy a file into ``folder``, read-only, and hash it while it is read.

    Args:
        source: A regular file; a link is not followed.
        folder: Where nobody else writes.
        role: What it is used as.
        name: What the person called it; kept where it is harmless, so that messages can name it.
        limit: Bytes.

    Raises:
        Rejected: It is larger than the limit, empty, or no regular file.
    """
    path = folder / local_name(name, role)
    sha256, size = hashlib.sha256(), 0
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Rejected(f"{name} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as given, path.open("xb") as copy:
        while piece := given.read(PIECE):
            size += len(piece)
            if size > limit:
                raise Rejected(f"{name} is larger than {limit:,} bytes, the limit for a {role}")
            sha256.update(piece)
            copy.write(piece)
    path.chmod(0o400)
    if not size:
        raise Rejected(f"{name} is empty", hint="upload it again")
    with path.open("rb") as file:
        return Pinned(Input(role=role, name=name, sha256=sha256.hexdigest(), size=size), path, _status(file.fileno()))


def local_name(name: str, role: Role) -> str:
    """Give the name of the local copy: the person's own if it is plain, else the role with the same ending."""
    if _PLAIN.fullmatch(name):
        return name
    return f"{role}{PurePosixPath(name).suffix.lower()}"


def _status(descriptor: int) -> tuple[int, ...]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
