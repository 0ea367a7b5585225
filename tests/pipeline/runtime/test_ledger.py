"""The ledger on a real store: one winner, fenced writers, and nothing that believes this machine's clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from events import ObjectCreated
from functions.runtime.configuration import Configuration
from functions.runtime.ledger import Claim, Held, LeaseLostError, Ledger
from functions.runtime.runs import WORKER_LOST, Failure, Run, StoredObject, run_id
from functions.runtime.store import Store
from tests.pipeline.runtime.conftest import AgingStore
from tests.waiting import eventually


@pytest.fixture
def store(given: Configuration) -> AgingStore:
    return AgingStore(given)


@pytest.fixture
def ledger(given: Configuration, store: AgingStore) -> Ledger:
    """Give leases that nobody is too slow for."""
    return Ledger(store, given.ledger, lease=60)


def fresh(name: str) -> Run:
    event = ObjectCreated(bucket="inbox", key=name, etag="e")
    return Run(
        state="running", id=run_id("f", event), function="f", input=StoredObject(bucket="inbox", key=name, etag="e")
    )


def claim(ledger: Ledger, run: Run) -> Claim:
    claimed = ledger.claim(run)
    assert isinstance(claimed, Claim)
    return claimed


def final(run: Run) -> Run:
    return run.model_copy(update={"state": "committed", "finished": datetime.now(UTC)})


def test_of_many_claims_at_once_one_wins(given: Configuration) -> None:
    # SeaweedFS lets the losers of a race for one key wait for whole seconds, longer than a short lease.
    ledger = Ledger(Store(given), given.ledger, lease=60)
    for race in range(5):
        with ThreadPoolExecutor(12) as pool:
            claims = list(pool.map(lambda _: ledger.claim(fresh(f"race{race}")), range(12)))  # noqa: B023

        assert sum(isinstance(each, Claim) for each in claims) == 1


def test_a_committed_run_is_given_back_and_never_claimed_again(ledger: Ledger) -> None:
    first = claim(ledger, fresh("done"))
    ledger.finish(first, final(first.run))

    again = ledger.claim(fresh("done"))

    assert isinstance(again, Held)
    assert again.run.state == "committed"


def test_a_lease_that_was_not_renewed_is_taken_over_and_its_holder_is_refused(
    given: Configuration, store: AgingStore
) -> None:
    ledger = Ledger(store, given.ledger, lease=2)
    slow = claim(ledger, fresh("slow"))
    claims: list[Claim | Held] = []

    def is_taken_over() -> bool:
        claims.append(ledger.claim(fresh("slow")))
        return isinstance(claims[-1], Claim)

    eventually(is_taken_over)
    second = claims[-1]

    assert isinstance(second, Claim)
    assert second.run.attempt == 2
    assert second.run.failures[0].reason == "the worker fell silent before it finished"
    with pytest.raises(LeaseLostError):
        ledger.finish(slow, final(slow.run))
    with pytest.raises(LeaseLostError):
        ledger.renew(slow)
    ledger.finish(second, final(second.run))


def test_a_renewed_lease_is_not_taken_over(ledger: Ledger, store: AgingStore) -> None:
    held = claim(ledger, fresh("held"))
    for _ in range(3):
        store.make_older(held.etag, 100)
        ledger.renew(held)

    other = ledger.claim(fresh("held"))

    assert isinstance(other, Held)
    assert other.run.state == "running"
    assert 0 < other.wait <= 61
    ledger.finish(held, final(held.run))


def test_a_wrong_clock_here_takes_no_lease(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    claim(ledger, fresh("clock"))

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Tomorrow":
            return cls.fromtimestamp(datetime.now(UTC).timestamp() + 86_400, UTC)

    monkeypatch.setattr("functions.runtime.ledger.datetime", Tomorrow)

    assert isinstance(ledger.claim(fresh("clock")), Held)


def test_a_retry_waits_for_its_time_and_then_counts_as_the_next_attempt(ledger: Ledger, store: AgingStore) -> None:
    first = claim(ledger, fresh("retry"))
    failed = Failure(reason="away", attempt=1)
    ledger.finish(first, first.run.model_copy(update={"state": "retrying", "retry_in": 30, "failures": (failed,)}))

    too_early = ledger.claim(fresh("retry"))
    store.make_older(first.etag, 30)
    second = claim(ledger, fresh("retry"))

    assert isinstance(too_early, Held)
    assert (second.run.attempt, second.run.failures[0].reason) == (2, "away")


def test_an_ended_run_is_reopened_once_and_begins_with_its_first_attempt(ledger: Ledger) -> None:
    first = claim(ledger, fresh("reopened"))
    ledger.finish(first, final(first.run))

    reopened, again = ledger.reopen(first.run.name), ledger.reopen(first.run.name)
    second = claim(ledger, fresh("reopened"))

    assert again is None
    assert reopened is not None
    assert (reopened.state, len(reopened.reopened)) == ("retrying", 1)
    assert (second.run.attempt, second.run.before and second.run.before.state) == (1, "committed")


def test_a_run_whose_worker_is_known_to_be_gone_is_free_at_once(ledger: Ledger) -> None:
    first = claim(ledger, fresh("gone"))
    why = Failure(reason="the worker was lost (SIGKILL)", error=WORKER_LOST)

    assert ledger.lose(first.run.name, "somebody else", why) is None
    lost = ledger.lose(first.run.name, first.run.holder, why)
    second = claim(ledger, fresh("gone"))

    assert lost is not None
    assert lost.is_lost
    assert (second.run.attempt, second.run.failures[0].reason) == (2, "the worker was lost (SIGKILL)")
    with pytest.raises(LeaseLostError):
        ledger.finish(first, final(first.run))


def test_a_write_whose_answer_was_lost_counts(ledger: Ledger, given: Configuration) -> None:
    held = claim(ledger, fresh("lost-answer"))
    before = held.etag
    ledger.finish(held, final(held.run))
    held.etag = before  # as if the store had written it and the connection had broken

    ledger.finish(held, held.run)

    assert held.etag != before


def test_the_name_of_a_run_keeps_its_parts_apart() -> None:
    one = ObjectCreated(bucket="abc", key="d/e", etag="f")
    other = ObjectCreated(bucket="abcd", key="/e", etag="f")

    assert run_id("x", one) != run_id("x", other)
    assert run_id("x", one) == run_id("x", one.model_copy(update={"size": 9, "hops": 3}))
