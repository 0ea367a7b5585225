"""Endings: how an attempt at a run ends, and what its host does with the event then."""

import logging
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from events import ObjectCreated
from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.dead_letters import DeadLetters
from functions.runtime.errors import AccessDeniedError, FunctionError, NotYetError
from functions.runtime.ledger import Claim, LeaseLostError, Ledger
from functions.runtime.publication import Publisher
from functions.runtime.runs import FINAL, WORKER_LOST, Failure, Run, StoredObject
from functions.runtime.secrets import Secrets

log = logging.getLogger("noria.runtime")
LOSSES = 5
"""Times as many workers may be lost around a run, for whatever reason, as it has attempts."""


def is_suspect(run: Run) -> bool:
    """Tell whether a worker was lost while the run's handler ran; it runs alone then, so that no other is blamed."""
    return any(failure.suspect for failure in run.failures)


@dataclass(frozen=True)
class Verdict:
    """What a host does with the event: ``done`` and ``dead`` end it, ``retry`` and ``wait`` ask for it again.

    ``wait`` is not an attempt: somebody else is at it. ``delay`` is in seconds.
    """

    kind: Literal["done", "dead", "retry", "wait"]
    reason: str = ""
    delay: float = 0
    run: Run | None = None


@dataclass(frozen=True)
class Endings:
    """Writes the last word of an attempt; each raises ``LeaseLostError`` when it is not this worker's to say."""

    service: Service
    ledger: Ledger
    publisher: Publisher
    dead_letters: DeadLetters
    configuration: Configuration

    def is_worn_out(self, run: Run) -> bool:
        """Tell whether a run has taken its workers down with it too often, before or while its handler ran."""
        most = len(self.configuration.backoff) + 1
        lost = sum(failure.error == WORKER_LOST for failure in run.failures)
        return bool(lost) and (run.attempt > most or lost > LOSSES * most)

    def committed(self, event: ObjectCreated, claim: Claim, record: Run) -> Verdict:
        """Write the commit record; the dead letter of a run that a person has sent round again goes."""
        self._clear(event, claim, record.outputs)
        self._withdraw(claim)
        return self._finish(claim, record.model_copy(update={"state": "committed", "before": None}), "committed")

    def superseded(self, event: ObjectCreated, claim: Claim, error: FunctionError) -> Verdict:
        """Leave the object to the event of its newer version."""
        failure = self.failure(error, claim)
        if claim.run.before and self.publisher.is_whole(claim.run.before):
            return self._as_before(event, claim, claim.run.before, failure)
        _note_failure(claim, failure)
        self._clear(event, claim, ())
        self._withdraw(claim)
        return self._finish(claim, claim.run.model_copy(update={"state": "superseded"}), error.message)

    def dead(self, event: ObjectCreated, claim: Claim, error: FunctionError) -> Verdict:
        """Write the dead letter; results of an earlier run that a person has sent round again stay."""
        failure = self.failure(error, claim)
        self.ledger.renew(claim)  # no letter from a worker whose run somebody else has taken over
        if claim.run.before and (_is_gone_on_from(claim.run.before) or self.publisher.is_whole(claim.run.before)):
            return self._as_before(event, claim, claim.run.before, failure)
        _note_failure(claim, failure)
        self._clear(event, claim, ())
        place = self.dead_letters.write(event, claim.run, failure)
        failed = claim.run.model_copy(update={"state": "failed", "outputs": (place,)})
        return replace(self._finish(claim, failed, failure.reason), kind="dead")

    def again(self, event: ObjectCreated, claim: Claim, error: FunctionError, delay: float | None) -> Verdict:
        """Try again after ``delay`` seconds, or the backoff's with jitter; dead when all attempts are used up."""
        if claim.run.attempt > len(self.configuration.backoff) and not claim.run.advanced:
            return self.dead(event, claim, error)
        if delay is None:
            steps = self.configuration.backoff or (1.0,)
            step = steps[min(claim.run.attempt, len(steps)) - 1]
            delay = step * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        _note_failure(claim, self.failure(error, claim))
        attempt = claim.run.attempt - (1 if claim.run.advanced else 0)
        update = {"state": "retrying", "attempt": attempt, "advanced": False, "retry_in": delay * 0.9}
        retrying = claim.run.model_copy(update=update)
        self.ledger.finish(claim, retrying)
        return Verdict("retry", error.message, delay=delay, run=retrying)

    def not_yet(self, event: ObjectCreated, claim: Claim, error: NotYetError) -> Verdict:
        """Give the claim back as if this attempt had not been; but nobody is waited for without end."""
        waited = claim.run.waited
        longest = 2 * sum(self.configuration.backoff) + 10 * self.configuration.ack_wait
        if waited > max(longest, error.patience or 0):
            return self.again(event, claim, error, None)
        delay = max(error.delay or 1, min(waited / 4, 30))
        update = {
            "state": "retrying",
            "attempt": claim.run.attempt - 1,
            "waiting_since": claim.run.waiting_since or datetime.now(UTC),
            "waiting_for": Secrets.of(self.service).scrubbed(error.message),
            "retry_in": delay * 0.9,
        }
        waiting = claim.run.model_copy(update=update)
        self.ledger.finish(claim, waiting)
        return Verdict("wait", error.message, delay=delay, run=waiting)

    def failure(self, error: FunctionError, claim: Claim) -> Failure:
        """Describe what went wrong; a handler's own secrets may be in its message."""
        scrubbed = Secrets.of(self.service).scrubbed
        return Failure(
            reason=scrubbed(error.message),
            hint=scrubbed(error.hint),
            error=type(error).__name__,
            attempt=claim.run.attempt,
            left=claim.uploading,
            holder=claim.run.holder,
        )

    def late(self, event: ObjectCreated, claim: Claim) -> None:
        """Sweep up after this worker itself, which was asleep while another one ended its run."""
        with suppress(FunctionError):
            run = self.ledger.find(claim.run.name) if claim.uploading else None
            if run is not None and run.state in FINAL:
                late = self.failure(LeaseLostError("late"), claim)
                update = {"planned": claim.run.planned, "failures": (late,), "holder": claim.run.holder}
                self.publisher.clear(event, run.model_copy(update=update), run.outputs)

    def _clear(self, event: ObjectCreated, claim: Claim, keep: tuple[StoredObject, ...]) -> None:
        """Sweep up after attempts that ended in the middle, before the run's last word is written."""
        if claim.run.before or any(failure.left for failure in claim.run.failures):
            self.ledger.renew(claim)
            try:
                self.publisher.clear(event, claim.run, keep)
            except AccessDeniedError as error:  # keys of a person's own making: the event comes to its end all the same
                log.warning("not swept", extra={"run": claim.run.name, "reason": error.message})

    def _withdraw(self, claim: Claim) -> None:
        """Take the letter back of a run that a person has sent round again, if nobody has yet."""
        if claim.run.before and claim.run.before.state == "failed":
            self.dead_letters.withdraw(claim.run.before.outputs)

    def _as_before(self, event: ObjectCreated, claim: Claim, before: Run, failure: Failure) -> Verdict:
        """Put the commit record back that this attempt, asked for by a person, was to replace."""
        _note_failure(claim, failure)
        self._clear(event, claim, before.outputs)
        update = {"failures": claim.run.failures, "reopened": claim.run.reopened}
        tried = claim.run  # which is no commit of its own, for whoever counts
        self.ledger.finish(claim, before.model_copy(update=update))
        return Verdict("done", f"the earlier results stay: {failure.reason}", run=tried)

    def _finish(self, claim: Claim, run: Run, reason: str) -> Verdict:
        run = run.model_copy(
            update={"beat": 0, "planned": (), "progress": {}, "waiting_for": "", "finished": datetime.now(UTC)}
        )
        self.ledger.finish(claim, run)
        return Verdict("done", reason, run=run)


def _is_gone_on_from(run: Run) -> bool:
    """Tell whether the run is one of a series: those after it may have replaced results of it, and need others."""
    return run.state == "committed" and bool(run.follows)


def _note_failure(claim: Claim, failure: Failure) -> None:
    claim.note(failures=(*claim.run.failures, failure))
