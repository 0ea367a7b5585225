"""Groups of workers as they are wanted, and a file of them that is damaged."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from local.crew import Crew
from local.groups import FILE_NAME, Groups, Worker, change
from local.process import Process

SERVICES = {"copy": None, "other": None}


@dataclass
class Place:
    """A plane that starts nothing."""

    workers: int = 1
    services: dict[str, Path] = field(default_factory=lambda: {"copy": Path("copy.yaml")})
    processes: dict[str, Process] = field(default_factory=dict)
    retiring: dict[str, Process] = field(default_factory=dict)

    def start_worker(self, worker: Worker) -> None:
        raise AssertionError(worker)


def wanted(groups: Groups, default: int = 2) -> dict[str, str]:
    return {part: worker.resource for part, worker in groups.wanted(SERVICES, default).items()}


def test_without_groups_each_function_has_the_workers_of_noria_up() -> None:
    assert wanted(Groups()) == dict.fromkeys(["worker-copy-0", "worker-copy-1", "worker-other-0", "worker-other-1"], "")


def test_what_noria_up_started_stands_for_a_resource_without_being_started_anew() -> None:
    groups = Groups().adopted("copy", "VM1")

    assert wanted(groups) == {
        "worker-copy-0": "VM1",
        "worker-copy-1": "VM1",
        "worker-other-0": "",
        "worker-other-1": "",
    }
    assert groups.adopted("copy", "VM2") == groups


def test_a_function_that_moves_there_and_back_has_workers_of_names_that_nobody_had() -> None:
    moved = Groups().adopted("copy", "VM1").scaled("VM2", 3).started("copy", "VM2", None).retired("copy", "VM1")
    back = moved.removed("copy", "VM1").started("copy", "VM1", 1).retired("copy", "VM2").removed("copy", "VM2")

    assert {part: each for part, each in wanted(moved).items() if "copy" in part} == dict.fromkeys(
        ["worker-copy-100", "worker-copy-101", "worker-copy-102"], "VM2"
    )
    assert {part: each for part, each in wanted(back).items() if "copy" in part} == {"worker-copy-200": "VM1"}


def test_a_group_that_is_started_twice_is_one() -> None:
    once = Groups().started("copy", "VM1", 2)

    assert once.started("copy", "VM1", 4) == once


def test_a_resource_that_comes_back_while_it_drains_has_a_group_beside_the_one_that_ends() -> None:
    groups = Groups().started("copy", "VM1", 1).retired("copy", "VM1").started("copy", "VM1", 1)

    assert [(each.number, each.retired) for each in groups.of("copy") if each.resource] == [(1, True), (2, False)]


def test_nodes_that_are_added_are_workers_of_what_is_there_and_of_what_comes() -> None:
    groups = Groups().started("copy", "VM1", 1).scaled("VM1", 3).started("other", "VM1", None)

    assert [each.workers for each in (*groups.of("copy"), *groups.of("other")) if each.resource] == [3, 3]


def test_changes_of_many_at_once_are_all_there(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=change, args=(tmp_path, lambda groups, n=n: groups.started("copy", f"VM{n}", 1)))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    groups = Groups.read(tmp_path)
    assert sorted(each.number for each in groups.groups) == list(range(21))
    assert groups.last == 20


def test_a_damaged_file_is_said_to_be_one_and_leaves_the_workers_that_were_wanted(tmp_path: Path) -> None:
    change(tmp_path, lambda groups: groups.adopted("copy", "VM1"))
    crew, plane = Crew(tmp_path), Place()
    before = crew.wanted(plane)
    (tmp_path / FILE_NAME).write_text('{"groups": [')

    with pytest.raises(Rejected, match=r"groups\.json cannot be read"):
        Groups.read(tmp_path)

    assert crew.wanted(plane) == before == {"worker-copy-0": Worker("worker-copy-0", "copy", "VM1")}
