"""The ledger against a model of it: 2,000 random steps of workers, a supervisor and a person on a real store.

The store's clock is the test's, and so are lost requests, lost answers, and what others do between a read and the write
that follows it.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from functions.runtime.configuration import Configuration
from functions.runtime.errors import ConflictError, FunctionError, StoreUnavailableError, TryAgain
from functions.runtime.ledger import STALE, Claim, Held, LeaseLostError, Ledger
from functions.runtime.runs import FINAL, WORKER_LOST, Failure, Run, State, StoredObject
from functions.runtime.store import Stat, Store

LEASE = 10.0
EXAMPLES, STEPS = 55, 40
Fault = Literal["none", "request lost", "answer lost", "sent twice"]
FAULTS: st.SearchStrategy[Fault] = st.sampled_from(
    ["none", "none", "none", "request lost", "answer lost", "sent twice"]
)
OUTCOMES: st.SearchStrategy[State] = st.sampled_from(["committed", "failed", "superseded", "retrying"])
ACTS = st.sampled_from(["claim", "renew", "finish", "lose", "reopen"])
WHICH = st.integers(0, 5)
T = TypeVar("T")


class SteeredStore(Store):
    """A real store with the test's clock, whose next write can meet a fault, or somebody who is quicker."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self.now = 0.0
        self.writes = 0
        self.fault: Fault = "none"
        self.meanwhile: Callable[[], None] | None = None
        self._written: dict[str, float] = {}

    def age(self, bucket: str, stat: Stat) -> timedelta:
        return timedelta(seconds=self.now - self._written[stat.etag])

    def _put(self, bucket: str, key: str, body: bytes | Path, metadata: Mapping[str, str] | None, *, mode: Any) -> str:
        act, self.meanwhile = (None, self.meanwhile) if mode == "create" else (self.meanwhile, None)
        if act:
            act()
        fault, self.fault = self.fault, "none"
        if fault == "request lost":
            raise StoreUnavailableError("the request was lost")
        try:
            etag = super()._put(bucket, key, body, metadata, mode=mode)
        except ConflictError:
            self.fault = fault  # for the write that may follow
            raise
        self._written[etag] = self.now
        self.writes += 1
        if fault == "answer lost":
            raise StoreUnavailableError("the answer was lost")
        if fault == "sent twice":
            raise ConflictError("the client sent it again, and met its own first write")
        return etag


@dataclass(frozen=True)
class Known:
    """What the run's ledger object must say."""

    state: State
    attempt: int
    holder: str
    reasons: tuple[str, ...] = ()
    retry_in: float = 0
    openings: int = 0
    before: State | None = None


class LedgerMachine(RuleBasedStateMachine):
    """One run, its workers (a claim each), a supervisor who knows when one died, and a person who reopens it."""

    given: ClassVar[Configuration]
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.store = SteeredStore(self.given)
        self.ledger = Ledger(self.store, self.given.ledger, lease=LEASE)
        self.function = f"model-{uuid.uuid4().hex[:12]}"
        self.fresh = Run(
            state="running",
            id="0" * 64,
            function=self.function,
            input=StoredObject(bucket="inbox", key="a", etag="e"),
        )
        self.known: Known | None = None
        self.claims: list[Claim] = []
        self.behind: set[Claim] = set()  # those that do not know of their own last write
        self.beaten = False

    # What the model says ------------------------------------------------------------------------------------------

    def age(self) -> float:
        _, stat = self.ledger._read(self.fresh.name)
        return self.store.age("", stat).total_seconds()

    def is_free(self, *, again: bool = False) -> bool:
        if self.known is None:
            return True
        if self.known.state == "running":
            return self.age() >= LEASE + 1
        if self.known.state == "retrying":
            return self.known.retry_in <= 1 or self.age() >= self.known.retry_in - 1
        return again

    def next_attempt(self, holder: str) -> Known:
        if self.known is None or self.known.state in FINAL:
            return Known("running", 1, holder)
        reasons = self.known.reasons
        if self.known.state == "running":
            reasons += ("the worker fell silent before it finished",)
        return replace(
            self.known, state="running", attempt=self.known.attempt + 1, holder=holder, reasons=reasons, retry_in=0
        )

    def holds(self, claim: Claim) -> bool:
        return self.known is not None and (self.known.state, self.known.holder) == ("running", claim.run.holder)

    def current(self) -> Run:
        run = self.ledger.find(self.fresh.name)
        assert run is not None
        return run

    def pick(self, which: int) -> Claim:
        return self.claims[which % len(self.claims)]

    def met(self, fault: Fault, act: Callable[[], T]) -> T | FunctionError:
        """Do it with a fault at its next write; gives the answer, or the error that the caller was told."""
        self.store.fault = fault
        try:
            return act()
        except FunctionError as error:
            return error
        finally:
            self.store.fault = "none"

    # What they do; each predicts the answer and what the store holds afterwards -----------------------------------

    def claim(self, fault: Fault = "none", *, again: bool = False) -> None:
        free = self.is_free(again=again)
        answer = self.met(fault, lambda: self.ledger.claim(self.fresh, again=lambda _: again))
        if fault == "request lost":
            assert isinstance(answer, StoreUnavailableError)
        elif self.beaten or not free:
            assert isinstance(answer, Held)
            assert self.beaten or (answer.wait > 0) == (answer.run.state not in FINAL)
        elif fault == "answer lost":
            assert isinstance(answer, StoreUnavailableError)
            self.known = self.next_attempt(self.current().holder)
        else:
            assert isinstance(answer, Claim)
            self.known = self.next_attempt(answer.run.holder)
            self.claims.append(answer)

    def renew(self, claim: Claim, fault: Fault = "none") -> None:
        ended, holds, again = claim.run.state != "running", self.holds(claim), claim in self.behind
        answer = self.met(fault, lambda: self.ledger.renew(claim))
        if ended:
            assert answer is None  # there is nothing to keep
        elif not holds:
            assert isinstance(answer, StoreUnavailableError if fault == "request lost" else LeaseLostError)
        elif isinstance(answer, StoreUnavailableError):
            assert fault in {"request lost", "answer lost"}
            self.behind |= {claim} if fault == "answer lost" else set()
        else:
            assert answer is None
            assert again or (fault in {"none", "sent twice"} and self.age() == 0)
            self.behind.discard(claim)

    def finish(self, claim: Claim, outcome: State, retry_in: float, fault: Fault = "none") -> None:
        holds = self.holds(claim)
        failure = Failure(reason=outcome, attempt=claim.run.attempt)
        failures = claim.run.failures if outcome == "committed" else (*claim.run.failures, failure)
        retry_in = retry_in if outcome == "retrying" else 0
        run = claim.run.model_copy(update={"state": outcome, "failures": failures, "retry_in": retry_in})
        answer = self.met(fault, lambda: self.ledger.finish(claim, run))
        if fault == "request lost":
            assert isinstance(answer, StoreUnavailableError)
        elif not holds:
            assert isinstance(answer, LeaseLostError)
        else:
            assert isinstance(answer, StoreUnavailableError) if fault == "answer lost" else answer is None
            assert self.known is not None
            reasons = tuple(failure.reason for failure in failures)
            self.known = replace(self.known, state=outcome, reasons=reasons, retry_in=retry_in)
            self.claims.remove(claim)

    def lose(self, holder: str, fault: Fault = "none") -> None:
        seen = self.known
        fits = seen is not None and (seen.state, seen.holder) == ("running", holder)
        failure = Failure(reason="SIGKILL", error=WORKER_LOST)
        answer = self.met(fault, lambda: self.ledger.lose(self.fresh.name, holder, failure))
        if self.changed(answer, fault, fits=fits):
            assert seen is not None
            self.known = replace(seen, state="retrying", reasons=(*seen.reasons, "SIGKILL"))
            assert self.current().is_lost

    def reopen(self, fault: Fault = "none") -> None:
        seen = self.known
        ended = seen is not None and seen.state in FINAL
        answer = self.met(fault, lambda: self.ledger.reopen(self.fresh.name))
        if self.changed(answer, fault, fits=ended):
            assert seen is not None
            before = seen.state if seen.state != "superseded" else None
            openings = seen.openings + 1
            self.known = replace(seen, state="retrying", attempt=0, retry_in=0, openings=openings, before=before)

    def changed(self, answer: Run | FunctionError | None, fault: Fault, *, fits: bool) -> bool:
        """Tell whether the supervisor's or the person's change was written; the answer must say as much as it can."""
        if not fits:
            assert answer is None
        elif self.beaten:
            assert isinstance(answer, TryAgain)
        elif fault == "none":
            assert isinstance(answer, Run)
        else:
            assert isinstance(answer, StoreUnavailableError if fault != "sent twice" else TryAgain)
        return fits and not self.beaten and fault != "request lost"

    # The rules ----------------------------------------------------------------------------------------------------

    @rule(fault=FAULTS)
    def a_worker_claims(self, fault: Fault) -> None:
        self.claim(fault)

    @precondition(lambda self: self.known and self.known.state in FINAL)
    @rule()
    def an_object_that_came_back_is_claimed_again(self) -> None:
        self.claim(again=True)

    @precondition(lambda self: self.claims)
    @rule(which=WHICH, fault=FAULTS)
    def a_worker_beats(self, which: int, fault: Fault) -> None:
        self.renew(self.pick(which), fault)

    @precondition(lambda self: self.claims)
    @rule(which=WHICH, outcome=OUTCOMES, retry_in=st.integers(0, 20), fault=FAULTS)
    def a_worker_finishes(self, which: int, outcome: State, retry_in: int, fault: Fault) -> None:
        self.finish(self.pick(which), outcome, retry_in, fault)

    @precondition(lambda self: self.claims)
    @rule(which=WHICH, fault=FAULTS)
    def the_supervisor_sees_a_worker_die(self, which: int, fault: Fault) -> None:
        self.lose(self.pick(which).run.holder, fault)

    @precondition(lambda self: self.known)
    @rule(fault=FAULTS)
    def a_person_reopens(self, fault: Fault) -> None:
        self.reopen(fault)

    @rule(seconds=st.sampled_from([0.5, 3.0, LEASE + 0.5, LEASE + 1, LEASE * 2]))
    def time_passes(self, seconds: float) -> None:
        self.store.now += seconds

    @precondition(lambda self: self.known and self.claims)
    @rule(slow=st.sampled_from(["claim", "lose", "reopen"]), quick=ACTS, which=WHICH, other=WHICH, outcome=OUTCOMES)
    def one_is_quicker_than_another(self, slow: str, quick: str, which: int, other: int, outcome: State) -> None:
        """Let the quick one act between what the slow one has read and its write."""
        first, second = self.pick(which), self.pick(other)

        def meanwhile() -> None:
            writes = self.store.writes
            self.act(quick, second, outcome)
            self.beaten = self.store.writes > writes

        self.store.meanwhile = meanwhile
        self.act(slow, first, outcome)
        self.store.meanwhile, self.beaten = None, False

    def act(self, name: str, claim: Claim, outcome: State) -> None:
        match name:
            case "claim":
                self.claim()
            case "renew":
                self.renew(claim)
            case "finish":
                self.finish(claim, outcome, 5)
            case "lose":
                self.lose(claim.run.holder)
            case "reopen":
                self.reopen()

    # What always holds --------------------------------------------------------------------------------------------

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        LedgerMachine.steps += 1
        found = self.ledger.find(self.fresh.name)
        if self.known is None:
            assert found is None
            return
        assert found is not None
        reasons = tuple(failure.reason for failure in found.failures)
        before = found.before.state if found.before else None
        assert self.known == Known(
            found.state, found.attempt, found.holder, reasons, found.retry_in, len(found.reopened), before
        )
        _, stat = self.ledger._read(found.name)
        due = LEASE if found.state == "running" else found.retry_in * 1.5
        assert self.ledger.is_stale(found, stat) == (found.state not in FINAL and self.age() > due + STALE)

    @invariant()
    def at_most_one_worker_holds_the_run(self) -> None:
        assert sum(self.holds(claim) for claim in self.claims) <= 1

    def teardown(self) -> None:
        there = self.ledger.runs(self.function)
        assert len(there) == (self.known is not None)


def test_no_order_of_workers_faults_and_people_breaks_the_ledger(given: Configuration) -> None:
    LedgerMachine.given, LedgerMachine.steps = given, 0
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(LedgerMachine, settings=chosen)

    assert LedgerMachine.steps >= 2000
