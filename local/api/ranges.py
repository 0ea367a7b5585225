"""Byte ranges of a download (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from local.api.refusal import Refusal

_RANGE = re.compile(r"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """The bytes from ``start`` to before ``end`` of ``size``; ``is_whole`` when nobody asked for less."""

    start: int
    end: int
    size: int
    is_whole: bool = False

    @property
    def header(self) -> str:
        """``Content-Range``."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def wanted(header: str | None, size: int) -> Part:
    """Give the part that the header ``Range`` asks for.

    Several ranges, other units and what is no range at all are answered with the whole, as the RFC lets a server do.

    Raises:
        Refusal: 416; it begins after the end.
    """
    whole = Part(0, size, size, is_whole=True)
    form = _RANGE.fullmatch(header) if header else None
    if form is None:
        return whole
    first, last, suffix = form.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return whole
    if start >= size or start >= end:
        raise Refusal(
            416,
            f"the range begins after the end: there are {size:,} bytes",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return Part(start, end, size)


def matches(header: str | None, etag: str, *, weakly: bool = False) -> bool:
    """Tell whether ``If-Range`` (one tag) or, ``weakly``, ``If-None-Match`` (many, or ``*``) names the ETag."""
    if header is None:
        return False
    if not weakly:
        return header.strip() == f'"{etag}"'
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return f'"{etag}"' in tags or "*" in tags
