"""Functions that fire on sets: whichever member comes last, however their events come, a set is worked on once."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import fdl
from events import ObjectCreated
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.keeping import cancel_key, checkpoint_key
from functions.runtime.ledger import Claim
from functions.runtime.runner import InProcess
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Store
from tests.pipeline.runtime.conftest import Bench, Counting, letters, record
from tests.pipelines import pipeline

GATHERING = "tests.gathering:gathering"
FILES = {"list.txt": b"a.txt b.txt", "a.txt": b"one", "b.txt": b"two"}
RESULT = {"sum.txt": b"a.txt b.txt+one+two"}


@pytest.fixture
def gather(given: Configuration, tmp_path: Path) -> Bench:
    """Make an engine for the gathering function, which runs in this process."""
    function = load(GATHERING)
    runner = Counting(InProcess(function, function.settings(patience=1)), [])
    return bench_of(given, tmp_path, runner)


@pytest.fixture
def apart(given: Configuration, tmp_path: Path) -> Iterator[Bench]:
    """Make one whose function runs in a process of its own, and takes a tenth of a second for each member."""
    children = Children(GATHERING, 1, {"PATH": "/usr/bin", "GATHERING_STEP": "0.1"})
    try:
        yield bench_of(given, tmp_path, children)
    finally:
        children.close()


def bench_of(given: Configuration, work: Path, runner: Counting | Children) -> Bench:
    folder = uuid.uuid4().hex[:8]
    text = pipeline(
        f"gather-{folder}", f"inbox/{folder}", f"outbox/{folder}", function=GATHERING, suffixes=("sum.txt",)
    )
    service, store = fdl.loads(text).services[0], Store(given)
    engine = Engine(service, runner, store, given.model_copy(update={"work": work}), host="test")
    return Bench(engine, store, service, runner.tasks if isinstance(runner, Counting) else [])


def until_done(bench: Bench, event: ObjectCreated) -> Verdict:
    """Deliver an event as often as it is asked for."""
    deadline = time.monotonic() + 30
    while (verdict := bench.engine.process(event)).kind in {"wait", "retry"} and time.monotonic() < deadline:
        time.sleep(min(verdict.delay, 0.2))
    return verdict


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


def test_what_took_the_set_over_goes_on_where_the_lost_attempt_was(gather: Bench) -> None:
    for name in ("a.txt", "b.txt", "list.txt"):  # of several in one second the last by name counts as the latest
        event = gather.put(f"job/{name}", FILES[name])
    claim = gather.engine.ledger.claim(first(gather, event))
    assert isinstance(claim, Claim)
    claim.note(kept=True)
    gather.engine.ledger.renew(claim)
    gather.store.write("noria-ledger", checkpoint_key(claim.run.name), b"kept one\nkept two\n")

    run = record(gather, until_done(gather, event))

    assert run.metrics["resumed_at"] == 2
    assert gather.outputs()["job/sum.txt"] == b"kept one+kept two+two"
    assert not list(gather.store.list("noria-ledger", checkpoint_key(run.name)))


def first(bench: Bench, event: ObjectCreated) -> Run:
    return bench.engine._first(event, None)


def test_a_run_shows_how_far_it_is_and_ends_when_a_person_cancels_it(apart: Bench) -> None:
    many = " ".join(f"{number}.txt" for number in range(100))
    for number in range(100):
        apart.put(f"job/{number}.txt", b"x")
    event = apart.put("job/list.txt", many.encode())
    name = first(apart, event).name
    verdicts: list[Verdict] = []
    thread = threading.Thread(target=lambda: verdicts.append(until_done(apart, event)))
    thread.start()

    seen = wait_for_progress(apart, name)
    apart.store.write("noria-ledger", cancel_key(name), b"")
    thread.join(20)

    assert seen["steps"] == 101
    assert [verdict.kind for verdict in verdicts] == ["dead"]
    run = record(apart, verdicts[0])
    assert (run.failures[-1].reason, run.failures[-1].error) == ("the run was cancelled", "CancelledError")
    assert apart.outputs() == {}
    kept = [stat.key for stat in apart.store.list("noria-ledger", name.partition("/")[0])]
    assert kept == [f"{name}.json"]


def wait_for_progress(bench: Bench, name: str) -> dict[str, float]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        run = bench.engine.ledger.find(name)
        if run and run.progress:
            return dict(run.progress)
        time.sleep(0.05)
    raise AssertionError("the run showed no progress")


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
