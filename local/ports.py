"""Loopback ports of the embedded services: chosen once, remembered, chosen again when a stranger took one."""

import json
import os
import random
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.process import ServiceError

HOST = "127.0.0.1"

# Below Linux's range for outgoing connections (32768 up), so that nobody's client socket sits on a remembered port.
CANDIDATES = range(20000, 32000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    if any(left.lstat().st_uid != os.getuid() for left in weed_sockets(port)):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def weed_sockets(port: int) -> list[Path]:
    """The Unix sockets of SeaweedFS's gRPC on this port: in /tmp whatever TMPDIR says, and left there by a kill.

    One that another user's SeaweedFS has left cannot be replaced: the servers would listen, and never reach each other.
    """
    return list(Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"))  # noqa: S108 - weed's choice


def free_port(taken: Sequence[int] = ()) -> int:
    """A port nobody listens on, other than those in ``taken``.

    Raises:
        ServiceError: no port is left to choose.
    """
    for port in random.sample(CANDIDATES, len(CANDIDATES)):
        if port not in taken and is_free(port):
            return port
    raise ServiceError(f"no free port between {CANDIDATES.start} and {CANDIDATES.stop}")


def known_ports(file: Path) -> dict[str, int]:
    """The ports that ``file`` remembers; none when it is missing or was cut short by a crash."""
    try:
        known = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: port for name, port in known.items() if isinstance(port, int)} if isinstance(known, dict) else {}


def remembered_ports(file: Path, names: Sequence[str], wanted: Mapping[str, int] | None = None) -> dict[str, int]:
    """One port a name: those written in ``file`` as far as they are still free, new ones for the rest.

    ``wanted`` holds the ports that somebody asked for by number; 0 asks for none. Call it just before a start and not
    while the service runs: its own ports would look taken.

    Raises:
        ServiceError: a wanted port is taken.
    """
    known = known_ports(file)
    ports = {name: port for name, port in (wanted or {}).items() if port}
    for name, port in ports.items():
        if not is_free(port):
            raise ServiceError(f"port {port} ({name}) is taken", hint="choose another one, or none")
    for name in names:
        if name not in ports:
            port = known.get(name, 0)
            usable = port and port not in ports.values() and is_free(port)
            ports[name] = port if usable else free_port([*ports.values(), *known.values()])
    if ports != known:
        file.write_text(json.dumps(ports, indent=1))
    return ports
