"""Where the dashboard is and what opens it: port and token, chosen once, in one private file."""

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.connection import Home
from local.ports import HOST, free_port, is_free
from local.process import Process
from local.service import write_private

DASHBOARD = "dashboard"
"""Its process's name."""
FILE_NAME = "dashboard.json"


@dataclass(frozen=True)
class Address:
    """Port on the loopback address, and the token that whoever looks must show."""

    port: int
    token: str = field(repr=False)

    @classmethod
    def known(cls, home: Path) -> "Address | None":
        """Read the file; None when there is none, or it is damaged."""
        try:
            found = json.loads((home / FILE_NAME).read_text())
            return cls(int(found["port"]), str(found["token"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def shown(cls, home: Home) -> "Address | None":
        """Give where the pages are now; None when nobody serves any."""
        return cls.known(home.path) if Process(DASHBOARD, [], folder=home.run).alive else None

    @classmethod
    def chosen(cls, home: Path) -> "Address":
        """Give what the file says, with another port if a stranger has that one by now; written where it is new.

        Raises:
            ServiceError: No port is free.
        """
        known = cls.known(home)
        if known and is_free(known.port):
            return known
        made = cls(free_port(), known.token if known else secrets.token_urlsafe(24))
        write_private(home / FILE_NAME, json.dumps(asdict(made), indent=1))
        return made

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """What a person opens: it sets a cookie and leads on without the token."""
        return f"{self.origin}/?token={self.token}"

    @property
    def hosts(self) -> frozenset[str]:
        """What the header Host may say: any other name may have been made to lead here (DNS rebinding)."""
        return frozenset(f"{name}:{self.port}" for name in (HOST, "localhost", "[::1]"))

    def sign(self, purpose: str) -> str:
        """Give a word for one purpose that only who knows the token can make, in 64 hex digits."""
        return hmac.new(self.token.encode(), purpose.encode(), hashlib.sha256).hexdigest()
