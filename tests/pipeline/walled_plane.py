"""Handlers within walls on a whole plane: what they reach of it, and what is left of them when it is killed."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.runtime.kernel import children_of
from local.connection import operator
from local.walls import TOLD
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline
from tests.within_walls import running


@contextmanager
def plane_with(kind: str, folder: Path, image: str = "", **environ: str) -> Iterator[Noria]:
    """Give a plane whose one function has a handler that tries things."""
    more = {"NORIA_ACK_WAIT": "2", "NORIA_BACKOFF": "0.2", "NORIA_WORK": str(folder)}
    noria = Noria(folder / ".noria", {**more, **environ})
    file = folder / "probe.yaml"
    given = {"function": "tests.walled:probe", "image": image or "localhost/copy:1"}
    file.write_text(pipeline("probe", "inbox/in", "outbox/out", suffixes=(".came",), **given))
    try:
        noria("up", "--detach", "--isolation", kind, file)
        yield noria
    finally:
        noria("down")


def attempts(noria: Noria, folder: Path, **given: dict[str, Any]) -> dict[str, str]:
    """Upload what is to be attempted, and give what came of it."""
    file = folder / "attempts.json"
    file.write_text(json.dumps(given))
    noria("put", file, f"inbox/in/{folder.name}/", "--wait")
    noria("get", f"outbox/out/{folder.name}/attempts.json.came", folder / "came.json")
    came: dict[str, str] = json.loads((folder / "came.json").read_text())
    return came


class WalledPlane:
    """What holds within all kinds of walls; who inherits has a fixture ``noria``."""

    def test_a_handler_reaches_neither_store_nor_broker_nor_the_planes_keys(self, noria: Noria, tmp_path: Path) -> None:
        given = operator({"NORIA_HOME": str(noria.home)})
        ports = {name: urlsplit(url).port for name, url in (("store", given.store_url), ("broker", given.nats_url))}

        came = attempts(
            noria,
            tmp_path,
            store={"what": "tcp", "port": ports["store"]},
            broker={"what": "tcp", "port": ports["broker"]},
            keys={"what": "read", "path": str(noria.home / "credentials.json")},
            shadow={"what": "read", "path": "/etc/shadow"},
            program={"what": "start_a_program"},
        )

        assert {name for name, each in came.items() if each.startswith("refused: ")} == {
            "store",
            "broker",
            "keys",
            "shadow",
        }
        assert came["program"] == "done: hello"

    @pytest.mark.parametrize(
        ("attempt", "reason"), [("have_kept", "outside of the run's folder"), ("have_published", "no folder any more")]
    )
    def test_the_host_hands_out_nothing_that_a_handler_only_names(
        self, noria: Noria, tmp_path: Path, attempt: str, reason: str
    ) -> None:
        path = noria.home / "credentials.json" if attempt == "have_kept" else noria.home
        file = tmp_path / "attempt.json"
        file.write_text(json.dumps({attempt: {"path": str(path)}}))

        noria("put", file, f"inbox/in/{attempt}/", "--wait", code=3)

        letters = noria.json("failed", "list")
        (letter,) = (each for each in letters if each["input"]["key"] == f"in/{attempt}/attempt.json")
        assert reason in letter["reason"]
        assert noria.json("ls", f"outbox/out/{attempt}") == []

    def test_the_host_writes_nowhere_that_a_handler_points_to(self, noria: Noria, tmp_path: Path) -> None:
        target = tmp_path / "bashrc"
        target.write_text("the operator's")

        came = attempts(noria, tmp_path, have_written={"path": str(target)})

        assert came["have_written"].startswith("done: ")
        assert target.read_text() == "the operator's"

    def test_the_walls_are_told_of(self, noria: Noria) -> None:
        kind = noria.json("status")["isolation"]

        assert TOLD[kind] in noria("status")

    def test_nothing_of_a_handler_is_left_when_its_supervisor_is_killed(self, noria: Noria, tmp_path: Path) -> None:
        seconds = f"86398.{noria.pid('worker-probe-0')}"
        attempts(noria, tmp_path, leave_an_orphan={"seconds": seconds})
        handlers = children_of_worker(noria) | set(map(int, running(seconds)))
        file = noria.home.parent / "probe.yaml"
        kind = noria.json("status")["isolation"]

        noria.kill("supervisor")

        deadline = time.monotonic() + 60
        while alive(handlers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert handlers
        assert not alive(handlers)
        noria("up", "--detach", "--isolation", kind, file)
        assert not list(noria.home.parent.glob("noria-run-*-room-*/noria-run-*"))


def children_of_worker(noria: Noria) -> set[int]:
    """Give everything that the worker has started."""
    found: set[int] = set()
    todo = children_of(noria.pid("worker-probe-0") or 0)
    while todo:
        found.add(todo[-1])
        todo += children_of(todo.pop())
    return found


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _runs(pid)}


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
