"""A file that was uploaded, opened once and read from that one handle: what was checked is what is read."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from functions.runtime.errors import Rejected

_KINDS = {
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file",
    b"\x80\x02": "a Python pickle",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"\x93NUM": "a bare .npy array",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF file",
    b"SQLi": "an SQLite file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"BZh": "a bzip2 file",
    b"\xfd7zX": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
}


@contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """Open a file of 1 to ``most`` bytes to read, neither following a link nor waiting for a pipe.

    Raises:
        Rejected: It is a link, no file, empty, or larger than the limit.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise Rejected(f"{path.name} is a link, not a file", hint="put the file itself there") from None
        raise Rejected(f"{path.name} cannot be opened: {error.strerror}") from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise Rejected(f"{path.name} is not a file", hint="put the file itself there")
    with os.fdopen(handle, "rb", buffering=1 << 18) as file:
        if about.st_size == 0:
            raise Rejected(f"{path.name} is empty, 0 bytes", hint="upload it again; the upload may have been cut off")
        if about.st_size > most:
            raise Rejected(
                f"{path.name} has {about.st_size:,} bytes, more than the limit of {most:,}",
                hint="upload less, or raise the limit",
            )
        yield file


def content_kind(start: bytes) -> str | None:
    """Tell from its first bytes what a file is that is none of ours, or is named wrongly; None for text and others."""
    return next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), None)
