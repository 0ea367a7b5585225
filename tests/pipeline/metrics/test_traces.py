"""Traces as a collector gets them, over two functions and their workers."""

import pytest

from functions.runtime.tracing import identifiers
from tests.collector import Collector, Told
from tests.pipeline.metrics.conftest import Measured
from tests.waiting import eventually

pytestmark = pytest.mark.services


def told_of(collector: Collector, trace: str) -> list[Told]:
    """Give the spans of a trace, each once: a worker sends again what it does not know to have arrived."""
    return list({span.id: span for span in [*collector.spans] if span.trace == trace}.values())


def test_one_trace_leads_from_the_upload_to_the_last_result_over_both_functions(
    plane: Measured, collector: Collector
) -> None:
    first = plane.write("first", "photos", "in/traced.txt", b"traced")
    (run,) = plane.ended(first)
    eventually(lambda: len(told_of(collector, run.trace)) >= 9)

    told = told_of(collector, run.trace)
    others = {span.name: span for span in told if span.service == "first"}
    spans = {span.name: span for span in told if span.service == "second"}
    assert len(told) == 9
    assert set(others) == {"upload", "first", "fetch", "run", "publish"}
    assert set(spans) == {"second", "fetch", "run", "publish"}
    assert (others["upload"].parent, others["first"].parent) == ("", others["upload"].id)
    assert spans["second"].parent == others["first"].id == f"{identifiers.run_span(run.name):016x}"
    for name, found in (("first", others), ("second", spans)):
        assert {found[stage].parent for stage in ("fetch", "run", "publish")} == {found[name].id}
        assert found["fetch"].begin < found["run"].begin < found["publish"].begin
        assert found["publish"].end <= found[name].end
    assert others["first"].attributes["noria.key"] == "in/traced.txt"
    assert others["upload"].begin <= others["first"].begin < spans["second"].begin


def test_a_run_that_fails_is_red_in_its_trace_and_says_why(plane: Measured, collector: Collector) -> None:
    (run,) = plane.ended(plane.write("first", "photos", "in/red.txt", b"raise"))
    eventually(lambda: any(span.name == "first" for span in told_of(collector, run.trace)))

    told = told_of(collector, run.trace)
    (whole,) = (span for span in told if span.name == "first")
    attempts = [span for span in told if span.name == "attempt"]

    assert (whole.status, whole.events) == (2, ["exception", "exception"])
    assert "nobody foresaw this" in whole.message
    assert [span.attributes["noria.outcome"] for span in attempts] == ["retrying", "failed"]
    assert len({span.id for span in attempts}) == 2
