from datetime import UTC, datetime

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from events import ObjectCreated
from functions.runtime.attempts import Attempt, Outcome
from functions.runtime.endings import Verdict
from functions.runtime.lineage import Lineage
from functions.runtime.runs import Failure, Run, StoredObject
from functions.runtime.tracing import identifiers, is_wanted
from functions.runtime.tracing.spans import spans_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INPUT = StoredObject(bucket="photos", key="in/a", etag="1")


def run(**known: object) -> Run:
    plain = Run(state="committed", id="0" * 64, function="copy", input=INPUT, queued=NOW, holder="me", trace="a" * 32)
    return plain.model_copy(update=known)


def told(of: Run, outcome: Outcome = "committed", kind: str = "done") -> dict[str, Span]:
    """Give the spans of an attempt by their names."""
    attempt = Attempt(NOW, began=NOW.timestamp() + 1)
    for stage in ("claim", "fetch", "wait", "run", "publish", "commit"):
        attempt.enter(stage)
    attempt.ended(Verdict(kind, "because", run=of), outcome)  # type: ignore[arg-type]
    spans = list(spans_of(attempt))
    assert len({span.span_id for span in spans}) == len(spans)
    return {span.name: span for span in spans}


def test_the_first_run_after_an_upload_hangs_below_the_upload_and_its_stages_below_itself() -> None:
    spans = told(run())

    assert set(spans) == {"upload", "copy", "fetch", "run", "publish"}
    above = {name: span.parent_span_id for name, span in spans.items()}
    assert above == {
        "upload": b"",
        "copy": spans["upload"].span_id,
        **dict.fromkeys(("fetch", "run", "publish"), spans["copy"].span_id),
    }
    assert spans["copy"].start_time_unix_nano == int(NOW.timestamp() * 1e9)
    assert {span.trace_id.hex() for span in spans.values()} == {"a" * 32}


def test_a_result_says_by_its_metadata_alone_which_span_made_it() -> None:
    first = told(run())
    metadata = Lineage("a" * 32).of_outputs(run().name, "me")
    event = ObjectCreated(bucket="between", key="out/a", etag="2")
    lineage = Lineage.of(event, metadata)

    second = told(run(function="next", id="1" * 64, trace=lineage.trace, parent=lineage.parent))

    assert "upload" not in second
    assert second["next"].parent_span_id == first["copy"].span_id


def test_attempts_of_one_run_are_told_apart_and_only_the_last_tells_of_the_run() -> None:
    failure = Failure(reason="the store is away", error="TryAgain", at=NOW)

    first = told(run(state="retrying", holder="one", failures=(failure,)), "retrying", "retry")
    last = told(run(attempt=2, holder="two", failures=(failure,)))

    assert "copy" not in first
    for spans in (first, last):
        assert spans["run"].parent_span_id == spans["attempt"].span_id
    assert last["attempt"].parent_span_id == last["copy"].span_id
    assert first["attempt"].span_id != last["attempt"].span_id
    assert first["attempt"].status.code == Status.STATUS_CODE_ERROR
    assert first["attempt"].status.message == "because"
    assert last["copy"].status.code == Status.STATUS_CODE_OK
    (event,) = last["copy"].events
    assert {each.key: each.value.string_value for each in event.attributes}["exception.message"] == "the store is away"


def test_what_the_protocol_cannot_hold_of_a_name_is_a_question_mark() -> None:
    (about,) = [
        each
        for each in told(run(input=INPUT.model_copy(update={"key": "in/\udcff"})))["copy"].attributes
        if each.key == "noria.key"
    ]

    assert about.value.string_value == "in/?"


def test_a_run_that_a_person_sends_round_again_has_a_span_of_its_own() -> None:
    assert told(run())["copy"].span_id != told(run(reopened=(NOW,)))["copy"].span_id


@pytest.mark.parametrize(
    ("outcome", "kind"), [("held", "done"), ("waiting", "wait"), ("unsaved", "retry"), ("kept", "done")]
)
def test_deliveries_that_nothing_was_done_for_are_not_told_of(outcome: Outcome, kind: str) -> None:
    assert told(run(state="running"), outcome, kind) == {}


@pytest.mark.parametrize("trace", ["0" * 32, "A" * 32, "not hex", "", "f" * 31, "\udcff"])
def test_what_an_uploader_wrote_that_is_no_trace_is_made_one_the_same_each_time(trace: str) -> None:
    found = identifiers.trace_id(run(trace=trace))

    assert 0 < found < 2**128
    assert found == identifiers.trace_id(run(trace=trace))


def test_a_run_that_ended_before_its_object_was_read_is_in_the_trace_that_the_object_would_have_begun() -> None:
    event = ObjectCreated(bucket=INPUT.bucket, key=INPUT.key, etag=INPUT.etag)

    assert f"{identifiers.trace_id(run(trace='')):032x}" == Lineage.of(event, {}).trace


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_sent_where_opentelemetrys_own_variables_say_so(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) is wanted
