"""Tell when what results and metrics say has drifted from its reference."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import river  # type: ignore[import-untyped,unused-ignore]  # noqa: F401 - a missing package is told before the first event

from events import ObjectCreated
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text
from functions.drift_check.collecting import collect
from functions.drift_check.settings import DriftCheck
from functions.drift_check.watching import configuration_of, kept, observed, stream_of
from functions.drifting.advancing import Told, advance
from functions.drifting.configuration import FILE_NAME, Configuration
from functions.drifting.plotting import plot
from functions.drifting.state import Reset, State, reset
from functions.drifting.verdict import alarms_of, verdict_of
from functions.runtime import Context, function

RESET = ".drift-reset.json"
Ctx = Context[DriftCheck]


@function(settings=DriftCheck)
def drift_check(event: ObjectCreated, ctx: Ctx) -> None:
    """Write ``<object>.drift.json`` and what is kept for the next event; alarms and a plot when there is something new.

    An object is a table or ``*.metrics.json``, or the result of a function, whose metrics are in its run's record.
    ``*.drift-reset.json`` makes a stream begin with a new reference.

    Raises:
        NotYetError: The event before it in its stream is being worked on.
        Rejected: The object or the configuration cannot be used.
    """
    if PurePosixPath(event.name).name == FILE_NAME:
        read(ctx.fetch(event), Configuration, source=event.name)  # a wrong one is told when it comes
        return
    if event.name.lower().endswith(RESET):
        _begin_anew(event, ctx)
        return
    configuration = configuration_of(ctx)
    observations = observed(event, ctx, configuration)
    if not observations:
        ctx.log.info("passed over", extra={"object": event.name})
        return
    stream = stream_of(event)
    state = kept(ctx, stream)  # as late as can be: the next event of the stream waits from here on
    told = advance(state, configuration, observations, source=f"{event.bucket}/{event.key}")
    _tell(event, ctx, state, told)
    collect(event, ctx, state)


def _begin_anew(event: ObjectCreated, ctx: Ctx) -> None:
    wanted = read(ctx.fetch(event), Reset, source=event.name)
    everything = wanted.metric is None and wanted.field is None
    state = kept(ctx, wanted.stream, must_read=not everything)
    forgotten = reset(state, wanted)
    _write(event, ctx, state)
    ctx.metric("reset", len(forgotten))
    ctx.log.info("reset", extra={"stream": wanted.stream, "fields": len(forgotten)})


def _tell(event: ObjectCreated, ctx: Ctx, state: State, told: Sequence[Told]) -> None:
    source = f"{event.bucket}/{event.key}"
    verdict = verdict_of(state.stream, source, told)
    ctx.output(f"{event.name}.drift.json").write_text(verdict.as_json(), encoding="utf-8")
    _write(event, ctx, state)
    if alarms := alarms_of(state.stream, told):
        ctx.output(f"{event.name}.drift-alarm.json").write_text(alarms.as_json(), encoding="utf-8")
    if any(each.alarms or each.collected for each in told):
        ctx.output(f"{event.name}.drift_state.yaml").write_text(yaml_text(state.statuses), encoding="utf-8")
    if any(each.happened for each in told):
        plot(ctx.output(f"{event.name}.drift.svg"), told, title=f"{state.stream}: {verdict.verdict}")
    looks = [look for each in told for look in each.looks]
    ctx.metric("observations", max((each.seen for each in told), default=0))
    ctx.metric("tests", len(looks))
    ctx.metric("alarms", len(alarms.alarms) if alarms else 0)
    ctx.metric("drifted", sum(each.kept.status == 1 for each in told))
    if looks:
        ctx.metric("smallest_p", min(look.p for look in looks))
    ctx.log.info("checked", extra={"stream": state.stream, "verdict": verdict.verdict})


def _write(event: ObjectCreated, ctx: Ctx, state: State) -> None:
    """Write what the next event of the stream goes on from."""
    ctx.output(f"{event.name}.drift-state.json").write_text(state.model_dump_json() + "\n", encoding="utf-8")
