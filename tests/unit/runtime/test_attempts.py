import logging
from datetime import UTC, datetime

import pytest

from functions.runtime.attempts import Attempt, Watchers, outcome_of
from functions.runtime.endings import Verdict
from functions.runtime.runs import Run, State, StoredObject
from tests.attempts import Noting


def run(state: State) -> Run:
    return Run(state=state, id="0" * 64, function="copy", input=StoredObject(bucket="photos", key="in/a", etag="1"))


def test_each_stage_ends_where_the_next_one_begins() -> None:
    attempt = Attempt()
    for stage in ("claim", "fetch", "wait", "fetch"):
        attempt.enter(stage)
    attempt.ended(Verdict("done", run=run("committed")), "committed")

    stages = attempt.stages

    assert [stage.name for stage in stages] == ["claim", "fetch", "wait", "fetch"]
    assert [stage.end for stage in stages[:-1]] == [stage.begin for stage in stages[1:]]
    assert attempt.seconds("fetch") == pytest.approx(stages[1].seconds + stages[3].seconds, abs=1e-6)
    assert attempt.seconds("publish") == 0


def test_a_watcher_that_fails_is_logged_and_the_next_one_is_told_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Noting):
        def saw(self, attempt: Attempt) -> None:
            raise RuntimeError("nobody foresaw this")

    noting = Noting()
    queued = datetime(2026, 11, 23, tzinfo=UTC)
    with caplog.at_level(logging.ERROR), Watchers((Broken(), noting)).watching(queued) as attempt:
        pass

    assert noting.attempts == [attempt]
    assert attempt.queued == queued
    assert "nobody foresaw this" in caplog.text


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict("done", run=run("committed")), "committed"),
        (Verdict("done", run=run("superseded")), "superseded"),
        (Verdict("done", "the earlier results stay", run=run("running")), "kept"),
        (Verdict("dead", run=run("failed")), "failed"),
        (Verdict("dead", "lies below no input", run=run("running")), "failed"),
        (Verdict("retry", run=run("retrying")), "retrying"),
        (Verdict("wait", run=run("retrying")), "waiting"),
        (Verdict("retry", "the store is away", run=run("running")), "unsaved"),
        (Verdict("retry", "the store is away"), "unsaved"),
    ],
)
def test_what_became_of_an_attempt_is_told_by_its_verdict_and_its_run(verdict: Verdict, outcome: str) -> None:
    assert outcome_of(verdict) == outcome
