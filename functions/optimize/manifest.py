"""What one run has written, so that the next one into the same folder knows which files are not a stranger's."""

import hashlib
from collections.abc import Callable
from pathlib import Path

Place = Callable[[str], Path]
"""Gives the path for a file's name, with the folder made."""


class Recorder:
    """Gives files their places, and remembers them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._plain: dict[str, Path] = {}
        self._secret: list[str] = []

    def place(self, name: str) -> Path:
        """Give the path for a file's name."""
        self._plain[name] = self._place(name)
        return self._plain[name]

    def write_secret(self, name: str, text: str) -> None:
        """Write what has passwords in it, for its owner alone to read."""
        path = self._place(name)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self._secret.append(name)

    def manifest(self) -> dict[str, str]:
        """Give the names of all files that were written, with the SHA-256 of those that have no password in them."""
        digests = {name: f"sha256:{sha256_of(path.read_bytes())}" for name, path in self._plain.items()}
        return dict(sorted({**digests, **dict.fromkeys(self._secret, "")}.items()))


def sha256_of(content: bytes) -> str:
    """Give the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
