"""``noria deploy`` on this machine: workers come to stand for another resource while objects keep arriving."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from functions.optimize.revision import NOTHING
from functions.placement.system import Candidate, Component, Partition, Placement, Queue, Resource, System
from functions.redeployment.steps import document, steps
from functions.runtime.runs import Run
from tests.faults.rig import Rig, pipeline
from tests.waiting import eventually

NODES = {"VM1": 1, "VM2": 2}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    environ = {"NORIA_ACK_WAIT": "20", "NORIA_TIME_LIMIT": "60"}
    with Rig(tmp_path, [pipeline(FAULTY_SECONDS="0.05")], workers=1, environ=environ) as rig:
        yield rig


def deployment(rig: Rig, name: str, old: str, new: str, nodes: int | None = None) -> Path:
    """Write a folder as noria optimize would, with the steps that move or scale the function; gives their path.

    Without ``old`` nothing has been deployed before.
    """
    candidates = {each: Candidate(each, 100.0, Queue(0.1)) for each in NODES}
    component = Component("faulty", {"base": ("faulty",)}, {"faulty": Partition("faulty", candidates)})
    resources = {each: Resource(each, each, "cloud", 1.0, 1000.0, 4) for each in NODES}
    system = System("one", {"faulty": component}, resources, (), 1.0)
    old_one, new_one = (
        Placement({"faulty": "base"}, {("faulty", "faulty"): each}, {each: count}) if each else NOTHING
        for each, count in ((old, NODES.get(old, 0)), (new, nodes or NODES[new]))
    )
    path = rig.folder / name / "steps.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document(steps(system, old_one, new_one))))
    placement = {"resources": {"faulty": {"faulty": new}}, "nodes": {new: nodes or NODES[new]}}
    path.with_name("result.json").write_text(json.dumps({"placement": placement}))
    return path


@contextmanager
def arriving(rig: Rig, word: str = "copy", *, every: float = 0.05) -> Iterator[list[str]]:
    """Upload an object every so many seconds until the end of the ``with``."""
    names: list[str] = []
    ended = threading.Event()

    def upload() -> None:
        while not ended.wait(every):
            names.append(f"{len(rig.history.uploads):04}.txt")
            rig.upload([names[-1]], word, threads=1)

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        yield names
    finally:
        ended.set()
        thread.join()
    rig.settle()


def workers(rig: Rig) -> dict[str, str]:
    """Give the workers that run, and the resource that each was started for."""
    found = {}
    for file in rig.home.run.glob("worker-*.pid"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended, or ends while it is looked at
            environ = Path(f"/proc/{rig.pid(file.stem)}/environ").read_bytes().decode().split("\0")
            found[file.stem] = dict(each.partition("=")[::2] for each in environ).get("NORIA_RESOURCE", "")
    return found


def of(runs: dict[str, Run], names: Sequence[str]) -> list[Run]:
    wanted = set(names)
    return [run for run in runs.values() if run.input.key.rpartition("/")[2] in wanted]


def test_objects_that_arrive_while_a_function_moves_and_comes_back_end_once_each(rig: Rig) -> None:
    there, back = deployment(rig, "there", "VM1", "VM2"), deployment(rig, "back", "VM2", "VM1")

    with arriving(rig) as meanwhile:
        eventually(lambda: len(rig.ledger.runs("faulty")) > 5)
        told = rig.noria.json("deploy", there)
        moved = workers(rig)
        eventually(lambda: any(run.resource == "VM2" for run in rig.runs().values()))
    rig.upload(["on-vm2.txt"])
    rig.settle()
    with arriving(rig) as later:
        rig.noria.json("deploy", back)
    rig.upload(["on-vm1.txt"])
    rig.settle()

    assert sorted(moved.values()) == ["VM2", "VM2"]
    assert list(workers(rig).values()) == ["VM1"]
    assert rig.judge()["committed"] == len(meanwhile) + len(later) + 2
    assert {run.attempt for run in rig.runs().values()} == {1}
    assert [run.resource for run in of(rig.runs(), ["on-vm2.txt"])] == ["VM2"]
    assert [run.resource for run in of(rig.runs(), ["on-vm1.txt"])] == ["VM1"]
    assert {run.resource for run in of(rig.runs(), meanwhile)} == {"", "VM2"}
    assert [step["sentence"] for step in told["steps"]] == [
        "Provision VM2 with 2 nodes",
        "Start faulty/faulty on VM2",
        "Send what arrives to faulty/faulty on VM2",
        "Wait until faulty/faulty on VM1 has worked off all that was sent to it",
        "Stop faulty/faulty on VM1",
        "Release VM1",
    ]
    assert told["done"] == 6


def test_a_first_deployment_takes_over_from_the_workers_of_noria_up_and_can_be_taken_back(rig: Rig) -> None:
    first, other = deployment(rig, "first", "", "VM2"), deployment(rig, "other", "", "VM1")
    before = workers(rig)

    with arriving(rig) as meanwhile:
        eventually(lambda: len(rig.ledger.runs("faulty")) > 3)
        told = rig.noria.json("deploy", first.parent)
        placed = workers(rig)
    rig.upload(["on-vm2.txt"])
    rig.settle()
    refused = rig.noria.run("deploy", other.parent)
    rig.noria("deploy", first.parent, "--undo")

    assert list(before.values()) == [""]
    assert sorted(placed.values()) == ["VM2", "VM2"]
    assert [step["sentence"] for step in told["steps"]] == [
        "Provision VM2 with 2 nodes",
        "Start faulty/faulty on VM2",
        "Send what arrives to faulty/faulty on VM2",
        "Wait until faulty/faulty without a resource has worked off all that was sent to it",
        "Stop faulty/faulty without a resource",
    ]
    assert [run.resource for run in of(rig.runs(), ["on-vm2.txt"])] == ["VM2"]
    assert rig.judge()["committed"] == len(meanwhile) + 1
    assert refused.returncode == 3
    assert "faulty/faulty is on VM2 here already" in refused.stderr
    assert list(workers(rig).values()) == [""]


def test_a_deploy_that_is_killed_while_a_worker_drains_is_gone_on_with(rig: Rig) -> None:
    there = deployment(rig, "there", "VM1", "VM2")
    rig.upload(["slow.txt"], "fifteen seconds")
    eventually(lambda: len(rig.ledger.runs("faulty")) == 1)

    with arriving(rig) as names:
        first = rig.noria.begin("deploy", there)
        journal = there.with_name("deploy.json")
        eventually(lambda: journal.is_file() and len(json.loads(journal.read_text())["entries"]) == 4)
        time.sleep(0.3)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        draining = workers(rig)
        told = rig.noria.json("deploy", there)

    assert sorted(draining.values()) == ["", "VM2", "VM2"]
    assert sorted(workers(rig).values()) == ["VM2", "VM2"]
    assert told["done"] == 6
    assert rig.judge()["committed"] == len(names) + 1
    assert [(run.attempt, run.resource) for run in of(rig.runs(), ["slow.txt"])] == [(1, "")]


def test_what_was_deployed_outlives_the_supervisor_and_can_be_taken_back(rig: Rig) -> None:
    there = deployment(rig, "there", "VM1", "VM2")
    rig.noria("deploy", there)
    rig.supervisor.kill()

    assert "failed" in rig.noria.run("deploy", there, "--undo").stderr
    rig.start()
    after = workers(rig)
    with arriving(rig) as names:
        rig.noria("deploy", there, "--undo")

    assert sorted(after.values()) == ["VM2", "VM2"]
    assert list(workers(rig).values()) == ["VM1"]
    assert rig.judge()["committed"] == len(names)


def test_a_resource_with_more_nodes_has_more_workers_and_those_that_run_go_on(rig: Rig) -> None:
    more, fewer = deployment(rig, "more", "VM1", "VM1", nodes=3), deployment(rig, "fewer", "VM2", "VM2", nodes=1)
    fewer.write_text(fewer.read_text().replace("VM2", "VM1"))
    old = rig.pid("worker-faulty-0")

    with arriving(rig) as names:
        rig.noria("deploy", more)
        eventually(lambda: len(workers(rig)) == 3)
        wide = workers(rig)
        rig.noria("deploy", fewer)
        eventually(lambda: len(workers(rig)) == 1)

    assert wide == {"worker-faulty-0": "", "worker-faulty-1": "VM1", "worker-faulty-2": "VM1"}
    assert rig.pid("worker-faulty-0") == old
    assert rig.judge()["committed"] == len(names)


def test_steps_that_do_not_fit_what_runs_here_are_refused_and_a_dry_run_changes_nothing(rig: Rig) -> None:
    there, other = deployment(rig, "there", "VM1", "VM2"), deployment(rig, "other", "VM2", "VM1")
    before = workers(rig)

    dry = rig.noria("deploy", there, "--dry-run")
    told = rig.noria.json("deploy", there, "--dry-run")
    untouched = (workers(rig) == before, sorted(each.name for each in there.parent.iterdir()))
    rig.noria("deploy", there)
    again = rig.noria("deploy", there)
    rig.noria("deploy", there)
    there.with_name("deploy.json").unlink()
    refused = rig.noria.run("deploy", there)

    assert dry.splitlines()[1] == "2. Start faulty/faulty on VM2"
    assert [each["done"] for each in told["steps"]] == [False] * 6
    assert untouched == (True, ["result.json", "steps.json"])
    assert "all 6 steps are done" in again
    assert refused.returncode == 3
    assert "faulty/faulty is not on VM1 here, but on VM2" in refused.stderr
    assert rig.noria.run("deploy", other, "--dry-run").returncode == 0
