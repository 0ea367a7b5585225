"""Frames between a host and a handler's process: JSON objects, one a line, over a socket."""

import json
import math
import select
import socket
from collections.abc import Mapping
from typing import Any

FRAME_LIMIT = 16 * 2**20
"""Bytes."""
CHUNK = 2**16
"""Bytes that are read at a time."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


class Channel:
    """One end of the socket; not for several threads at once."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._kept = bytearray()
        self._is_whole = False
        """Whether what is kept begins with a frame, or none will come any more."""
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, frame: Mapping[str, object], patience: float | None = None) -> None:
        """Send one frame; raises ``OSError`` when the other end is closed, or takes none for ``patience`` seconds."""
        self._socket.settimeout(patience)
        self._socket.sendall(json.dumps(frame).encode() + b"\n")

    def has_frame(self, seconds: float = math.inf) -> bool:
        """Wait for more of a frame, ``seconds`` at most; tells whether there is a whole one, or will be none."""
        if not self._is_whole and self._poll.poll(None if seconds == math.inf else seconds * 1000):
            try:
                more = self._socket.recv(CHUNK)
            except ConnectionError:
                more = b""
            self._kept += more
            self._is_whole = not more or b"\n" in more or len(self._kept) >= FRAME_LIMIT
        return self._is_whole

    def receive(self) -> dict[str, Any] | None:
        """Wait for one frame; None when the other end is closed, or sends nonsense."""
        while not self.has_frame():
            pass
        line, end, rest = self._kept.partition(b"\n")
        self._kept, self._is_whole = rest, b"\n" in rest
        return _read(line) if end else None

    def close(self) -> None:
        """Close this end."""
        self._socket.close()


def _read(line: bytearray) -> dict[str, Any] | None:
    try:
        frame = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get("frame"), str) else None
