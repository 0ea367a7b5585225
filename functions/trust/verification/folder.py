"""The folder that is verified: what lies in it, each file read once, no link followed."""

import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeVar

from functions.runtime.errors import Rejected
from functions.runtime.hashing import read_file, sha256_of, sha256_of_file
from functions.trust.documents import LIMIT
from functions.trust.errors import TrustError

MOST = 10_000
"""Files that are looked at."""
Read = TypeVar("Read", bytes, str)


class Folder:
    """A folder; names are relative POSIX paths. What was read of a file is what its digest is of."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._digests: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}

    @cached_property
    def _found(self) -> dict[str, bool]:
        """Map each name to whether it is a regular file; folders are looked into, links are not."""
        found = dict(islice(_walk(self.root), MOST + 1))
        if len(found) > MOST:
            raise Rejected(f"{self.root} holds more than {MOST:,} files", hint="give the folder of one job")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Every regular file."""
        return tuple(sorted(name for name, is_regular in self._found.items() if is_regular))

    @property
    def oddities(self) -> tuple[str, ...]:
        """What lies there and is neither file nor folder: links, pipes, devices."""
        return tuple(sorted(name for name, is_regular in self._found.items() if not is_regular))

    def read(self, name: str) -> bytes:
        """Give the content of a file.

        Raises:
            TrustError: It is not there, or cannot be read.
        """
        if name not in self._contents:
            if name in self.names and (self.root / name).lstat().st_size > LIMIT:
                raise TrustError("E_TOO_LARGE", f"{name} is larger than {LIMIT >> 20} MiB, which no such document is")
            self._contents[name] = data = self._reading(name, read_file)
            self._digests[name] = sha256_of(data)
        return self._contents[name]

    def digest(self, name: str) -> str:
        """Give the SHA-256 of a file.

        Raises:
            TrustError: It is not there, or cannot be read.
        """
        if name not in self._digests:
            self._digests[name] = self._reading(name, sha256_of_file)
        return self._digests[name]

    def _reading(self, name: str, how: Callable[[Path], Read]) -> Read:
        if name not in self.names:
            raise TrustError("E_FILE_MISSING", f"{name} is missing")
        try:
            return how(self.root / name)
        except OSError as error:
            raise TrustError("E_FILE_MISSING", f"{name} cannot be read: {error.strerror}") from error


def _walk(root: Path) -> Iterator[tuple[str, bool]]:
    """Give the name of everything below a folder that is no folder, and whether it is a regular file."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(f"{prefix}{entry.name}/")
                else:
                    yield f"{prefix}{entry.name}", stat.S_ISREG(mode)
