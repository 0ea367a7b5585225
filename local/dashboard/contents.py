"""Contents: what an object holds, as far as a page can show it without believing a word of it.

A picture is one by its first bytes, whatever its name says. Nothing is ever served as a page of this server's own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Literal

from functions.runtime.store import Stat, Store

HEAD = 64 * 1024
"""Bytes of a text that are shown, and characters of JSON after it was put in form."""
JSON_LIMIT = 1024 * 1024
"""Bytes; a larger document is shown as it begins, not put in form."""
PICTURE_LIMIT = 32 * 1024 * 1024
CHUNK = 1024 * 1024
SVG = "image/svg+xml"
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
Kind = Literal["picture", "json", "text", "binary", "empty"]


@dataclass(frozen=True)
class Content:
    """What is shown: ``text`` of a text, whole or its beginning; nothing of anything else."""

    kind: Kind
    media: str = ""
    text: str = ""
    is_whole: bool = True


def content(store: Store, bucket: str, stat: Stat) -> Content:
    """Judge an object, and read what of it is shown.

    Raises:
        MissingError: It was deleted meanwhile.
        ConflictError: It was overwritten meanwhile.
    """
    if stat.size == 0:
        return Content("empty")
    is_json = stat.key.lower().endswith((".json", ".jsonl", ".geojson", ".toscarized"))
    wanted = JSON_LIMIT if is_json and stat.size <= JSON_LIMIT else HEAD
    head = store.part(bucket, stat.key, 0, min(wanted, stat.size), etag=stat.etag)
    if media := picture(stat.key, head):
        return Content("picture", media, is_whole=stat.size <= PICTURE_LIMIT)
    text = _text(head, is_whole=len(head) >= stat.size)
    if text is None:
        return Content("binary")
    if is_json and len(head) >= stat.size and (formed := _formed(text)) is not None:
        return Content("json", text=formed[:HEAD], is_whole=len(formed) <= HEAD)
    return Content("text", text=text[:HEAD], is_whole=len(head) >= stat.size and len(text) <= HEAD)


def picture(key: str, head: bytes) -> str:
    """Give the media type of a picture that browsers show; empty for anything else."""
    for magic, media in _MAGIC:
        if head.startswith(magic):
            return media
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return SVG if key.lower().endswith(".svg") and b"<svg" in head[:4096] else ""


def chunks(store: Store, bucket: str, stat: Stat) -> Iterator[bytes]:
    """Go through an object's bytes, all of one version."""
    for start in range(0, stat.size, CHUNK):
        yield store.part(bucket, stat.key, start, min(start + CHUNK, stat.size), etag=stat.etag)


def _text(head: bytes, *, is_whole: bool) -> str | None:
    """Give the text, if it is one: UTF-8 without controls that no text has."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if is_whole or error.start < len(head) - 3:
            return None
        text = head[: error.start].decode()  # a character that the cut has parted
    return None if "\0" in text else text


def _formed(text: str) -> str | None:
    """Put JSON in form, a little more of it than is shown; None when it is none.

    The whole of it may be a thousand times as long as it came: every value of a deep one is indented.
    """
    formed = StringIO()
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text)):
            formed.write(piece)
            if formed.tell() > HEAD:
                break
    except (ValueError, RecursionError):
        return None
    return formed.getvalue()
