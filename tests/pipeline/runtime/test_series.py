"""Series: runs that each go on from the one before, in one line, whatever comes at the same time."""

import itertools
import threading
from pathlib import Path
from typing import cast

import pytest

from functions.runtime.desk import Desk
from functions.runtime.errors import NotYetError, Rejected
from functions.runtime.ledger import Claim
from functions.runtime.publication import Publisher
from functions.runtime.runner import Task, Usage
from functions.runtime.series import Series
from functions.runtime.stored_desk import StoredDesk
from tests.pipeline.runtime.conftest import Bench, record, until_done


class Listing:
    """A runner whose handler works on all that lies below the folder above its object's."""

    def run(self, task: Task, desk: Desk) -> Usage:
        task.begin()
        members = desk.beside(1)
        if desk.lead(members):
            Path(task.folder, "all.copy").write_text(" ".join(one.name for one in members))
        return Usage(cpu_seconds=0, peak_memory=0, metrics={})


class Adding:
    """A runner whose handler writes what the run before wrote, and the input's first letter after it."""

    def __init__(self) -> None:
        self.broken = False

    def run(self, task: Task, desk: Desk) -> Usage:
        task.begin()
        letter = desk.fetch(task.event).read_text()
        before = desk.follow("letters")
        if self.broken:
            raise Rejected("it fails")
        said = desk.read(before.outputs[0]).read_text() if before else ""
        if letter != "-":
            Path(task.folder, f"{task.event.name}.copy").write_text(said + letter)
        return Usage(cpu_seconds=0, peak_memory=0, metrics={})


@pytest.fixture
def adding(bench: Bench) -> Bench:
    bench.engine._runner = Adding()  # type: ignore[assignment]
    return bench


def test_runs_of_a_series_that_come_at_once_go_on_from_one_another(adding: Bench) -> None:
    events = [adding.put(f"{letter}.txt", letter.encode()) for letter in "abcd"]
    threads = [threading.Thread(target=until_done, args=(adding, event)) for event in events]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    longest = sorted(adding.outputs().values(), key=len)
    assert [len(body) for body in longest] == [1, 2, 3, 4]
    assert all(after.startswith(before) for before, after in itertools.pairwise(longest))
    runs = [record(adding, adding.engine.process(event)) for event in events]
    assert len({run.follows for run in runs}) == 4


def test_a_run_that_failed_or_wrote_nothing_is_followed_by_what_goes_on_from_the_one_before_it(adding: Bench) -> None:
    until_done(adding, adding.put("a.txt", b"a"))
    runner = cast("Adding", adding.engine._runner)
    runner.broken = True
    until_done(adding, adding.put("b.txt", b"b"))
    runner.broken = False
    until_done(adding, adding.put("c.txt", b"-"))

    until_done(adding, adding.put("d.txt", b"d"))

    assert adding.outputs() == {"a.txt.copy": b"a", "d.txt.copy": b"ad"}


def test_the_place_of_a_run_that_has_not_ended_is_waited_for(adding: Bench) -> None:
    event = adding.put("a.txt", b"a")
    claim = adding.engine.ledger.claim(adding.engine._first(event, None))
    assert isinstance(claim, Claim)
    desk_follow(adding, claim)

    verdict = adding.engine.process(adding.put("b.txt", b"b"))

    assert verdict.kind == "wait"
    assert "the run of letters before this, has not ended" in verdict.reason


def desk_follow(bench: Bench, claim: Claim) -> str:
    return Series(bench.store, bench.engine.ledger, "noria-ledger", claim).follow("letters")


def test_a_second_round_keeps_its_place(adding: Bench) -> None:
    events = [adding.put(f"{letter}.txt", letter.encode()) for letter in "abc"]
    for event in events:
        until_done(adding, event)
    name = record(adding, adding.engine.process(events[1])).name

    adding.engine.ledger.reopen(name)
    until_done(adding, events[1])
    until_done(adding, adding.put("d.txt", b"d"))

    assert adding.outputs() == {f"{x[-1]}.txt.copy": x.encode() for x in ("a", "ab", "abc", "abcd")}


def test_a_run_that_is_on_its_way_round_again_is_waited_for_by_those_that_go_on_from_it(adding: Bench) -> None:
    first = adding.put("a.txt", b"a")
    until_done(adding, first)
    runner = cast("Adding", adding.engine._runner)
    runner.broken = True
    until_done(adding, adding.put("b.txt", b"b"))  # what comes next goes on from the first
    runner.broken = False
    adding.engine.ledger.reopen(record(adding, adding.engine.process(first)).name)
    third = adding.put("c.txt", b"c")

    early = adding.engine.process(third)
    until_done(adding, first)
    until_done(adding, third)

    assert early.kind == "wait"
    assert "is on its way round again" in early.reason
    assert adding.outputs() == {"a.txt.copy": b"a", "c.txt.copy": b"ac"}


def test_what_the_runs_before_wrote_is_replaced_by_one_that_goes_on_from_them_and_by_no_other(adding: Bench) -> None:
    class Following:
        def run(self, task: Task, desk: Desk) -> Usage:
            task.begin()
            if task.event.name != "stranger.txt":
                desk.follow("one name")
            Path(task.folder, "all.copy").write_text(task.event.name)
            return Usage(cpu_seconds=0, peak_memory=0, metrics={})

    adding.engine._runner = Following()  # type: ignore[assignment]
    for name in ("a.txt", "b.txt", "c.txt"):
        assert until_done(adding, adding.put(name, b"x")).kind == "done"

    refused = until_done(adding, adding.put("stranger.txt", b"x"))

    assert refused.kind == "dead"
    assert "would overwrite" in refused.reason
    assert adding.outputs() == {"all.copy": b"c.txt"}


def test_results_of_a_set_in_several_folders_lie_around_all_of_it(bench: Bench) -> None:
    bench.engine._runner = Listing()  # type: ignore[assignment]
    bench.put("app/one/a.txt", b"a")

    verdict = bench.engine.process(bench.put("app/two/b.txt", b"b"))

    assert verdict.kind == "done"
    assert bench.outputs() == {"app/all.copy": b"one/a.txt two/b.txt"}


def test_results_of_a_flat_service_lie_right_below_its_output_whatever_folder_the_input_is_in(bench: Bench) -> None:
    flat = bench.service.model_copy(update={"environment": {**bench.service.environment, "NORIA_FLAT": "true"}})
    bench.engine._publisher = Publisher(flat, bench.store, bench.engine.ledger)

    verdict = bench.engine.process(bench.put("app/one/a.txt", b"a"))

    assert verdict.kind == "done"
    assert bench.outputs() == {"a.txt.copy": b"a"}


def test_nothing_above_the_watched_folder_is_listed(adding: Bench) -> None:
    class Nosy:
        def run(self, task: Task, desk: Desk) -> Usage:
            assert [one.name for one in desk.beside(1)] == ["deep/a.txt"]
            assert desk.take(desk.beside(1)[0]).read_text() == "a"
            assert isinstance(desk, StoredDesk)
            desk.beside(2)
            raise NotYetError("never")

    adding.engine._runner = Nosy()  # type: ignore[assignment]

    verdict = adding.engine.process(adding.put("deep/a.txt", b"a"))

    assert verdict.kind == "dead"
    assert "lies above the folder that is watched" in verdict.reason
