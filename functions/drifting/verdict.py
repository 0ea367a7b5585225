"""What is told of one event, as a document."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from functions.drifting.advancing import Told
from functions.drifting.batch import Look
from functions.drifting.state import WORDS, Alarm, Status

Verdict = Literal["reference", "normal", "drifted", "collected"]


class FieldVerdict(BaseModel):
    """One field; ``looks`` are the tests that this event led to."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: str
    field: str
    test: str
    status: Status
    verdict: Verdict
    seen: int
    looks: tuple[Look, ...] = ()
    alarms: tuple[Alarm, ...] = ()


class DriftVerdict(BaseModel):
    """``<object>.drift.json``; ``verdict`` is the gravest of its fields'."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["noria.drift/1"] = "noria.drift/1"
    stream: str
    object: str
    verdict: Verdict
    fields: tuple[FieldVerdict, ...]

    def as_json(self) -> str:
        """Give the document."""
        return self.model_dump_json(indent=1) + "\n"


class Alarms(BaseModel):
    """``<object>.drift-alarm.json``: an event of its own, for whoever listens where it lands."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["noria.drift-alarm/1"] = "noria.drift-alarm/1"
    stream: str
    alarms: tuple[Alarm, ...]

    def as_json(self) -> str:
        """Give the document."""
        return self.model_dump_json(indent=1) + "\n"


def verdict_of(stream: str, source: str, told: Sequence[Told]) -> DriftVerdict:
    """Tell what happened."""
    fields = tuple(
        FieldVerdict(
            metric=each.metric,
            field=each.name,
            test=each.check.test,
            status=each.kept.status,
            verdict=_word(each),
            seen=each.seen,
            looks=tuple(each.looks),
            alarms=tuple(each.alarms),
        )
        for each in told
    )
    order: tuple[Verdict, ...] = ("drifted", "collected", "normal", "reference")
    gravest = min((each.verdict for each in fields), key=order.index, default="reference")
    return DriftVerdict(stream=stream, object=source, verdict=gravest, fields=fields)


def alarms_of(stream: str, told: Sequence[Told]) -> Alarms | None:
    """Give the alarms that this event has raised."""
    found = tuple(alarm for each in told for alarm in each.alarms)
    return Alarms(stream=stream, alarms=found) if found else None


def _word(told: Told) -> Verdict:
    kept: Any = told.kept
    if kept.status:
        return "drifted" if WORDS[told.kept.status] == "drifted" else "collected"
    gathering = kept.batch is None or not kept.batch.is_full if told.check.is_batch else kept.detectors is None
    return "reference" if gathering else "normal"
