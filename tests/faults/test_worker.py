"""Workers that are killed wherever they are, or that sleep through their time."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress

import pytest

from functions.runtime.runs import WORKER_LOST, Run
from tests.faults.conftest import times
from tests.faults.history import Upload
from tests.faults.rig import ACK_WAIT, Rig
from tests.faults.worker import POINTS, mark_of
from tests.waiting import eventually

RECOVERY = ACK_WAIT + times(5, 40)
"""Seconds from the death of a worker to the end of what it had in hand; the short run is patient."""
ATTEMPTS = 6
WORKERS = ("worker-faulty-0", "worker-faulty-1")
IN_HAND = ("claimed", "fetched", "mid-function", "outputs-half-up", "all-up")
"""Points at which a run is the worker's."""


def deaths(rig: Rig, point: str, uploads: Iterable[Upload]) -> dict[str, float]:
    """Give when a worker died of each object, by the name of its run; one may be spared by another one's death."""
    marks = {upload.run_of("faulty"): mark_of(rig.marks, point, upload.key) for upload in uploads}
    return {name: mark.stat().st_mtime for name, mark in marks.items() if mark.exists()}


def lost(run: Run) -> list[float]:
    """Give when it was noted of a run that its worker was lost."""
    return [failure.at.timestamp() for failure in run.failures if failure.error == WORKER_LOST]


@pytest.mark.parametrize("points", list(zip(POINTS[::2], POINTS[1::2], strict=True)), ids=" and ".join)
def test_a_worker_killed_anywhere_costs_seconds_and_nothing_else(rig: Rig, points: tuple[str, str]) -> None:
    killing: dict[str, list[Upload]] = {point: [] for point in points}
    while any(len(deaths(rig, point, killing[point])) < times(20, 2) for point in points):
        numbers = [len(killing[points[0]]) + which for which in range(2)]
        for point in points:
            killing[point] += rig.upload([f"{point}/{point}-{number}.txt" for number in numbers], threads=2)
        rig.upload(
            [f"beside/{which}-{number}-{len(rig.history.uploads)}.txt" for number in numbers for which in range(2)]
        )
        rig.settle()
        rig.judge()

    runs = rig.runs()
    ended = {stat.key.removesuffix(".json"): stat.modified.timestamp() for stat in rig.ledger.runs("faulty")}
    died = {point: deaths(rig, point, killing[point]) for point in points}
    every = [at for deaths in died.values() for at in deaths.values()]
    for point in points:
        for name, at in died[point].items():
            last = max(each for each in every if each <= max(ended[name], at))  # another's death may have been its own
            assert ended[name] - last <= RECOVERY
            assert point not in IN_HAND or min(lost(runs[name])) - at <= RECOVERY


@pytest.mark.parametrize("point", ["outputs-half-up", "all-up"])
def test_what_a_killed_attempt_uploaded_is_gone_when_the_next_one_is_rejected(rig: Rig, point: str) -> None:
    uploads = []
    for number in range(times(10, 1)):
        uploads += rig.upload([f"swept/swept-{point}-{number}.txt"], "reject later", dead=True)
        rig.settle()

    rig.judge()
    assert len(deaths(rig, point, uploads)) == len(uploads)


def test_a_killed_run_is_shown_as_lost_with_the_signal_while_it_waits_for_its_next_attempt(rig: Rig) -> None:
    upload = rig.upload(["shown/mid-function.txt"])[0]
    name = upload.run_of("faulty")
    shown: list[dict[str, object]] = []

    def is_shown() -> bool:
        found = [run for run in rig.noria.json("runs") if f"{run['function']}/{run['id']}" == name]
        shown.extend(failure for run in found for failure in run["failures"])
        return bool(shown)

    eventually(is_shown)

    rig.settle()
    rig.judge()
    assert (shown[0]["error"], "SIGKILL" in str(shown[0]["reason"])) == (WORKER_LOST, True)
    noted = min(lost(rig.runs()[name]))
    assert noted - deaths(rig, "mid-function", [upload])[name] <= RECOVERY


def in_hand(rig: Rig, worker: str) -> dict[str, str]:
    """Give the runs whose handlers a worker has begun, by what their folders say, and their leases' holders."""
    work, name = rig.folder / "work", f"noria-run-{rig.pid(worker)}-"
    found: dict[str, str] = {}
    for begun in [*work.glob(f"{name}*/begun"), *work.glob(f"{name}room-*/{name}*/begun")]:
        with suppress(FileNotFoundError):  # it ends this moment
            note = json.loads((begun.parent / "run.json").read_text())
            found[note["run"]] = note["holder"]
    return found


def pause_at_work(rig: Rig) -> tuple[int, dict[str, str]]:
    """Pause the worker that has more in hand; gives its id and what that is, nothing if it has ended just before."""
    paused = max(WORKERS, key=lambda worker: len(in_hand(rig, worker)))
    return rig.pause(paused), in_hand(rig, paused)


def is_taken_over(rig: Rig, run: str, holder: str) -> bool:
    found = rig.ledger.find(run)
    return found is not None and found.holder not in {"", holder}


def test_a_worker_that_slept_past_its_leases_is_refused_when_it_wakes(rig: Rig) -> None:
    rounds = times(5, 1)  # of several runs each
    for number in range(rounds):
        held: dict[str, str] = {}
        while not held:
            names = [f"asleep/{number}-{len(rig.history.uploads)}-{which}.txt" for which in range(10)]
            rig.upload(names, "second", threads=10)
            eventually(lambda: any(in_hand(rig, worker) for worker in WORKERS))
            paused, held = pause_at_work(rig)
            if not held:
                rig.resume(paused)

        time.sleep(3 * ACK_WAIT)
        eventually(lambda held=held: any(is_taken_over(rig, *each) for each in held.items()))  # type: ignore[misc]
        rig.resume(paused)

        rig.settle()

    rig.judge()
    logs = [(rig.home.run / f"{worker}.log").read_text().splitlines() for worker in WORKERS]
    said = [json.loads(line) for log in logs for line in log]
    refused = [line for line in said if "was taken over by another worker" in line.get("reason", "")]
    assert len({line["run"] for line in refused if line["event"] == "answered"}) >= rounds


def test_a_run_that_takes_its_worker_down_each_time_is_a_dead_letter_and_its_neighbours_are_not(rig: Rig) -> None:
    deadly = rig.upload(["deadly/mid-function-every-time.txt"], dead=True)[0]
    rig.upload([f"deadly/innocent-{number}.txt" for number in range(20)], pause=0.2)

    rig.settle(120)

    rig.judge()
    (letter,) = [letter for letter in rig.letters() if letter.run == deadly.run_of("faulty")]
    assert "the worker" in letter.reason
    losses = [failure.error for failure in letter.failures].count(WORKER_LOST)
    assert ATTEMPTS <= losses <= 2 * ATTEMPTS  # one beside which another run was lost does not count
