"""Watch whether what runs keeps its constraints."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import pyarrow  # noqa: F401 - a missing package is told before the first event

from events import ObjectCreated
from functions.continuum.qos import FILE_NAME, DeploymentConstraints, layer_of, read_qos
from functions.runtime import Context, Rejected, function
from functions.runtime.settings import nearest
from functions.watch_constraints.gathering import RESET_ENDING, ancestors, begun_anew, kept, observed
from functions.watch_constraints.settings import WatchConstraints
from functions.watching.advancing import advance, component_of, drop_old
from functions.watching.alerts import Alert
from functions.watching.rules import Rule, rules
from functions.watching.state import State
from functions.watching.tables import due, write_tables

Ctx = Context[WatchConstraints]


@function(settings=WatchConstraints)
def watch_constraints(event: ObjectCreated, ctx: Ctx) -> None:
    """Write ``<application>.<slot>.watch-state.json``, alerts where they begin, and tables for the long term.

    An object is the result of a function, or its dead letter: the record of the run that made it is what counts. Or
    it is ``*.records.json``: records of a site that was cut off; or ``qos_constraints.yaml``, which is watched then;
    or ``*.watch-reset.json``: what was kept, or has been deleted, is begun anew.

    Raises:
        NotYetError: The event before it is being worked on.
        Rejected: The object cannot be used.
    """
    application = ctx.settings.name
    if is_qos(event.name):
        _take(event, ctx, application)
        return
    if event.name.endswith(RESET_ENDING) and ctx.producer() is None:  # a function's result may have any name
        state = begun_anew(event, ctx, application)
        _, constraints = _watched(ctx, state)
        _write(ctx, state, constraints)
        return
    found, run = observed(event, ctx)
    if not found:
        ctx.log.info("passed over", extra={"object": event.name})
        return
    state = kept(ctx, application)  # as late as can be: the next event waits from here on
    watched, constraints = _watched(ctx, state)
    alerts = advance(state, watched, ctx.settings.policy, [*found, *ancestors(event, ctx, state, watched, run)])
    if alerts is None:
        ctx.log.info("known already", extra={"object": event.name})
        return
    _write(ctx, state, constraints)
    _tell(ctx, alerts, state)


def is_qos(name: str) -> bool:
    """Whether an object is a file of constraints, by its name."""
    plain = PurePosixPath(name).name
    return plain == FILE_NAME or layer_of(plain) is not None


def _take(event: ObjectCreated, ctx: Ctx, application: str) -> None:
    """Watch what an uploaded file says from now on; of two the one that was uploaded later counts."""
    given = read_qos(ctx.fetch(event), source=event.name)
    if given.name != application:
        said = f"{event.name} is of {given.name!r}, and {application!r} is watched here"
        raise Rejected(
            f"{said}{nearest(given.name, [application])}", hint="correct its name, or the service's settings"
        )
    state, at = kept(ctx, application), event.time.timestamp()
    if at >= state.uploaded:
        state.constraints, state.uploaded = given.plain(), at
    watched, constraints = _watched(ctx, state)
    advance(state, watched, ctx.settings.policy, [])
    _write(ctx, state, constraints)
    ctx.metric("rules", len(watched))
    ctx.log.info("watched from now on", extra={"application": application, "rules": len(watched)})


def _watched(ctx: Ctx, state: State) -> tuple[Sequence[Rule], DeploymentConstraints | None]:
    constraints = state.asked or ctx.settings.qos
    state.throughput_component = component_of(constraints.throughput_component if constraints else None)
    return rules(constraints, ctx.settings.rules), constraints


def _write(ctx: Ctx, state: State, constraints: DeploymentConstraints | None) -> None:
    """Write tables of what has waited long enough, and the state, which the next event goes on from."""
    given = ctx.settings
    if due(state, rows=given.table_rows, seconds=given.table_seconds):
        limits = {component_of(name): limit for name, limit in (constraints.local if constraints else {}).items()}
        ctx.metric("tabled", write_tables(state, limits, ctx.output))
    drop_old(state, given.policy)
    state.sequence += 1
    ctx.output(state.file_name).write_text(state.model_dump_json() + "\n", encoding="utf-8")


def _tell(ctx: Ctx, alerts: Sequence[Alert], state: State) -> None:
    deployment = ctx.settings.deployment or state.application
    for alert in alerts:
        ctx.output(alert.file_name(state.application)).write_text(alert.text(deployment), encoding="utf-8")
    ctx.metric("alerts", len(alerts))
    ctx.metric("runs", len(state.rows))
    ctx.log.info("watched", extra={"application": state.application, "alerts": len(alerts)})
