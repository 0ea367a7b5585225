"""The record of a video's faces written and read one frame at a time: it may be long, and nobody holds all of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

from pydantic import BaseModel, ValidationError

from functions.runtime.errors import Rejected
from functions.vision.films import FilmSet, Frame

Item = TypeVar("Item", bound=BaseModel)
LINE = 1 << 20
"""Characters of one line: a frame with 4,000 faces."""


def begin(file: IO[str], head: BaseModel, items: str) -> "Lines":
    """Write all of a record but its list ``items``, which is empty and its last field; that follows line by line."""
    fields = head.model_dump(mode="json")
    last, listed = fields.popitem()
    assert (last, listed) == (items, [])
    file.write(json.dumps(fields)[:-1] + f', "{items}": [\n')
    return Lines(file)


class Lines:
    """The rest of such a record."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._separator = ""

    def add(self, item: BaseModel) -> None:
        """Write one item, on a line of its own."""
        self._file.write(self._separator + item.model_dump_json())
        self._separator = ",\n"

    def end(self) -> None:
        """Close the list and the record."""
        self._file.write("\n]}\n")


def is_film(path: Path) -> bool:
    """Tell whether a sidecar is about a video."""
    with path.open("rb") as file:
        return b'"noria.video-faces/1"' in file.read(200)


def read_head(path: Path) -> FilmSet:
    """Read all but the frames.

    Raises:
        Rejected: It is not one that blur-faces writes.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        line = file.readline(LINE)
    if not line.endswith('"frames": [\n'):
        raise _foreign()
    return _parsed(FilmSet, line + "]}")


def read_frames(path: Path) -> Iterator[Frame]:
    """Read the frames with faces, one after the other.

    Raises:
        Rejected: It is not one that blur-faces writes.
    """
    last = -1
    with path.open(encoding="utf-8", errors="replace") as file:
        file.readline(LINE)
        while (line := file.readline(LINE)) and line != "]}\n":
            if line == "\n":
                continue
            frame = _parsed(Frame, line.rstrip().removesuffix(","))
            if frame.index <= last:
                raise _foreign()
            last = frame.index
            yield frame
    if line != "]}\n":
        raise _foreign()


def _parsed(kind: type[Item], text: str) -> Item:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise _foreign() from error


def _foreign() -> Rejected:
    return Rejected("the .faces.json beside the video is not one that blur-faces writes")
