"""What whoever watches an engine is told of each delivery, on a real store."""

import urllib.request

import pytest

from functions.runtime.assembly import watchers_of
from functions.runtime.attempts import Watchers
from functions.runtime.configuration import Configuration
from functions.runtime.metrics.accounts import Accounts
from functions.runtime.metrics.definitions import INPUT
from functions.runtime.reception import receive
from local.ports import free_port
from tests.attempts import Noting
from tests.handlers import MISBEHAVIOURS
from tests.pipeline.runtime.conftest import Bench, record
from tests.waiting import eventually


@pytest.fixture
def noting(bench: Bench) -> Noting:
    watcher = Noting()
    bench.engine.watchers = Watchers((watcher,))
    return watcher


def test_a_record_tells_where_the_time_of_its_run_went(bench: Bench, noting: Noting) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"hello"))

    run = record(bench, verdict)
    (attempt,) = noting.attempts
    assert [stage.name for stage in attempt.stages] == ["claim", "fetch", "wait", "run", "publish", "commit"]
    assert (attempt.outcome, attempt.verdict) == ("committed", verdict)
    assert run.fetch_seconds == attempt.seconds("fetch") > 0
    assert run.publish_seconds == attempt.seconds("publish") > 0
    assert run.handler_seconds <= attempt.seconds("run")
    assert run.finished
    assert run.started
    parts = run.fetch_seconds + run.wait_seconds + run.handler_seconds + run.publish_seconds
    assert parts <= (run.finished - run.started).total_seconds() + 0.001


@pytest.mark.parametrize(
    ("content", "outcome", "last"), [(b"reject", "failed", "run"), (b"try again", "retrying", "run")]
)
def test_of_an_attempt_that_the_handler_refuses_the_later_stages_are_missing(
    bench: Bench, noting: Noting, content: bytes, outcome: str, last: str
) -> None:
    bench.engine.process(bench.put("a.txt", content))

    (attempt,) = noting.attempts
    assert attempt.outcome == outcome
    assert attempt.stages[-1].name == last


def test_an_event_that_was_at_its_end_before_is_no_run_of_its_own(bench: Bench, noting: Noting) -> None:
    event = bench.put("a.txt", b"hello")

    for _ in range(2):
        bench.engine.process(event)

    assert [attempt.outcome for attempt in noting.attempts] == ["committed", "held"]
    assert [stage.name for stage in noting.attempts[1].stages] == ["claim"]


def test_a_run_sent_round_again_in_vain_is_no_second_commit(
    bench: Bench, noting: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bench.put("a.txt", b"pair")
    first = record(bench, bench.engine.process(event))
    monkeypatch.setitem(MISBEHAVIOURS, b"pair", MISBEHAVIOURS[b"reject"])
    bench.engine.ledger.reopen(first.name)

    again = bench.engine.process(event)

    assert (again.kind, record(bench, again).outputs) == ("done", first.outputs)
    assert [attempt.outcome for attempt in noting.attempts] == ["committed", "kept"]
    accounts = Accounts("copy", "worker-copy-0", list)
    for attempt in noting.attempts:
        accounts.saw(attempt)
    counted = [line.split()[-1] for line in accounts.text().splitlines() if line.startswith(INPUT.name)]
    assert counted == [str(float(first.input.size))]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OTEL_TRACES_SAMPLER": "xray"}, "names 'xray'"),
        ({"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5000"}, "OTEL_BSP_"),
        ({"OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "aws"}, "'aws' not found"),
    ],
)
def test_what_opentelemetry_is_told_for_others_costs_the_traces_and_no_event(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environ: dict[str, str],
    said: str,
) -> None:
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    bench.engine.watchers = watchers_of(bench.engine, Configuration(), environ)
    verdict = bench.engine.process(bench.put("a.txt", b"hello"))

    assert (verdict.kind, len(bench.engine.watchers.all)) == ("done", 0)
    (warning,) = [each for each in caplog.records if each.message == "no traces"]
    assert said in warning.__dict__["reason"]


def test_a_message_that_is_no_event_is_counted_as_the_dead_letter_that_it_becomes(bench: Bench, noting: Noting) -> None:
    receive(bench.engine, b"no event")

    assert [attempt.outcome for attempt in noting.attempts] == ["failed"]


def test_a_worker_without_a_plane_shows_its_metrics_where_it_is_told_to(bench: Bench) -> None:
    address = f"127.0.0.1:{free_port()}"
    bench.engine.watchers = watchers_of(bench.engine, Configuration(metrics=address), {})

    bench.engine.process(bench.put("a.txt", b"hello"))

    def text() -> str:
        try:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:  # not listening yet
            return ""

    eventually(lambda: 'outcome="committed"' in text())
    assert "process_cpu_seconds_total" in text()
