"""What an occasion leads to: the deployment that it names, placed anew from where it is now."""

import hashlib
from datetime import datetime
from pathlib import Path

from events import ObjectCreated
from functions.optimize.gathering import HEX
from functions.optimize.members import levels
from functions.optimize.occasion import Alert, Occasion, moment, read_occasion
from functions.optimize.problem import Problem, read_problem
from functions.optimize.request import request_in
from functions.optimize.result import FILE_NAME, Result, read_result
from functions.optimize.result import Occasion as Told
from functions.optimize.revision import HISTORY, NAMES, Now, history_of, names_of, ran, revised
from functions.optimize.settings import Optimize
from functions.optimize.writing import plain, write
from functions.runtime import Context
from functions.runtime.errors import Rejected
from functions.runtime.outputs import place
from functions.runtime.runs import Run
from functions.runtime.settings import nearest

LEAST_SHARE = 0.1
"""Of a limit that an alert leaves: what takes ten times as long as modelled is no matter of placement."""

Ctx = Context[Optimize]


def series(deployment: str) -> str:
    """Name the series of runs that a deployment goes through."""
    return f"deployment {deployment}"


def latest(ctx: Ctx, deployment: str) -> tuple[Run, Now] | None:
    """Take the next place in the deployment's series, and give the run before with what runs; None to the first."""
    before = ctx.follow(series(deployment))
    if before is None:
        return None
    result = read_result(_file(ctx, before, FILE_NAME), source=f"{FILE_NAME} of {before.name}")
    history = history_of(_file(ctx, before, HISTORY) if _has(before, HISTORY) else None)
    names = names_of(_file(ctx, before, NAMES) if _has(before, NAMES) else None)
    system = ran(result, lambda name: _file(ctx, before, name) if _has(before, name) else None)
    return before, Now(result, history, names, ran=system)


def revise(event: ObjectCreated, ctx: Ctx, folder: Path) -> None:
    """Place the deployment anew that an occasion names; nothing comes of one that was measured before the latest.

    Raises:
        NotYetError: Another event of the deployment is being worked on.
        Rejected: There is no such deployment, or its files have changed since.
    """
    occasion = read_occasion(ctx.fetch(event), event.name)
    at = moment(occasion, event.time)
    found = latest(ctx, occasion.deployment)
    if found is None:
        hint = "upload its files first; a deployment has the name of their folder, or of a system's file"
        raise Rejected(f"{event.name}: nothing is deployed as {occasion.deployment!r}", hint=hint)
    before, now = found
    last = now.result
    assert last is not None
    if last.occasion and datetime.fromisoformat(last.occasion.at) > at:
        ctx.log.info("measured before the latest", extra={"deployment": occasion.deployment})
        return
    origin = last.origin or before.name
    _gather(ctx, origin, last.root, folder)
    load = occasion.load or last.load
    request = request_in(folder).model_copy(update={"load": load})
    problem = read_problem(folder, last.name, request)
    limits = {**now.limits, **_tightened(occasion, problem, last)}
    told = Told(
        kind=occasion.kind,
        object=event.key,
        at=at.isoformat(),
        load=occasion.load,
        constraint=occasion.constraint if isinstance(occasion, Alert) else "",
        value=occasion.value if isinstance(occasion, Alert) else None,
    )
    known = {"occasion": told, "origin": origin, "limits": limits, "root": last.root}
    outcome, revision = revised(
        problem.limited(limits), request, now, seconds=ctx.settings.event_seconds, at=at, known=known
    )
    below = f"{plain(last.name)}/{_digest(ctx, event, before)}"
    result = write(outcome, lambda name: ctx.output(f"{below}/{name}"), revision=revision)
    ctx.metric("steps", len(revision.steps or ()))
    ctx.metric("seconds", result.seconds)
    ctx.log.info("placed anew", extra={"deployment": result.name, "why": told.kind, "feasible": result.feasible})


def _gather(ctx: Ctx, origin: str, root: str, folder: Path) -> None:
    """Copy the files that a deployment was made of from where they were uploaded to, exactly as they were.

    Raises:
        InputVanishedError: One has been overwritten: what comes of the new ones is on its way.
    """
    run = ctx.record(origin)
    if run is None:
        raise Rejected(f"the record of {origin} is gone", hint="upload the application's files again")
    for one in run.members:
        if not f"{one.bucket}/{one.key}".startswith(f"{root}/"):
            continue  # what that run read of the one before it
        name = "/".join(one.key.split("/")[-1 - levels(one.key) :])
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        place(ctx.read(one), folder / name)


def _tightened(occasion: Occasion, problem: Problem, before: Result) -> dict[str, float]:
    """Make the limit of an alert's constraint smaller by as much as was measured more than the model says.

    It is the limit of the files that is made smaller, whatever earlier alerts said: the newest measurement counts.

    Raises:
        Rejected: There is no such constraint.
    """
    if not isinstance(occasion, Alert):
        return {}
    known = problem.constraints()
    if occasion.constraint not in known:
        said = f"{before.name} has no constraint {occasion.constraint[:60]!r}{nearest(occasion.constraint, known)}"
        raise Rejected(said, hint=f"there are {', '.join(list(known)[:10]) or 'none'}")
    name, limit = known[occasion.constraint]
    told = next((each.seconds for each in before.thresholds if each.name == name), None)
    if told is None:
        return {}
    return {name: limit * min(max(told / occasion.value, LEAST_SHARE), 1.0)}


def _digest(ctx: Ctx, event: ObjectCreated, before: Run) -> str:
    text = f"{before.name}\0{event.key}\0{ctx.digest(ctx.fetch(event))}\0"
    return hashlib.sha256(text.encode()).hexdigest()[:HEX]


def _has(run: Run, name: str) -> bool:
    return any(one.key.endswith(f"/{name}") for one in run.outputs)


def _file(ctx: Ctx, run: Run, name: str) -> Path:
    """Give one file that a run wrote.

    Raises:
        Rejected: It wrote none.
    """
    found = next((one for one in run.outputs if one.key.endswith(f"/{name}")), None)
    if found is None:
        raise Rejected(f"{run.name} wrote no {name}", hint="upload the application's files again")
    return ctx.read(found)
