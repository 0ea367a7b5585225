"""What ``noria status`` and ``noria runs`` say of work that is stuck, slow, waiting or lost with its worker."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.ledger import Ledger
from functions.runtime.runs import WORKER_LOST, Failure
from functions.runtime.store import Store
from local.connection import operator
from local.outside import pulling
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline
from tests.waiting import eventually

ACK_WAIT = 8.0


class Duty(Noria):
    """A plane of one function that hangs, is tried again or rejects while its door is closed."""

    @property
    def door(self) -> Path:
        return self.home.parent / "doors" / "door"

    def put(self, name: str) -> str:
        Store(operator({"NORIA_HOME": str(self.home)})).write("inbox", f"in/{name}", os.urandom(8))
        return f"inbox/in/{name}"

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json("status")["functions"][0]
        return found

    def await_status(self, holds: Callable[[dict[str, Any]], bool], timeout_s: float = 60) -> dict[str, Any]:
        """Wait until the status is so, and give it."""
        seen: dict[str, Any] = {}

        def looked() -> bool:
            seen.update(self.status())
            return holds(seen)

        eventually(looked, timeout_s)
        return seen

    def kill_worker(self) -> None:
        """Kill the worker, and wait until the broker knows: it gives no more messages to who is not there."""
        self.kill("worker-flaky-0")
        eventually(lambda: not pulling(operator({"NORIA_HOME": str(self.home)}), ["flaky"]))


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[Duty]:
    noria = Duty(
        tmp_path / ".noria", {"NORIA_ACK_WAIT": f"{ACK_WAIT:g}", "NORIA_BACKOFF": "60,60", "NORIA_RECONCILE": "300"}
    )
    file = tmp_path / "flaky.yaml"
    noria.door.parent.mkdir()
    doors = {"FLAKY_DOOR": str(noria.door), "NORIA_FILES": str(noria.door.parent)}  # walls leave what is named
    flaky = {"function": "tests.flaky:flaky", **doors}
    file.write_text(pipeline("flaky", "inbox/in", "outbox/out", **flaky))
    try:
        noria("up", "--detach", file)
        yield noria
    finally:
        noria.door.touch()
        noria("down")


def test_status_tells_what_runs_what_is_tried_again_and_what_failed(noria: Duty) -> None:
    again = noria.put("again.txt")
    noria.put("rejected.txt")
    noria.await_status(lambda now: now["retrying"] == now["failed"] == 1)
    hanging = noria.put("hang.txt")

    now = noria.await_status(lambda now: now["running"] == 1)

    assert (now["running"], now["retrying"], now["lost"], now["failed"], now["exact"]) == (1, 1, 0, 1, True)
    assert (now["queued"], now["oldest_waiting"], now["runs"], now["workers"]) == (0, None, 3, 1)
    assert [(run["object"], run["attempt"], run["reason"]) for run in now["running_runs"]] == [(hanging, 1, "")]
    assert [(run["object"], run["state"], run["reason"]) for run in now["retrying_runs"]] == [
        (again, "retrying", "the door is closed for now")
    ]
    assert all(run["since"] for run in (*now["running_runs"], *now["retrying_runs"]))
    time.sleep(ACK_WAIT + 2)  # its lease is renewed, so a run that takes long is not lost
    assert noria.status()["running"] == 1
    assert [run["input"]["key"] for run in noria.json("runs", "--state", "running")] == ["in/hang.txt"]
    assert [run["input"]["key"] for run in noria.json("runs", "--state", "retrying")] == ["in/again.txt"]
    reasons = {line.rstrip().rpartition("  ")[2].strip() for line in noria("runs").splitlines()}
    assert {"the door is closed for now", "the door is closed"} <= reasons


def test_a_killed_workers_run_is_lost_and_what_comes_meanwhile_waits(noria: Duty) -> None:
    hanging = noria.put("hang.txt")
    noria.await_status(lambda now: now["running"] == 1)
    supervisor = noria.pid("supervisor")
    assert supervisor
    os.kill(supervisor, signal.SIGSTOP)  # so that nobody notes the loss, and no worker comes
    try:
        noria.kill_worker()
        time.sleep(3)
        began = time.monotonic()
        noria.put("waiting.txt")

        now = noria.await_status(lambda now: now["lost"] == now["queued"] == 1)
        waited = time.monotonic() - began
        shown = noria("runs")
        lost = noria.json("runs", "--state", "lost")
        note_loss(noria, now["retrying_runs"][0]["run"])
        later = noria.await_status(lambda later: later["oldest_waiting"] > now["oldest_waiting"] + 1)
    finally:
        os.kill(supervisor, signal.SIGCONT)

    assert (now["running"], now["retrying"], now["lost"], now["workers"], now["queued"]) == (0, 1, 1, 0, 1)
    assert [(run["object"], run["state"]) for run in now["retrying_runs"]] == [(hanging, "lost")]
    assert now["retrying_runs"][0]["reason"] == "the worker is silent: its lease has run out"
    assert 0 < now["oldest_waiting"] < waited  # not since the event that was delivered before
    assert [(run["state"], run["reason"]) for run in later["retrying_runs"]] == [("lost", "the worker was killed")]
    assert (later["retrying"], later["lost"]) == (1, 1)
    assert "lost, retrying" in shown
    assert [(run["lost"], run["input"]["key"]) for run in lost] == [(True, "in/hang.txt")]
    noria.door.touch()
    after = noria.await_status(lambda now: now["running"] == now["retrying"] == 0 and now["runs"] == 2)
    assert (after["failed"], after["queued"]) == (0, 0)
    traced = noria.json("trace", hanging)["to"][0]
    assert traced["state"] == "committed"
    assert traced["failures"][0]["reason"] == "the worker was killed"


def note_loss(noria: Duty, name: str) -> None:
    """Do what the supervisor does when it is awake."""
    ledger = Ledger(Store(operator({"NORIA_HOME": str(noria.home)})), "noria-ledger", lease=ACK_WAIT)
    run = ledger.find(name)
    assert run
    failure = Failure(reason="the worker was killed", error=WORKER_LOST)
    assert ledger.lose(name, run.holder, failure, counts=True)


def test_the_events_of_a_function_without_any_worker_are_counted(noria: Duty) -> None:
    supervisor = noria.pid("supervisor")
    assert supervisor
    os.kill(supervisor, signal.SIGSTOP)
    try:
        noria.kill_worker()
        for number in range(3):
            noria.put(f"{number}.txt")

        now = noria.await_status(lambda now: now["queued"] == 3)
    finally:
        os.kill(supervisor, signal.SIGCONT)

    assert (now["workers"], now["running"], now["retrying"], now["runs"], now["exact"]) == (0, 0, 0, 0, True)
    assert now["oldest_waiting"] > 0
