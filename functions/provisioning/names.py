"""Names of new clusters and their passwords: drawn once, kept for those who write the same files again."""

import re
import secrets
import string
from collections.abc import Callable, Mapping

from functions.runtime.errors import Rejected

_LETTERS = string.ascii_lowercase + string.digits
_CLUSTER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SECRET = re.compile(r"[A-Za-z0-9]{1,128}")
"""What is drawn here has these forms; names become those of files and hosts, passwords stand in scripts."""


def drawn(length: int) -> str:
    """Give that many small letters and digits from the system's own source of randomness."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


class Names:
    """Gives each thing of each place one value, and says afterwards which it had to draw.

    Args:
        known: Values of earlier files by ``<place>/<thing>``, as ``drawn`` gives them: clusters that run already keep
            their names and passwords.
        source: Gives a string of so many characters; of another than ``drawn`` one must be sure that nobody can guess.

    Raises:
        Rejected: A known value is none that could have been drawn.
    """

    def __init__(self, known: Mapping[str, str] | None = None, *, source: Callable[[int], str] = drawn) -> None:
        self._known = dict(known or {})
        for key, value in self._known.items():
            form = _CLUSTER if key.endswith("/cluster") else _SECRET
            if not form.fullmatch(value):
                raise Rejected(f"{key[:100]!a} has a value that is no name or password of ours", hint="leave it out")
        self._source = source
        self.drawn: dict[str, str] = {}

    def cluster(self, place: str) -> str:
        """Name a new cluster; also the first part of its host name."""
        return self._value(f"{place}/cluster", lambda: f"oscar-cluster-{self._source(8)}")

    def secret(self, place: str, purpose: str) -> str:
        """Give a password or token of 24 characters (124 bits): MinIO wants 8 at least."""
        return self._value(f"{place}/{purpose}", lambda: self._source(24))

    def _value(self, key: str, draw: Callable[[], str]) -> str:
        if key not in self._known:
            self._known[key] = self.drawn[key] = draw()
        return self._known[key]
