"""drift-check by hand, on real files: what it writes, and what it refuses."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from functions.drift_check.handler import drift_check
from functions.runtime.errors import Rejected
from functions.runtime.settings import SettingsError
from tests.conftest import Run

CONFIGURATION = """\
metrics:
  m:
    seconds: {statistical_test: CVMDrift, window: 100}
    error: {statistical_test: ADWIN+HDDM_W, direction: up}
    kind: {statistical_test: ChiSquareDrift, window: 100}
"""
BESIDE = {"drift_detector_config.yaml": CONFIGURATION.encode()}


def table(*, drifts: bool, rows: int = 600) -> bytes:
    random = np.random.default_rng(0)
    lines = ["time,seconds,error,kind"]
    for place in range(rows):
        moved = drifts and place >= rows // 2
        seconds, error = random.lognormal() + 2 * moved, int(random.random() < (0.7 if moved else 0.1))
        lines.append(f"{60 * place},{seconds:.4f},{error},{'ab'[int(random.random() < (0.9 if moved else 0.2))]}")
    return "\n".join(lines).encode() + b"\n"


def test_a_table_that_drifts_gives_a_verdict_alarms_a_plot_and_is_collected(run: Run) -> None:
    done = run(drift_check, "m.csv", table(drifts=True), beside=BESIDE)

    assert set(done.files) == {
        *(f"m.csv.{each}" for each in ("drift.json", "drift-state.json", "drift-alarm.json", "drift.svg")),
        "m.csv.drift_state.yaml",
        "m_DRIFTED.csv",
    }
    verdict = json.loads(done.files["m.csv.drift.json"])
    assert verdict["verdict"] == "drifted"
    assert [each["verdict"] for each in verdict["fields"]] == ["drifted"] * 3
    alarms = json.loads(done.files["m.csv.drift-alarm.json"])["alarms"]
    assert {each["field"] for each in alarms} == {"seconds", "error", "kind"}
    assert all("1970-01-01T05:00:00" <= each["at"] <= "1970-01-01T06:40:00" for each in alarms)
    assert done.files["m.csv.drift_state.yaml"].decode() == "m:\n  seconds: 1\n  error: 1\n  kind: 1\n"
    assert ET.fromstring(done.files["m.csv.drift.svg"]).tag.endswith("svg")
    assert done.metrics["alarms"] == 3


def test_a_table_without_drift_gives_no_alarm_and_is_not_collected(run: Run) -> None:
    done = run(drift_check, "m.csv", table(drifts=False), beside=BESIDE)

    assert set(done.files) == {"m.csv.drift.json", "m.csv.drift-state.json", "m.csv.drift.svg"}
    assert json.loads(done.files["m.csv.drift.json"])["verdict"] == "normal"
    assert (done.metrics["alarms"], done.metrics["drifted"], done.metrics["tests"]) == (0, 0, 10)


def test_what_has_not_drifted_is_copied_too_where_that_is_wanted(run: Run) -> None:
    done = run(drift_check, "m.csv", table(drifts=False), copies="all", configuration=CONFIGURATION)

    assert done.files["m_NO_DRIFT.csv"] == table(drifts=False)


def test_the_same_table_gives_the_same_bytes(run: Run) -> None:
    only = "metrics: {m: {seconds: {statistical_test: KSDrift, window: 50}}}"

    first, second = (
        run(drift_check, "m.csv", table(drifts=True, rows=200), configuration=only).files for _ in range(2)
    )

    assert len(first) == 6
    assert first == second


def test_a_metric_object_and_a_result_are_read(run: Run) -> None:
    points = {
        "observations": [{"metric": "m", "time": "2026-11-23T04:00:00Z", "fields": {"seconds": 1.5, "error": True}}]
    }
    result = {"model": {"name": "x"}, "seconds": 1.5, "faces": [{"error": 1}]}

    metric = json.loads(
        run(drift_check, "a.metrics.json", json.dumps(points).encode(), beside=BESIDE).files[
            "a.metrics.json.drift.json"
        ]
    )
    plain = json.loads(
        run(drift_check, "b.json", json.dumps(result).encode(), beside=BESIDE).files["b.json.drift.json"]
    )

    assert [each["seen"] for each in metric["fields"]] == [1, 1, 0]
    assert [each["seen"] for each in plain["fields"]] == [1, 0, 0]


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", b'{"other": 1}'), ("a.png", b"picture"), ("b.csv", b"x,y\n1,2\n")]
)
def test_what_has_no_watched_field_is_passed_over(run: Run, name: str, content: bytes) -> None:
    assert run(drift_check, name, content, beside=BESIDE).files == {}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.csv", b"seconds,error\n1,0.5\n", "m.csv: error of m is 0.5; ADWIN.HDDM_W takes 0 and 1 only"),
        ("m.csv", b"time,seconds\nyesterday,1\n", "m.csv: line 2: time is 'yesterday'"),
        ("m.csv", b"time,seconds\n1763870400000,1\n", "m.csv: line 2: time is 1763870400000.0"),
        ("m.csv", b"seconds\nfast\n", "m.csv: seconds of m is 'fast', which is no number"),
        ("m.csv", b"seconds,error\n1\n", "line 2 has 1 cells"),
        ("m.parquet", b"PAR1", "m.parquet"),
        ("m.metrics.json", b'{"observation": []}', "did you mean observations"),
        ("m.metrics.json", b'{"observations": [{"time": "soon", "fields": {"seconds": 1}}]}', "time must be a time"),
        ("m.json", b'{"seconds": NaN}', "m.json|NaN"),
        ("m.json", b"[" * 100_000, "."),
        ("drift_detector_config.yaml", b"metrics: {m: {x: {statistical_test: HDDMA}}}", "did you mean HDDM_A"),
        ("a.drift-reset.json", b'{"streams": "x"}', "did you mean stream"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(run: Run, name: str, content: bytes, said: str) -> None:
    beside = {key: value for key, value in BESIDE.items() if key != name}

    with pytest.raises(Rejected, match=said):
        run(drift_check, name, content, beside=beside)


def test_an_object_too_large_to_be_a_metric_is_refused(run: Run) -> None:
    with pytest.raises(Rejected, match="more than the limit of 10"):
        run(drift_check, "m.csv", table(drifts=False), beside=BESIDE, max_bytes=10)


def test_without_a_configuration_it_says_where_one_can_be(run: Run) -> None:
    with pytest.raises(Rejected, match="nothing says what is to be checked") as refused:
        run(drift_check, "m.csv", table(drifts=False))
    assert "drift_detector_config.yaml" in (refused.value.hint or "")


def test_a_wrong_configuration_in_the_settings_is_told_at_start(run: Run) -> None:
    with pytest.raises(SettingsError, match=r"DRIFT_CHECK_CONFIGURATION .*did you mean metrics"):
        run(drift_check, "m.csv", b"", configuration="metric: {}")


def test_a_reset_is_taken_by_hand_too(run: Run) -> None:
    done = run(drift_check, "a.drift-reset.json", b'{"stream": "photos-masks/out", "reason": "trained anew"}')

    assert json.loads(done.files["a.drift-reset.json.drift-state.json"])["stream"] == "photos-masks/out"
