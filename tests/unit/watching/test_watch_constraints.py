"""watch-constraints by hand, on real files: what it writes, and what it refuses."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.runtime.errors import Rejected
from functions.runtime.runs import Run as Record
from functions.runtime.runs import StoredObject
from functions.runtime.settings import SettingsError
from functions.watch_constraints.handler import watch_constraints
from functions.watching.state import State
from tests.conftest import Run
from tests.unit.watching.rows import QOS

BEGIN = datetime(2025, 11, 20, 23, 59, 0, tzinfo=UTC)
MONITORING = """\
monitoring:
  time_period: 20s
  metrics: {cpu: {}}
  parameters: {performance_metrics_time_window_width: 1m30s, default_notification_endpoint: 'http://evil.example'}
  alerts:
    bare faces:
      every: 1m
      condition:
        metric: {name: masks, field: no_masks_count}
        threshold: {type: ">", value: 2}
      notification_endpoint: {url: 'http://evil.example'}
    share:
      every: 1m
      condition: {metric: {name: masks, field: share}, threshold: {type: range, value: [0.2, 0.4]}}
"""


def record(function: str, session: int, seconds: float, **known: Any) -> dict[str, Any]:
    """Give a commit record as ``noria runs --json`` prints it."""
    queued = BEGIN + timedelta(seconds=10 * session)
    run = Record(
        state="committed",
        id=hashlib.sha256(f"{function} {session}".encode()).hexdigest(),
        function=function,
        input=StoredObject(bucket="photos", key="in/a.png", etag="0"),
        queued=queued,
        started=queued,
        finished=queued + timedelta(seconds=seconds),
        trace=f"{session:032x}",
    )
    return {**run.model_dump(mode="json"), "lost": False, **known}


def text(*records: dict[str, Any]) -> bytes:
    return json.dumps(records).encode()


def test_records_become_a_state_an_alert_as_ams_has_it_and_a_table_a_day(run: Run) -> None:
    records = [record("blur-faces", session, 9) for session in range(12)]

    done = run(watch_constraints, "site.records.json", text(*records), constraints=QOS, table_rows=5)

    (alert,) = (name for name in done.files if name.endswith(".alert.json"))
    assert alert == f"masks.quick.{round((BEGIN.timestamp() + 9) * 1000)}.alert.json"
    assert json.loads(done.files[alert]) == {
        "deployment": "masks",
        "constraint": "quick",
        "value": 9.0,
        "check_time": "2025-11-20T23:59:09.000000Z",
        "status_timestamp": round(BEGIN.timestamp() + 9) * 10**9,
    }
    state = State.model_validate_json(done.files["masks.1.watch-state.json"])
    assert (len(state.rows), state.pending) == (12, [])
    assert sum(name.endswith(".parquet") for name in done.files) == 2  # midnight lies between them
    assert done.metrics == {"alerts": 1, "runs": 12, "tabled": 12}


def test_custom_metrics_are_watched_as_the_monitoring_file_says(run: Run) -> None:
    counts = [(0, {"no_masks_count": 2, "share": 0.1}), (1, {"no_masks_count": 3, "share": 0.4}), (2, {"share": 0.5})]
    records = [record("mask-detect", session, 1, metrics=metrics) for session, metrics in counts]

    done = run(watch_constraints, "a.records.json", text(*records), application="masks", monitoring=MONITORING)

    alerts = {name: json.loads(body) for name, body in done.files.items() if name.endswith(".custom-alert.json")}
    assert [(each["custom_alert"], each["value"]) for each in alerts.values()] == [("bare faces", 3), ("share", 0.4)]
    assert all("evil" not in name for name in alerts)
    state = State.model_validate_json(done.files["masks.1.watch-state.json"])
    assert state.window == 90
    assert state.rules["custom:share"].episodes[0].cleared == (BEGIN + timedelta(seconds=21)).timestamp()


def test_uploaded_constraints_are_watched_from_then_on(run: Run) -> None:
    done = run(watch_constraints, "qos_constraints.yaml", QOS.encode(), application="masks")

    state = State.model_validate_json(done.files["masks.1.watch-state.json"])
    assert [*state.rules] == ["local:quick", "global:whole"]
    assert state.throughput_component == "mask-detect"
    assert done.metrics == {"rules": 2}


def test_records_one_a_line_are_read_and_runs_that_have_not_ended_are_left_out(run: Run) -> None:
    waiting = {**record("blur-faces", 1, 1), "state": "running", "finished": None}
    lines = b"\n".join(json.dumps(each).encode() for each in (record("blur-faces", 0, 1), waiting)) + b"\n\n"

    done = run(watch_constraints, "a.records.jsonl", lines, constraints=QOS)

    assert len(State.model_validate_json(done.files["masks.1.watch-state.json"]).rows) == 1


def test_a_session_that_an_uploader_has_named_is_no_more_than_a_digest(run: Run) -> None:
    hostile = record("blur-faces", 0, 1, trace="<script>alert(1)</script>\u202e" * 1000)

    done = run(watch_constraints, "a.records.json", text(hostile), constraints=QOS)

    state = done.files["masks.1.watch-state.json"]
    assert b"script" not in state
    assert len(state) < 3000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.records.json", b"{}", "a.records.json is no list of commit records"),
        ("a.records.json", b"[" * 100_000, "is no list of commit records"),
        ("a.records.json", b"\xff", "is no list of commit records"),
        ("a.records.json", b'[{"state": "committed"}]', "id of a record: field required"),
        ("a.records.json", text(record("f", 0, 1, metrics={"a": float("nan")})), "metrics.a of a record"),
        ("a.records.json", text(record("f", 0, 1, finished="2999-01-01T00:00:00Z")), "cannot have ended at 2999"),
        ("a.records.json", text(record("f", 0, 1, finished="0001-01-01T00:00:00Z")), "cannot have ended at 0001"),
        (
            "a.records.json",
            text(record("f", 0, 1, finished="9999-12-31T23:59:59-12:00")),
            "cannot have ended at 2534.* seconds",
        ),
        (
            "a.records.json",
            text(record("f", 0, 1, queued="0001-01-01T00:00:00+12:00")),
            "cannot have been queued at -62.* seconds after 1970",
        ),
        ("a.records.json", text(record("f", 0, 1, started="1970-01-01T00:00:00Z")), "been started at 1970"),
        ("qos_constraints.yaml", QOS.replace("masks", "mask").encode(), "of 'mask', and 'masks' is .*did you mean"),
        ("qos_constraints.yaml", QOS.replace("threshold", "treshold").encode(), "line 3.*did you mean threshold"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(run: Run, name: str, content: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        run(watch_constraints, name, content, constraints=QOS)


def test_records_that_are_too_large_are_refused(run: Run) -> None:
    with pytest.raises(Rejected, match="more than the limit of 10"):
        run(watch_constraints, "a.records.json", text(record("f", 0, 1)), constraints=QOS, max_bytes=10)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"constraints": "systems: {}"}, "CONSTRAINTS .*did you mean system"),
        ({"monitoring": MONITORING.replace("metric: {name: masks, field: share}", "flux_query: x")}, "in Flux"),
        ({"monitoring": MONITORING.replace("[0.2, 0.4]", "3")}, "must be two numbers for range"),
        ({"monitoring": MONITORING.replace("1m30s", "soon")}, "no duration"),
    ],
)
def test_wrong_files_in_the_settings_are_told_at_start(run: Run, settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        run(watch_constraints, "a.records.json", b"[]", **settings)


def test_an_object_that_no_run_has_made_is_passed_over(run: Run) -> None:
    assert run(watch_constraints, "a.png", b"picture", constraints=QOS).files == {}
