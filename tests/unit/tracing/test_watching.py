import logging
import socket
import threading

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision

from functions.runtime.attempts import Attempt, Watchers
from functions.runtime.endings import Verdict
from functions.runtime.settings import SettingsError
from functions.runtime.tracing import identifiers, watching
from functions.runtime.tracing.watching import Seldom, TracingWatcher, sampler_of
from tests.collector import collecting
from tests.unit.tracing.test_spans import run


def attempt() -> Attempt:
    made = Attempt()
    made.enter("run")
    made.ended(Verdict("done", run=run()), "committed")
    return made


def test_what_is_left_is_sent_when_the_worker_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 60.0)
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        watcher = TracingWatcher.of("copy", "worker-copy-0", {})
        watcher.saw(attempt())
        watcher.close()

    assert {span.name for span in collector.spans} == {"upload", "copy", "run"}
    assert {span.service for span in collector.spans} == {"copy"}


def test_what_is_there_is_sent_before_the_worker_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        watcher = TracingWatcher.of("copy", "worker-copy-0", {})
        watcher.saw(attempt())
        Watchers((watcher,)).flush(30)
        sent = {span.name for span in collector.spans}
        watcher.close()

    assert sent == {"upload", "copy", "run"}


def test_a_collector_that_has_not_answered_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        watcher = TracingWatcher.of("copy", "worker-copy-0", {})
        watcher.saw(attempt())
        before = set(threading.enumerate())

        for _ in range(3):
            watcher.flush(0.01)

        assert len(set(threading.enumerate()) - before) == 1


def test_a_collector_that_never_answers_costs_the_worker_a_line_in_its_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        watcher = TracingWatcher.of("copy", "worker-copy-0", {})

        for _ in range(5000):  # more than the queue holds
            watcher.saw(attempt())
        watcher.close()

    assert caplog.text.count("Queue full") == 1


def test_a_share_of_traces_is_the_same_traces_on_every_host() -> None:
    given = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    traces = [identifiers.trace_id(run(trace=f"upload {number}")) for number in range(2000)]

    taken = [[sampler_of(given).should_sample(None, each, "").decision for each in traces] for _ in range(2)]

    assert taken[0] == taken[1]
    assert 400 < sum(each is Decision.RECORD_AND_SAMPLE for each in taken[0]) < 600


def test_a_variable_that_is_set_and_empty_is_not_set() -> None:
    empty = {"OTEL_TRACES_SAMPLER": "", "OTEL_TRACES_SAMPLER_ARG": ""}

    assert sampler_of(empty) is ALWAYS_ON
    assert "{1.0}" in sampler_of(empty | {"OTEL_TRACES_SAMPLER": "traceidratio"}).get_description()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OTEL_TRACES_SAMPLER": "jaeger_remote"}, "OTEL_TRACES_SAMPLER names 'jaeger_remote'"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "all"}, "OTEL_TRACES_SAMPLER_ARG"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"}, "OTEL_TRACES_SAMPLER_ARG"),
    ],
)
def test_a_sampler_that_there_is_not_is_refused_by_its_name(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        sampler_of(environ)


def test_a_queue_that_is_smaller_than_what_is_sent_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")

    with pytest.raises(SettingsError, match="OTEL_BSP"):
        TracingWatcher.of("copy", "worker-copy-0", {})


def test_a_lost_collector_is_complained_of_now_and_then_and_others_as_ever() -> None:
    seldom = Seldom("opentelemetry.exporter")

    def passes(name: str, message: str) -> bool:
        return seldom.filter(logging.makeLogRecord({"name": name, "msg": message}))

    assert [passes("opentelemetry.exporter.otlp", "lost") for _ in range(3)] == [True, False, False]
    assert passes("opentelemetry.exporter.otlp", "lost otherwise")
    assert [passes("noria.runtime", "answered") for _ in range(2)] == [True, True]
