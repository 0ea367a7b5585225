"""Reception: a host's raw document in, one verdict for all of it out."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from events import NotAnEvent, ObjectCreated, wire
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.errors import FunctionError
from functions.runtime.publication import watched

log = logging.getLogger("noria.runtime")


def receive(
    engine: Engine,
    document: bytes | Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    queued: datetime | None = None,
    shared: Collection[str] = (),
) -> Verdict:
    """Process every event of ``document``; what cannot be read becomes a dead letter of its own.

    An object that lies below no input of the service is one too, but for those in the buckets ``shared``: where a host
    hears of all that is created in a bucket, most of it may be none of the function's business.

    The verdict is the most patient one: the document is asked for again while any of its events is not at its end.
    Those that are at theirs cost one look at the ledger then.
    """
    try:
        told = wire.announcement(document, headers=headers)
        events, problems = told.events, told.problems
    except NotAnEvent as error:
        events, problems = (), (error,)
    verdicts = [_bury(engine, document, problem) for problem in problems]
    ours = (each for each in events if each.bucket not in shared or watched(engine.service, each))
    verdicts += [_process(engine, event, queued) for event in ours]
    for verdict in verdicts:
        _report(verdict)
    unfinished = [verdict for verdict in verdicts if verdict.kind in {"retry", "wait"}]
    return max(unfinished, key=lambda each: each.delay) if unfinished else _last(verdicts)


def _process(engine: Engine, event: ObjectCreated, queued: datetime | None) -> Verdict:
    try:
        return engine.process(event, queued=queued)
    except Exception as error:  # our own fault, and never a reason to lose an event
        log.exception("unforeseen", extra={"bucket": event.bucket, "key": event.key})
        return Verdict("retry", f"{type(error).__name__}: {error}"[:500], delay=30)


def _last(verdicts: list[Verdict]) -> Verdict:
    dead = [verdict for verdict in verdicts if verdict.kind == "dead"]
    return (dead or verdicts or [Verdict("done", "nothing was created below an input")])[-1]


def _bury(engine: Engine, document: bytes | Mapping[str, Any], problem: NotAnEvent) -> Verdict:
    payload = document if isinstance(document, bytes) else repr(document).encode()
    with engine.watchers.watching(None) as attempt:
        try:
            engine.dead_letters.write_unreadable(payload, problem.message, problem.hint)
        except FunctionError as error:
            return attempt.ended(Verdict("retry", error.message, delay=1), "unsaved")
        return attempt.ended(Verdict("dead", problem.message), "failed")


def _report(verdict: Verdict) -> None:
    extra: dict[str, object] = {"verdict": verdict.kind, "reason": verdict.reason, "delay": round(verdict.delay, 3)}
    if verdict.run:
        run = verdict.run
        extra |= {
            "run": run.name,
            "attempt": run.attempt,
            "trace": run.trace,
            "bucket": run.input.bucket,
            "key": run.input.key,
        }
    log.log(logging.WARNING if verdict.kind in {"dead", "retry"} else logging.INFO, "answered", extra=extra)
