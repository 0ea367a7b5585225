from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from functions.runtime.attempts import Attempt, Outcome
from functions.runtime.endings import Verdict
from functions.runtime.metrics.accounts import MOST_NAMES, Accounts
from functions.runtime.runs import WORKER_LOST, Failure, Run, StoredObject

Kind = Literal["done", "dead", "retry", "wait"]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def run(**known: object) -> Run:
    of_one = StoredObject(bucket="photos", key="in/a", etag="1", size=70)
    made = StoredObject(bucket="photos", key="out/a", etag="2", size=5)
    plain = Run(state="committed", id="0" * 64, function="copy", input=of_one, outputs=(made, made), queued=NOW)
    return plain.model_copy(update=known)


def attempt(verdict: Verdict, outcome: Outcome, *, after: float = 0.25) -> Attempt:
    """One that began ``after`` so many seconds in the queue."""
    made = Attempt(NOW, began=(NOW + timedelta(seconds=after)).timestamp())
    for stage in ("claim", "fetch", "run"):
        made.enter(stage)
    made.ended(verdict, outcome)
    return made


def values(accounts: Accounts) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(accounts.text()):
        for sample in family.samples:
            labels = (value for name, value in sorted(sample.labels.items()) if name not in {"function", "worker"})
            found[sample.name, *labels] = sample.value
    return found


@pytest.fixture
def accounts() -> Accounts:
    return Accounts("copy", "worker-copy-0", lambda: [1.5, 4.0])


def test_a_committed_run_counts_with_its_bytes_its_times_and_what_its_handler_said(accounts: Accounts) -> None:
    committed = run(cpu_seconds=0.5, peak_memory=2**25, metrics={"masks": 3.0})

    accounts.saw(attempt(Verdict("done", run=committed), "committed"))

    found = values(accounts)
    assert found["noria_events_total", "done"] == found["noria_attempts_total", "committed"] == 1
    assert (found["noria_input_bytes_total",], found["noria_output_bytes_total",]) == (70, 10)
    assert found["noria_stage_seconds_sum", "queued"] == pytest.approx(0.25)
    assert found["noria_stage_seconds_count", "whole"] == found["noria_stage_seconds_count", "run"] == 1
    assert found["noria_handler_cpu_seconds_total",] == 0.5
    assert found["noria_handler_memory_bytes_sum",] == 2**25
    assert found["noria_reported_sum", "masks"] == found["noria_reported_last", "masks"] == 3
    assert (found["noria_in_flight",], found["noria_lease_age_seconds",]) == (2, 4)


def test_what_fails_counts_by_why_and_its_time_in_the_queue_once(accounts: Accounts) -> None:
    failures = (Failure(reason="nobody foresaw this", error="TryAgain"),)
    again = run(state="retrying", failures=failures, outputs=())

    accounts.saw(attempt(Verdict("retry", run=again), "retrying"))
    accounts.saw(attempt(Verdict("dead", run=again.model_copy(update={"state": "failed", "attempt": 2})), "failed"))

    found = values(accounts)
    assert found["noria_retries_total", "TryAgain"] == 1
    assert found["noria_dead_letters_total",] == 1
    assert found["noria_stage_seconds_count", "queued"] == 1
    assert found["noria_stage_seconds_count", "whole"] == found["noria_input_bytes_total",] == 0


@pytest.mark.parametrize(
    ("outcome", "kind", "failures", "lost"),
    [
        ("committed", "done", [WORKER_LOST, WORKER_LOST], 2),
        ("committed", "done", [WORKER_LOST, "TryAgain"], 0),  # that attempt has counted it
        ("retrying", "retry", ["TryAgain", WORKER_LOST, "TryAgain"], 1),
        ("failed", "dead", [WORKER_LOST, "Rejected"], 1),
        ("waiting", "wait", [WORKER_LOST], 0),
    ],
)
def test_workers_that_were_lost_are_counted_by_the_one_that_goes_on(
    accounts: Accounts, outcome: Outcome, kind: Kind, failures: list[str], lost: int
) -> None:
    earlier = run(failures=tuple(Failure(reason="", error=error) for error in failures))

    accounts.saw(attempt(Verdict(kind, run=earlier), outcome))

    assert values(accounts).get(("noria_retries_total", WORKER_LOST), 0) == lost


def test_a_delivery_that_another_worker_holds_is_an_event_and_nothing_else(accounts: Accounts) -> None:
    accounts.saw(attempt(Verdict("done", "already committed", run=run()), "held"))

    found = values(accounts)
    assert found["noria_events_total", "done"] == found["noria_attempts_total", "held"] == 1
    assert found["noria_stage_seconds_count", "claim"] == found["noria_output_bytes_total",] == 0


def test_a_result_that_a_person_asked_for_again_did_not_take_since_its_first_upload(accounts: Accounts) -> None:
    accounts.saw(attempt(Verdict("done", run=run(reopened=(NOW,))), "committed", after=86400))

    found = values(accounts)
    assert found["noria_stage_seconds_count", "whole"] == found["noria_stage_seconds_count", "queued"] == 0


def test_a_handler_that_makes_names_of_what_it_reads_cannot_make_more_series_than_fifty(accounts: Accounts) -> None:
    for number in range(3 * MOST_NAMES):
        accounts.saw(attempt(Verdict("done", run=run(metrics={f"of {number}": 1.0})), "committed"))

    found = values(accounts)
    names = [name for metric, *labels in found if metric == "noria_reported_count" for name in labels]
    assert len(names) == MOST_NAMES + 1
    assert found["noria_reported_count", "other"] == 2 * MOST_NAMES


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a"b\\c{}', 'a"b\\c{}'),
        ("größe in µm", "größe in µm"),
        ("two\nlines\rthree", "two_lines_three"),  # a file is read with each of them as a line's end
        ("half of \ud83d", "half of _"),  # as JSON may have it; UTF-8 has not
    ],
)
def test_whatever_a_handler_calls_a_metric_it_stays_one_label(accounts: Accounts, name: str, shown: str) -> None:
    accounts.saw(attempt(Verdict("done", run=run(metrics={name: 1.0})), "committed"))

    assert values(accounts)["noria_reported_count", shown] == 1


def test_names_that_begin_alike_for_long_are_one_of_the_fifty(accounts: Accounts) -> None:
    for number in range(MOST_NAMES):
        accounts.saw(attempt(Verdict("done", run=run(metrics={"long" * 25 + str(number): 1.0})), "committed"))
    accounts.saw(attempt(Verdict("done", run=run(metrics={"masks": 1.0})), "committed"))

    found = values(accounts)
    assert found["noria_reported_count", "long" * 25] == MOST_NAMES
    assert found["noria_reported_count", "masks"] == 1


def test_an_attempt_that_cannot_be_counted_takes_none_of_those_after_it_away(accounts: Accounts) -> None:
    impossible = run(state="retrying", failures=())

    accounts.saw(attempt(Verdict("retry", run=impossible), "retrying"))
    accounts.saw(attempt(Verdict("done", run=run()), "committed"))

    assert values(accounts)["noria_attempts_total", "committed"] == 1
