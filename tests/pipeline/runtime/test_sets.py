"""Functions that fire on sets: whichever member comes last, however their events come, a set is worked on once."""

import itertools
import threading
import time

import pytest

from events import ObjectCreated
from functions.runtime.desk import Desk
from functions.runtime.endings import Verdict
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Claim
from functions.runtime.runner import Task, Usage
from functions.runtime.runs import Run, StoredObject
from functions.runtime.sets import _digest
from tests.pipeline.runtime.conftest import FILES, RESULT, Bench, first, letters, record, until_done


@pytest.mark.parametrize("order", list(itertools.permutations(FILES)))
def test_a_set_is_worked_on_once_in_whatever_order_its_members_come(gather: Bench, order: tuple[str, ...]) -> None:
    for name in order:
        event = gather.put(f"job/{name}", FILES[name])
        gather.engine.process(event)
    events = [announced(gather, f"job/{name}") for name in order]

    verdicts = [until_done(gather, event) for event in events for _ in range(2)]

    runs = [record(gather, verdict) for verdict in verdicts]
    assert {run.state for run in runs} == {"committed"}
    assert sum(bool(run.outputs) for run in runs[::2]) == 1
    leader = next(run for run in runs if run.outputs)
    assert {run.member_of for run in runs if not run.outputs} == {leader.name}
    assert sorted(one.key.rpartition("/")[2] for one in leader.members) == sorted(FILES)
    assert all(len(one.sha256) == 64 for one in leader.members)
    assert gather.outputs() == {f"job/{name}": body for name, body in RESULT.items()}
    assert letters(gather) == []


def announced(bench: Bench, name: str) -> ObjectCreated:
    key = f"{bench.folder}/{name}"
    stat = bench.store.stat("inbox", key)
    return ObjectCreated(bucket="inbox", key=key, etag=stat.etag, size=stat.size)


def test_members_that_come_all_at_once_are_worked_on_once(apart: Bench) -> None:
    verdicts: list[Verdict] = []

    def upload(name: str) -> None:
        verdicts.append(until_done(apart, apart.put(f"job/{name}", FILES[name])))

    threads = [threading.Thread(target=upload, args=[name]) for name in FILES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    runs = [record(apart, verdict) for verdict in verdicts]
    assert [run.state for run in runs] == ["committed"] * 3
    assert sum(bool(run.outputs) for run in runs) == 1
    assert apart.outputs() == {f"job/{name}": body for name, body in RESULT.items()}


def test_two_sets_in_folders_of_their_own_do_not_mix(gather: Bench) -> None:
    events = [
        gather.put(f"{job}/{name}", body if name == "list.txt" else job.encode())
        for name, body in FILES.items()
        for job in ("x", "y")
    ]

    for event in events:
        until_done(gather, event)

    assert gather.outputs() == {"x/sum.txt": b"a.txt b.txt+x+x", "y/sum.txt": b"a.txt b.txt+y+y"}


def test_a_member_that_is_replaced_afterwards_makes_a_new_set(gather: Bench) -> None:
    for event in [gather.put(f"job/{name}", body) for name, body in FILES.items()]:
        until_done(gather, event)
    time.sleep(1.1)  # the store's times have whole seconds

    verdict = until_done(gather, gather.put("job/a.txt", b"three"))

    assert verdict.kind == "dead"  # its result has the key of the other set's: the handler gives sets no names
    assert "would overwrite" in verdict.reason
    assert gather.outputs()["job/sum.txt"] == b"a.txt b.txt+one+two"


def test_a_set_that_never_completes_is_a_dead_letter_that_names_what_is_missing(gather: Bench) -> None:
    event = gather.put("job/a.txt", b"one")

    verdict = until_done(gather, event)

    assert (verdict.kind, verdict.reason) == ("dead", "list.txt never came")
    assert len(letters(gather)) == 1


def test_a_large_member_is_read_once_for_its_own_set_and_not_for_its_event_alone(gather: Bench) -> None:
    body = b"x" * (17 * 2**20)
    event = gather.put("job/a.txt", body)
    for name in ("b.txt", "list.txt"):
        last = gather.put(f"job/{name}", FILES[name])

    leader = record(gather, until_done(gather, last))
    member = record(gather, until_done(gather, event))

    assert leader.outputs
    assert member.member_of == leader.name
    assert member.input.sha256 == ""
    assert next(one.size for one in leader.members if one.key.endswith("/a.txt")) == len(body)


def test_what_no_record_names_is_not_read_for_a_handler(gather: Bench) -> None:
    secret = StoredObject(bucket="inbox", key="somebody/else.txt", etag="1")
    asked: list[str] = []

    class Curious:
        def run(self, task: object, desk: object) -> None:
            asked.append(type(desk).__name__)
            desk.read(secret)  # type: ignore[attr-defined]

    gather.engine._runner = Curious()  # type: ignore[assignment]
    verdict = gather.engine.process(gather.put("job/a.txt", b"one"))

    assert asked == ["StoredDesk"]
    assert "no record that was asked for names inbox/somebody/else.txt" in verdict.reason


def test_a_member_that_its_maker_has_not_committed_is_waited_for(gather: Bench) -> None:
    maker = first(gather, ObjectCreated(bucket="inbox", key="elsewhere/x.txt", etag="1"))
    claim = gather.engine.ledger.claim(maker)
    assert isinstance(claim, Claim)
    gather.put("job/a.txt", FILES["a.txt"], {"noria-parent": maker.name})
    gather.put("job/b.txt", FILES["b.txt"])
    event = gather.put("job/list.txt", FILES["list.txt"])
    made = announced(gather, "job/a.txt")
    output = StoredObject(bucket=made.bucket, key=made.key, etag=made.etag)

    before = gather.engine.process(event)
    gather.engine.ledger.finish(claim, claim.run.model_copy(update={"state": "committed", "outputs": (output,)}))
    run = record(gather, until_done(gather, event))

    assert (before.kind, gather.outputs()) == ("wait", {"job/sum.txt": b"a.txt b.txt+one+two"})
    assert f"the run {maker.name} has not committed its outputs yet" in before.reason
    assert {one.key.rpartition("/")[2]: one.parent for one in run.members} == {
        "list.txt": "",
        "a.txt": maker.name,
        "b.txt": "",
    }


def each(bench: Bench) -> dict[str, Run]:
    """Give the run of each object of the folder, by its name."""
    names = [stat.key.removeprefix(f"{bench.folder}/") for stat in bench.store.list("inbox", bench.folder)]
    return {name.rpartition("/")[2]: record(bench, bench.engine.process(announced(bench, name))) for name in names}


def test_a_member_that_is_put_again_with_the_same_bytes_loses_no_set(gather: Bench) -> None:
    events = {name: gather.put(f"job/{name}", body) for name, body in FILES.items()}
    until_done(gather, events["a.txt"])
    time.sleep(1.1)  # the store's times have whole seconds

    until_done(gather, gather.put("job/a.txt", FILES["a.txt"]))
    for event in events.values():
        until_done(gather, event)

    runs = each(gather)
    assert [run.state for run in runs.values()] == ["committed"] * 3
    assert [bool(run.outputs) for run in runs.values()].count(True) == 1
    assert gather.outputs() == {f"job/{name}": body for name, body in RESULT.items()}


class Failing:
    """A runner whose handler leads its set and then fails, until it is mended."""

    def __init__(self, bench: Bench) -> None:
        self.real, self.broken = bench.engine._runner, True

    def run(self, task: Task, desk: Desk) -> Usage:
        if self.broken and desk.lead(desk.beside()):
            raise Rejected("it fails")
        return self.real.run(task, desk)


def test_a_set_that_failed_is_one_dead_letter_and_is_worked_on_once_it_is_sent_round_again(gather: Bench) -> None:
    failing = Failing(gather)
    gather.engine._runner = failing  # type: ignore[assignment]
    events = [gather.put(f"job/{name}", body) for name, body in FILES.items()]
    for event in events:
        until_done(gather, event)
    before = each(gather)
    leader = next(run for run in before.values() if run.state == "failed")
    failing.broken = False

    until_done(gather, gather.put("job/b.txt", FILES["b.txt"]))
    gather.engine.ledger.reopen(leader.name)
    for event in events:
        until_done(gather, event)

    assert [run.state for run in before.values()].count("failed") == 1
    assert {run.member_of for run in before.values() if run.state == "committed"} == {leader.name}
    assert record(gather, gather.engine.process(events[0])).state == "committed"
    assert gather.outputs() == {f"job/{name}": body for name, body in RESULT.items()}
    assert letters(gather) == []


class Removing:
    """A runner that has a member removed between the moment a handler leads and the moment it reads."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.real, self.bench, self.name, self.done = bench.engine._runner, bench, name, False

    def run(self, task: Task, desk: Desk) -> Usage:
        found = desk.lead(desk.beside()) if len(desk.beside()) == len(FILES) else False
        if found and not self.done:
            self.done = True
            self.bench.store.delete("inbox", f"{self.bench.folder}/job/{self.name}")
        return self.real.run(task, desk)


def test_a_member_that_goes_while_its_set_is_read_and_comes_back_loses_no_set(gather: Bench) -> None:
    gather.engine._runner = Removing(gather, "b.txt")  # type: ignore[assignment]
    events = [gather.put(f"job/{name}", body) for name, body in FILES.items()]
    first_look = gather.engine.process(events[0])

    back = gather.put("job/b.txt", FILES["b.txt"])
    for event in (*events, back):
        until_done(gather, event)

    assert first_look.kind == "wait"
    assert [run.state for run in each(gather).values()] == ["committed"] * 3
    assert gather.outputs() == {f"job/{name}": body for name, body in RESULT.items()}


def test_a_set_whose_worker_never_ended_is_taken_over_by_another_member(gather: Bench) -> None:
    events = [gather.put(f"job/{name}", body) for name, body in FILES.items()]
    function = gather.service.name
    whole = sorted((StoredObject(bucket=e.bucket, key=e.key, etag=e.etag) for e in events), key=lambda one: one.key)
    gather.store.create("noria-ledger", f"{function}/{_digest(whole)}.set", f"{function}/{'0' * 64}".encode())

    until_done(gather, events[0])

    assert gather.outputs() == {f"job/{name}": body for name, body in RESULT.items()}
