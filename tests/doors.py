"""What listens on a machine that no handler may reach: a port of the loopback, and a socket in a folder."""

import socket
import threading
from pathlib import Path


class Doors:
    """Both of them, until they are closed; whoever comes in is let out at once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "docker.sock"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(self.path))
        self._unix.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._tcp.getsockname()[1])

    def close(self) -> None:
        self._tcp.close()
        self._unix.close()

    def _accept(self) -> None:
        while True:
            try:
                self._tcp.accept()[0].close()
            except OSError:
                return
