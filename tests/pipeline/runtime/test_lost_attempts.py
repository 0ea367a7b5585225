"""What attempts leave that ended in the middle, and who clears it away."""

from typing import Any

import pytest

from events import ObjectCreated
from functions.runtime.endings import Endings
from functions.runtime.ledger import Claim, Held, Ledger
from tests.handlers import MISBEHAVIOURS
from tests.pipeline.runtime.conftest import LOST, Bench, record


def killed_while_uploading(bench: Bench, event: ObjectCreated, monkeypatch: pytest.MonkeyPatch) -> Claim:
    """Let an attempt upload its set and end without a word, as a killed worker's does; gives its claim."""
    claims: list[Claim] = []
    claim = Ledger.claim

    def keep(*given: Any, **named: Any) -> Claim | Held:
        claims.append(claim(*given, **named))  # type: ignore[arg-type]
        return claims[-1]

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "claim", keep)
        patch.setattr(Endings, "committed", die)
        with pytest.raises(SystemExit):
            bench.engine.process(event)
    bench.engine.ledger.lose(claims[0].run.name, claims[0].run.holder, LOST)
    return claims[0]


def test_what_a_lost_attempt_uploaded_is_gone_when_the_run_ends_as_a_dead_letter(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("trip/a.txt", b"pair")
    killed_while_uploading(bench, event, monkeypatch)
    assert set(bench.outputs()) == {"trip/a.txt.copy", "trip/another.copy"}
    bench.store.delete("inbox", event.key)

    verdict = bench.engine.process(event)

    assert (verdict.kind, record(bench, verdict).attempt) == ("dead", 2)
    assert bench.outputs() == {}


def test_what_a_lost_attempt_uploaded_under_another_name_is_gone_when_the_run_is_committed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"pair")
    killed_while_uploading(bench, event, monkeypatch)
    monkeypatch.setitem(MISBEHAVIOURS, b"pair", lambda ctx: ctx.output("third.copy").write_bytes(b"third"))

    verdict = bench.engine.process(event)

    assert record(bench, verdict).state == "committed"
    assert bench.outputs() == {"a.txt.copy": b"pair", "third.copy": b"third"}
    assert record(bench, verdict).planned == ()


def test_a_worker_that_wakes_after_its_run_has_failed_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"hello")
    plain = bench.engine._runner.run

    def asleep(*given: Any) -> object:
        usage = plain(*given)
        monkeypatch.setattr(bench.engine._runner, "run", plain)
        run = next(iter(bench.engine._claims)).run
        bench.engine.ledger.lose(run.name, run.holder, LOST)
        bench.store.delete("inbox", event.key)
        bench.engine.process(event)
        return usage

    monkeypatch.setattr(bench.engine._runner, "run", asleep)
    late = bench.engine.process(event)

    assert (late.kind, record(bench, late).state) == ("wait", "failed")
    assert bench.outputs() == {}


def test_what_a_successor_made_stays_and_what_a_lost_holder_made_goes(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    run = record(bench, bench.engine.process(event))
    there = bench.store.stat("outbox", f"{bench.folder}/a.txt.copy")
    asleep = run.model_copy(update={"holder": "asleep", "failures": (LOST,)})
    assert there.metadata["noria-holder"] == run.holder

    bench.engine._publisher.clear(event, asleep, ())
    assert bench.outputs() == {"a.txt.copy": b"hello"}

    lost = LOST.model_copy(update={"holder": run.holder})
    bench.engine._publisher.clear(event, asleep.model_copy(update={"failures": (lost,)}), ())
    assert bench.outputs() == {}


def test_a_run_that_loses_its_workers_again_and_again_is_a_dead_letter(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    for _ in range(4):
        claimed = bench.engine.ledger.claim(bench.engine._first(event, None))
        assert isinstance(claimed, Claim)
        bench.engine.ledger.lose(claimed.run.name, claimed.run.holder, LOST)

    verdict = bench.engine.process(event)

    assert (verdict.kind, verdict.reason) == ("dead", f"{LOST.reason}, not for the first time")
    assert bench.runs == []
