"""Where metrics are served."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Address:
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``HOST:PORT``, ``[::1]:9100`` too.

        Raises:
            ValueError: It is none.
        """
        found = urlsplit(f"//{text}")
        if not found.hostname or found.port is None or found.netloc != text or found.username is not None:
            raise ValueError("no HOST:PORT")
        return cls(found.hostname, found.port)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def takes(self, named: str) -> bool:
        """Tell whether a request may call us so: another site's name may lead a browser to our loopback address."""
        try:
            return not self.is_loopback or urlsplit(f"//{named}").hostname in {self.host, "localhost"}
        except ValueError:
            return False

    def __str__(self) -> str:
        """Give it as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
