"""What of drift stands on its page, made of what drift-check and swap-model keep."""

from datetime import UTC, datetime

from functions.drifting.advancing import advance
from functions.drifting.configuration import Configuration
from functions.drifting.observations import Observation
from functions.drifting.state import State as Kept
from functions.runtime.runs import StoredObject
from functions.runtime.store import Stat
from functions.succession.documents import Change, Changes, Current, Scores
from local.dashboard import templating
from local.dashboard.drift_streams import State, Stream
from local.dashboard.rows import row_of
from tests.unit.dashboard.test_curves import RUN

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STAT = Stat(key="drift-check/1.json", etag="e", size=1, modified=NOW, metadata={})
SCORES = Scores(measure="share", candidate=0.9, current=0.7, rows=200, wins=45, losses=5, p=0.001)
METRICS = {
    "masks": {
        "count": {"statistical_test": "KSDrift", "window": 20},
        "missing": {"statistical_test": "HDDM_W", "test_threshold": 0.001},
    }
}


def kept(values: list[tuple[float, int]]) -> State:
    """Let a stream advance as drift-check does, and read what it keeps as the page does."""
    state = Kept(stream="readings/in")
    measured = [{"count": float(count), "missing": float(missing)} for count, missing in values]
    rows = [Observation(float(at), fields) for at, fields in enumerate(measured)]
    advance(state, Configuration.model_validate({"metrics": METRICS}), rows, source="readings/in/a.csv")
    return State.model_validate_json(state.model_dump_json())


def page(*streams: Stream, models: list[Changes] | None = None) -> str:
    template = templating.environment().get_template("drift_part.html")
    return template.render(streams=list(streams), models=models or [], is_watched=True)


def test_what_drift_check_keeps_is_read_with_its_tests_and_its_alarms() -> None:
    state = kept([(place % 5 + (9 if place >= 60 else 0), int(place >= 60)) for place in range(120)])

    stream = Stream(row_of(RUN, STAT), state, None)

    assert [(name, each.word) for _, name, each in stream.fields] == [("count", "drifted"), ("missing", "drifted")]
    assert {alarm.test for alarm in stream.alarms} == {"KSDrift", "HDDM_W"}
    assert [(plot.title, len(plot.marks)) for plot in stream.plots] == [("masks count", 1), ("masks missing", 1)]
    assert stream.plots[0].level is not None


def test_a_reference_that_is_not_complete_is_told_so() -> None:
    stream = Stream(row_of(RUN, STAT), kept([(1, 0)] * 5), None)

    assert {name: each.word for _, name, each in stream.fields}["count"] == "reference"
    assert "readings/in" in page(stream)


def test_a_model_in_place_is_told_with_every_decision_and_its_reason() -> None:
    model = StoredObject(bucket="models", key="out/a.keras", etag="e", sha256="1" * 64)
    known = {"job": "2" * 64, "set": 3, "at": NOW, "scores": SCORES}
    current = Current(
        name="wine", change=1, what="swap", model=model, bom="", verified="v/1", previous="", reason="", **known
    )
    reasons = ["better on 45 of 200 rows", "<script>alert(1)</script>"]
    changes = tuple(
        Change(what=what, number=1, previous=None, digest="1" * 64, reason=reason, **known)
        for what, reason in zip(("swap", "refused"), reasons, strict=True)
    )

    text = page(models=[Changes(name="wine", current=current, changes=changes)])

    assert "models/out/a.keras" in text
    assert text.index("refused") < text.index(reasons[0])
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
