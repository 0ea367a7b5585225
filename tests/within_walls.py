"""What a handler can do within any kind of walls, tried by the handler itself (``walled.py``)."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from events import ObjectCreated
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.enclosure import around
from functions.runtime.local_desk import LocalDesk
from functions.runtime.process import ChildLostError
from functions.runtime.removal import remove
from functions.runtime.runner import Task
from functions.runtime.start import child_environment
from functions.runtime.workspace import SPARE, WRITING
from functions.sandbox import walls as sandboxes
from tests.doors import Doors

PROBE = "tests.walled:probe"
MEMORY = 512 * 2**20
CPU = 0.75
SECRET = "the operator's password"


class World:
    """A machine with something to lose, and a worker's room on it."""

    def __init__(self, folder: Path, kind: str, image: str = "") -> None:
        self.folder, self.kind, self.image = folder, kind, image
        self.room = folder / "room"
        for path in (self.room / SPARE, self.room / WRITING / "out", folder / "home"):
            path.mkdir(parents=True)
        self.secret = folder / "home" / "credentials.json"
        self.secret.write_text(SECRET)
        self.model = folder / "home" / "model.onnx"
        self.model.write_text("weights")
        self.doors = Doors(folder)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind(str(folder / "log.sock"))

    def close(self) -> None:
        for each in (self.doors, self.udp, self.log):
            each.close()

    @contextmanager
    def handlers(self, function: str = PROBE, *, memory: int = MEMORY, **told: str) -> Iterator[Children]:
        ours = {name: told.pop(name) for name in list(told) if name.startswith("NORIA_")}
        given = Configuration.read({"NORIA_ISOLATION": self.kind, "NORIA_WORK": str(self.room), **ours})
        environ = child_environment(os.environ, told)
        walls = around(function, environ, given, memory=memory, cpu=CPU, image=self.image)
        pool = Children(function, 1, walls.environ(environ), memory=memory, walls=walls)
        try:
            yield pool
        finally:
            pool.close()

    def attempt(self, pool: Children, **given: dict[str, Any]) -> dict[str, str]:
        """Give what came of each attempt."""
        source = self.room / "a.json"
        source.write_text(json.dumps(given))
        event = ObjectCreated(bucket="inbox", key="in/a.json", etag="1")
        pool.run(Task(event, self.room / WRITING / "out", "probe/00", time_limit=120), LocalDesk(source))
        came: dict[str, str] = json.loads((self.room / WRITING / "out" / "a.json.came").read_text())
        return came


class WithinWalls:
    """What holds within all of them; who inherits has a fixture ``world``."""

    @pytest.fixture(scope="class")
    @classmethod
    def came(cls, world: World) -> Iterator[dict[str, str]]:
        """What came of each attempt in one handler."""
        given: dict[str, dict[str, Any]] = {
            "read the shadow": {"what": "read", "path": "/etc/shadow"},
            "read a secret": {"what": "read", "path": str(world.secret)},
            "list the home": {"what": "list_folder", "path": str(world.secret.parent)},
            "write beside": {"what": "write", "path": str(world.folder / "new")},
            "write to /tmp": {"what": "write", "path": "/tmp/from-a-handler"},
            "write to the system": {"what": "write", "path": "/usr/from-a-handler"},
            "write to our code": {"what": "write", "path": str(sandboxes.CODE / "functions" / "new.py")},
            "write the model": {"what": "write", "path": str(world.model)},
            "read the model": {"what": "read", "path": str(world.model)},
            "write to the room": {"what": "write", "path": str(world.room / SPARE / "new")},
            "unix": {"path": str(world.doors.path)},
            "datagram": {"path": str(world.folder / "log.sock")},
            "printed_to": {},
            "environment of the host": {"what": "read", "path": f"/proc/{os.getpid()}/environ"},
            "signal_process": {"pid": os.getpid()},
            "rule_the_kernel": {},
            "hidden_memory": {},
            **{name: {"pid": os.getpid()} for name in ("trace", "limit_another", "pin_another", "slow_another")},
            "memory": {"what": "limit_of", "name": "RLIMIT_DATA"},
            "tcp": {"port": world.doors.port},
            "udp": {"port": world.udp.getsockname()[1]},
            "start_a_program": {},
            "sandbox_of_its_own": {},
        }
        with world.handlers(PROBE_MODEL_FILE=str(world.model)) as pool:
            yield world.attempt(pool, **given)
        assert world.secret.read_text() == SECRET
        assert world.model.read_text() == "weights"

    @pytest.mark.parametrize(
        "attempt",
        [
            *("read the shadow", "read a secret", "write beside", "write to /tmp"),
            *("write to the system", "write to our code", "write the model"),
        ],
    )
    def test_files_outside_cannot_be_read_or_written(self, came: dict[str, str], attempt: str) -> None:
        assert came[attempt].startswith("refused: ")

    def test_of_a_folder_with_a_file_that_may_be_read_nothing_else_can_be_listed(self, came: dict[str, str]) -> None:
        assert came["list the home"] == "done: model.onnx" or came["list the home"].startswith("refused: ")

    @pytest.mark.parametrize("attempt", ["tcp", "unix", "datagram"])
    def test_there_is_no_network_and_no_socket_to_a_daemon(self, came: dict[str, str], attempt: str) -> None:
        assert came[attempt].startswith("refused: ")

    def test_no_datagram_comes_out(self, world: World, came: dict[str, str]) -> None:
        assert "udp" in came
        with pytest.raises(BlockingIOError):
            world.udp.recv(10)

    @pytest.mark.parametrize(
        "attempt",
        [
            *("environment of the host", "signal_process", "trace", "limit_another", "pin_another", "slow_another"),
            *("rule_the_kernel", "hidden_memory"),
        ],
    )
    def test_the_host_cannot_be_reached_and_nothing_be_hidden_from_it(self, came: dict[str, str], attempt: str) -> None:
        assert came[attempt].startswith("refused: ")

    def test_what_a_function_needs_is_left(self, came: dict[str, str]) -> None:
        assert came["read the model"] == "done: weights"
        assert came["write to the room"] == "done: 1"
        assert came["start_a_program"] == "done: hello"
        assert came["printed_to"] == "done: a pipe"

    def test_a_sandbox_can_be_made_within_the_walls(self, came: dict[str, str]) -> None:
        assert came["sandbox_of_its_own"].startswith("done: ran PermissionError")

    def test_a_handler_with_a_network_has_it_and_no_more_files(self, world: World) -> None:
        given: dict[str, dict[str, Any]] = {
            "tcp": {"port": world.doors.port},
            "unix": {"path": str(world.doors.path)},
            "secret": {"what": "read", "path": str(world.secret)},
            "resolver": {"what": "read", "path": "/etc/hosts"},
        }
        with world.handlers("tests.walled:networked") as pool:
            came = world.attempt(pool, **given)

        assert came["tcp"] == "done: connected"
        assert came["resolver"].startswith("done: ")
        assert came["unix"].startswith("refused: ")
        assert came["secret"].startswith("refused: ")

    def test_a_handler_that_starts_more_and_more_is_stopped_and_all_of_it_is_gone(self, world: World) -> None:
        with world.handlers(memory=0) as pool:
            with pytest.raises(ChildLostError, match="more than 256 processes"):
                world.attempt(pool, start_many={"count": 400})

            assert world.attempt(pool, start_a_program={}) == {"start_a_program": "done: hello"}

    def test_what_a_handler_has_left_in_a_session_of_its_own_ends_with_it(self, world: World) -> None:
        seconds = f"86399.{world.doors.port}"  # another's is another
        with world.handlers() as pool:
            came = world.attempt(pool, leave_an_orphan={"seconds": seconds})
            left = running(seconds)

        assert came == {"leave_an_orphan": "done: left"}
        assert left
        assert not running(seconds)

    def test_what_it_leaves_at_home_is_not_run_by_the_next_handler(self, world: World) -> None:
        with world.handlers() as pool:
            assert world.attempt(pool, plant={}) == {"plant": "done: planted"}
        with world.handlers() as pool:
            came = world.attempt(pool, planted={})
        remove(world.room / SPARE / ".local")

        assert came == {"planted": "done: here no, below no"}


def running(word: str) -> list[str]:
    """Give the processes with this word on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(process.name)
    return found
