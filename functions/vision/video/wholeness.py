"""Whether a video file is all there, by what its outermost boxes say of their sizes: decoders pass over a lost end."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

SEGMENT = b"\x18\x53\x80\x67"
"""ID of the element that is all of a Matroska file but its header (RFC 9559, section 5.1)."""
HEAD = 1 << 16
"""Bytes of a header that is believed; FFmpeg writes 31."""
MOST = 10_000
"""Outermost boxes that are looked at; a fragmented MP4 has two for each second or so."""


def missing(path: Path, form: str) -> int:
    """Give how many bytes, at least, a file is short of what it says it has; 0 if it is whole, or does not say."""
    with path.open("rb") as file:
        return max(0, _ENDS[form](file) - os.fstat(file.fileno()).st_size)


def _mov_end(file: IO[bytes]) -> int:
    """Walk the outermost boxes (ISO/IEC 14496-12, 4.2)."""
    at, size = 0, os.fstat(file.fileno()).st_size
    for _ in range(MOST):
        if at > size:
            break
        file.seek(at)
        head = file.read(16)
        if len(head) < 8 or not any(head[:8]):
            break
        length = int.from_bytes(head[:4])
        length = int.from_bytes(head[8:16]) if length == 1 else length
        if length < 8:  # 0: up to the file's end
            break
        at += length
    return at


def _matroska_end(file: IO[bytes]) -> int:
    """Read where the segment ends; a live recording does not know (RFC 8794, section 6.2)."""
    file.seek(4)
    head = _size(file)
    if head is None or head > HEAD:
        return 0
    file.seek(head, os.SEEK_CUR)
    if file.read(4) != SEGMENT:
        return 0
    size = _size(file)
    return 0 if size is None else file.tell() + size


def _size(file: IO[bytes]) -> int | None:
    """Read a variable length number; None for "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    mask = (1 << 7 * length) - 1
    value = int.from_bytes(first + file.read(length - 1)) & mask
    return None if value == mask else value


def _avi_end(file: IO[bytes]) -> int:
    """Read the size of the first RIFF chunk."""
    file.seek(4)
    return 8 + int.from_bytes(file.read(4), "little")


def _gif_end(file: IO[bytes]) -> int:
    """Look for the trailer, which is the last byte but for padding (GIF89a, section 27)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1024))
    return size if file.read().rstrip(b"\0").endswith(b";") else size + 1


_ENDS: Mapping[str, Callable[[IO[bytes]], int]] = {
    "mov": _mov_end,
    "matroska": _matroska_end,
    "avi": _avi_end,
    "gif": _gif_end,
}
