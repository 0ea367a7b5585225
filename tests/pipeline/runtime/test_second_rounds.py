"""Runs that a person has sent round again: what they replace, what they leave, what becomes of their letters."""

import pytest

from tests.handlers import MISBEHAVIOURS
from tests.pipeline.runtime.conftest import Bench, letters, record


def test_a_persons_copy_beside_the_results_stays_when_the_run_is_sent_round_again(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    run = record(bench, bench.engine.process(event))
    kept = f"{bench.folder}/a.txt.kept"
    bench.store.write("outbox", kept, b"hello", metadata={"noria-parent": run.name})
    bench.engine.ledger.reopen(run.name)

    bench.engine.process(event)

    assert bench.outputs() == {"a.txt.copy": b"hello", "a.txt.kept": b"hello"}


def test_a_run_sent_round_again_replaces_its_results_and_what_is_no_longer_among_them_goes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"pair")
    first = bench.engine.process(event)
    monkeypatch.delitem(MISBEHAVIOURS, b"pair")
    bench.engine.ledger.reopen(record(bench, first).name)

    again = bench.engine.process(event)

    run = record(bench, again)
    assert (run.state, run.before, len(run.reopened)) == ("committed", None, 1)
    assert bench.outputs() == {"a.txt.copy": b"pair"}


def test_a_letter_that_was_written_since_is_not_taken_back(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"reject"))
    older = record(bench, verdict).outputs
    bench.store.write(older[0].bucket, older[0].key, b"a newer letter")

    bench.engine.dead_letters.withdraw(older)

    assert len(letters(bench)) == 1


def test_a_run_sent_round_again_that_replaced_half_of_its_results_ends_as_a_dead_letter(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"pair")
    first = record(bench, bench.engine.process(event))
    bench.engine.ledger.reopen(first.name)
    there = bench.store.stat("outbox", f"{bench.folder}/another.copy")
    bench.store.replace(
        "outbox", f"{bench.folder}/another.copy", b"half", etag=there.etag, metadata={"noria-parent": first.name}
    )
    monkeypatch.setitem(MISBEHAVIOURS, b"pair", MISBEHAVIOURS[b"reject"])

    verdict = bench.engine.process(event)

    assert (verdict.kind, record(bench, verdict).state) == ("dead", "failed")
    assert len(letters(bench)) == 1


def test_a_run_sent_round_again_in_vain_keeps_its_results_and_says_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"pair")
    first = record(bench, bench.engine.process(event))
    monkeypatch.setitem(MISBEHAVIOURS, b"pair", MISBEHAVIOURS[b"reject"])
    bench.engine.ledger.reopen(first.name)

    again = bench.engine.process(event)

    run = record(bench, again)
    assert (again.kind, run.state, run.outputs, len(run.reopened)) == ("done", "committed", first.outputs, 1)
    assert run.failures[-1].reason == "the content says reject"
    assert len(bench.outputs()) == 2
    assert letters(bench) == []


def test_a_dead_letter_is_gone_once_its_run_was_sent_round_again_and_is_committed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"reject")
    first = bench.engine.process(event)
    monkeypatch.delitem(MISBEHAVIOURS, b"reject")
    bench.engine.ledger.reopen(record(bench, first).name)

    again = bench.engine.process(event)

    assert (again.kind, record(bench, again).state) == ("done", "committed")
    assert letters(bench) == []
