"""Spans: what one attempt at a run looks like in a trace.

``upload`` > ``<function>`` (a run, from broker to end) > ``attempt`` > ``fetch``, ``run``, ``publish``. The first two
are told of once, by the worker that ends the run; each attempt by its own worker, but not where there was only one:
then its stages lie below the run.

They are made as messages of the protocol (opentelemetry-proto 1.x, ``trace.proto``) at once: through OpenTelemetry's
own spans each took five times as long.
"""

from collections.abc import Iterator, Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags, Status

from functions.runtime.attempts import Attempt
from functions.runtime.runs import FINAL, Failure, Run
from functions.runtime.tracing import identifiers

FLAGS = 0x01 | SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK | SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
"""Sampled, and known to come from another process."""
OK, UNSET = Status(code=Status.STATUS_CODE_OK), Status()
STAGES = frozenset({"fetch", "run", "publish"})
UNTOLD = frozenset({"held", "waiting", "unsaved", "kept"})
"""Outcomes of deliveries that nothing was done for: of a run that waits there may be hundreds."""
Attributes = Mapping[str, str | int]


def spans_of(attempt: Attempt) -> Iterator[Span]:
    """Give the spans of an attempt that has ended, the outermost last."""
    run = attempt.run
    if run is None or attempt.outcome in UNTOLD:
        return
    trace = identifiers.trace_id(run)
    whole = identifiers.run_span(run.name, reopened=len(run.reopened))
    has_ended = run.state in FINAL or attempt.outcome == "failed"
    is_only = has_ended and run.attempt == 1
    own = whole if is_only else identifiers.attempt_span(run)
    for name, begin, end in attempt.stages:
        if name in STAGES:
            times = attempt.began + begin, attempt.began + end
            yield _span(name, trace, identifiers.stage_span(own, name), own, times)
    if not is_only:
        yield _attempt(trace, own, whole, attempt, run)
    if has_ended:
        yield from _run(trace, whole, attempt, run)


def _attempt(trace: int, own: int, parent: int, attempt: Attempt, run: Run) -> Span:
    told: dict[str, str | int] = {"noria.attempt": run.attempt, "noria.outcome": attempt.outcome}
    if attempt.verdict:
        told["noria.verdict"] = attempt.verdict.kind
    span = _span("attempt", trace, own, parent, (attempt.began, attempt.ended_at), attributes=told)
    span.status.CopyFrom(_status(attempt))
    return span


def _run(trace: int, own: int, attempt: Attempt, run: Run) -> Iterator[Span]:
    queued = run.queued.timestamp() if run.queued else attempt.began
    begin = min(run.reopened[-1].timestamp() if run.reopened else queued, attempt.began)
    parent = identifiers.run_span(run.parent) if run.parent else identifiers.upload_span(trace)
    times = begin, attempt.ended_at
    span = _span(run.function, trace, own, parent, times, kind=Span.SPAN_KIND_CONSUMER, attributes=_about(run))
    span.status.CopyFrom(_status(attempt))
    span.events.extend(_failed(failure) for failure in run.failures)
    yield span
    if not run.parent:
        where = {"noria.bucket": run.input.bucket, "noria.key": run.input.key}
        # From each function that the upload is for: the same span, however often it is told of.
        times = queued, queued
        yield _span("upload", trace, parent, None, times, kind=Span.SPAN_KIND_PRODUCER, attributes=where)


def _span(
    name: str,
    trace: int,
    own: int,
    parent: int | None,
    times: tuple[float, float],
    *,
    kind: Span.SpanKind.ValueType = Span.SPAN_KIND_INTERNAL,
    attributes: Attributes | None = None,
) -> Span:
    return Span(
        name=_text(name),
        trace_id=trace.to_bytes(16, "big"),
        span_id=own.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        kind=kind,
        start_time_unix_nano=int(times[0] * 1e9),
        end_time_unix_nano=int(max(times) * 1e9),
        attributes=_pairs(attributes) if attributes else (),
        flags=FLAGS if parent else FLAGS & ~SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK,
    )


def _pairs(attributes: Attributes) -> Sequence[KeyValue]:
    return [
        KeyValue(
            key=name,
            value=AnyValue(string_value=_text(value)) if isinstance(value, str) else AnyValue(int_value=value),
        )
        for name, value in attributes.items()
    ]


def _text(text: str) -> str:
    """Give what the protocol can hold: half a surrogate pair, as names of objects may have, is a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _about(run: Run) -> Attributes:
    told: dict[str, str | int] = {
        "noria.run": run.name,
        "noria.state": run.state,
        "noria.bucket": run.input.bucket,
        "noria.key": run.input.key,
    }
    if run.attempt > 1:
        told["noria.attempt"] = run.attempt
    if run.resource:
        told["noria.resource"] = run.resource
    return told


def _status(attempt: Attempt) -> Status:
    if attempt.outcome == "committed":
        return OK
    if attempt.outcome == "superseded" or attempt.verdict is None:
        return UNSET
    return Status(code=Status.STATUS_CODE_ERROR, message=_text(attempt.verdict.reason))


def _failed(failure: Failure) -> Span.Event:
    told = {"exception.type": failure.error, "exception.message": failure.reason}
    return Span.Event(name="exception", attributes=_pairs(told), time_unix_nano=int(failure.at.timestamp() * 1e9))
