"""What a run keeps while it is at work: how far it is, its checkpoint, and the wish that it end."""

import threading
from dataclasses import replace
from typing import cast

import pytest

from functions.runtime.endings import Verdict
from functions.runtime.errors import StoreUnavailableError
from functions.runtime.keeping import cancel_key, checkpoint_key
from functions.runtime.ledger import Claim
from functions.runtime.runner import Task, Usage
from functions.runtime.store import Store
from functions.runtime.stored_desk import StoredDesk
from tests.pipeline.runtime.conftest import FILES, LOST, Bench, first, record, until_done
from tests.waiting import eventually


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


def test_a_run_shows_how_far_it_is_and_ends_when_a_person_cancels_it(apart: Bench) -> None:
    many = " ".join(f"{number}.txt" for number in range(300))
    for number in range(300):
        apart.put(f"job/{number}.txt", b"x")
    event = apart.put("job/list.txt", many.encode())
    name = first(apart, event).name
    verdicts: list[Verdict] = []
    thread = threading.Thread(target=lambda: verdicts.append(until_done(apart, event)))
    thread.start()

    eventually(lambda: bool(progress(apart, name)))
    seen = progress(apart, name)
    apart.store.write("noria-ledger", cancel_key(name), b"")
    thread.join(60)

    assert seen["steps"] == 301
    assert [verdict.kind for verdict in verdicts] == ["dead"]
    run = record(apart, verdicts[0])
    assert (run.failures[-1].reason, run.failures[-1].error) == ("the run was cancelled", "CancelledError")
    assert apart.outputs() == {}
    kept = [stat.key for stat in apart.store.list("noria-ledger", name.partition("/")[0])]
    assert [key for key in kept if not key.endswith(".set")] == [f"{name}.json"]


def progress(bench: Bench, name: str) -> dict[str, float]:
    run = bench.engine.ledger.find(name)
    return dict(run.progress) if run else {}


def test_an_attempt_that_came_further_does_not_count(gather: Bench) -> None:
    """Six workers may be lost in the middle of a long training, and more, if each kept a checkpoint."""
    event = gather.put("job/list.txt", b"")
    for _ in range(9):
        claim = gather.engine.ledger.claim(first(gather, event))
        assert isinstance(claim, Claim)
        claim.note(kept=True, advanced=True)
        gather.engine.ledger.renew(claim)
        gather.engine.ledger.lose(claim.run.name, claim.run.holder, LOST)

    run = record(gather, until_done(gather, event))

    assert (run.state, run.attempt, len(run.failures)) == ("committed", 1, 9)


def test_a_store_that_does_not_answer_for_a_moment_costs_no_attempt(
    gather: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        def __getattr__(self, name: str) -> object:
            raise StoreUnavailableError("the store did not answer")

    class Blip:
        real = gather.engine._runner

        def run(self, task: Task, desk: StoredDesk) -> Usage:
            keeping = replace(desk.keeping, store=cast("Store", Away()))
            return self.real.run(task, replace(desk, keeping=keeping, folder=desk.folder))

    events = [gather.put(f"job/{name}", body) for name, body in FILES.items()]
    gather.engine._runner = Blip()  # type: ignore[assignment]

    verdicts = [until_done(gather, event) for event in events]

    assert [record(gather, verdict).attempt for verdict in verdicts] == [1, 1, 1]
    assert "not told how far it is" in caplog.text
