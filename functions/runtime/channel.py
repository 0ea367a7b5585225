"""Frames between a host and a handler's process: JSON objects, one a line, over a socket."""

import json
import select
import socket
from collections.abc import Mapping
from typing import Any

FRAME_LIMIT = 16 * 2**20
"""Bytes."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


class Channel:
    """One end of the socket; not for several threads at once."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._frames = end.makefile("rb")

    def send(self, frame: Mapping[str, object]) -> None:
        """Send one frame; raises ``OSError`` when the other end is closed."""
        self._socket.sendall(json.dumps(frame).encode() + b"\n")

    def receive(self, patience: float | None = None) -> dict[str, Any] | None:
        """Wait for one frame, ``patience`` seconds at most; None when the other end is closed, or sends nonsense.

        Raises:
            TimeoutError: None came in time; the channel is of no use after that.
        """
        self._socket.settimeout(patience)
        try:
            line = self._frames.readline(FRAME_LIMIT)
        except ConnectionError:
            return None
        if not line.endswith(b"\n"):
            return None
        try:
            frame = json.loads(line, parse_constant=_refuse)
        except ValueError:
            return None
        return frame if isinstance(frame, dict) else None

    def is_quiet(self, seconds: float) -> bool:
        """Wait for a frame to come, ``seconds`` at most; tells whether none did. Only between frames."""
        return not select.select([self._socket], [], [], seconds)[0]

    def close(self) -> None:
        """Close this end."""
        self._frames.close()
        self._socket.close()
