"""Put a verified model in place of another if it is better, and an earlier one back if a person asks for it."""

import hashlib
import json
from pathlib import PurePosixPath

from pydantic import ValidationError

from events import ObjectCreated
from functions.continuum.reading import read
from functions.runtime import Context, function
from functions.runtime.errors import Rejected
from functions.sandbox.walls import choose
from functions.succession.documents import CURRENT, LARGEST, ROLLBACK, Change, Changes, Rollback
from functions.swap_model.candidate import VERDICT, origin_of, result_of, verdict_in
from functions.swap_model.deciding import Decision, decided, judged, rolled_back
from functions.swap_model.settings import SwapModel

Ctx = Context[SwapModel]
CHANGES = "changes"
DEEP = 4
"""Parts from a verdict's key back to the model's name: ``<model>/<set>/<job>/folder.verdict.json``."""


@function(settings=SwapModel, warm=lambda settings: choose(settings.sandbox))
def swap_model(event: ObjectCreated, ctx: Ctx) -> None:
    """Write ``<model>/changes/<digest>.change.json``, and ``<model>/current.json`` if one is in place.

    ``<model>/<set>/<job>/*.verdict.json`` is what ``verify-bom`` says of a training; ``<model>/*.rollback.json`` asks
    for an earlier model.

    Raises:
        NotYetError: Another event of this model is being worked on.
        Rejected: No run gave the verdict, or the request cannot be followed.
    """
    if event.name.lower().endswith(ROLLBACK):
        _roll_back(event, ctx)
    elif event.name.lower().endswith(VERDICT):
        _judge(event, ctx)
    else:
        ctx.log.info("passed over", extra={"object": event.name})


def _judge(event: ObjectCreated, ctx: Ctx) -> None:
    parts = PurePosixPath(event.key).parts
    if len(parts) < DEEP:
        hint = "train it in training/in/retrain/<model>/<any name>/"
        raise Rejected(f"{event.key} does not say which model it is about", hint=hint)
    verdict, run = verdict_in(event, ctx)
    candidate = result_of(run, ctx)
    origin = origin_of(candidate, ctx)
    before = _kept(ctx, parts[-DEEP])
    if verdict.is_good:
        decision = judged(candidate, origin, before, ctx)
    else:
        decision = Decision("refused", f"its bill of materials was not verified: {', '.join(verdict.codes)}")
    model = candidate.model
    after = decided(before, candidate, origin, decision, at=ctx.now(), model=model)
    _write(before, after, event, ctx)


def _roll_back(event: ObjectCreated, ctx: Ctx) -> None:
    wanted = read(ctx.fetch(event), Rollback, source=event.name)
    before = _kept(ctx, PurePosixPath(event.key).parent.name)
    _write(before, rolled_back(before, wanted, ctx, at=ctx.now()), event, ctx)


def _kept(ctx: Ctx, name: str) -> Changes:
    """Take the next place among the changes of a model, and give all before.

    Raises:
        Rejected: What was kept is gone, or cannot be read.
    """
    before = ctx.follow(f"model {name}")
    found = next((one for one in before.outputs if f"/{CHANGES}/" in one.key), None) if before else None
    if before is None:
        return Changes(name=name)
    if found is None:
        raise Rejected(f"what {before.name} has kept of {name} is gone", hint="send that run round again")
    path = ctx.read(found)
    if path.stat().st_size > LARGEST:
        raise Rejected(f"{found.key} has more than {LARGEST:,} bytes")
    try:
        return Changes.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Rejected(f"{found.key} cannot be read: {error.errors()[0]['msg']}") from error


def _write(before: Changes, after: Changes, event: ObjectCreated, ctx: Ctx) -> None:
    """Write the changes under a name of this event's own, and over ``current.json`` only what is in place now.

    A run that changed nothing writes the same bytes again: which run may write over it next is told by who did last.
    """
    digest = hashlib.sha256(f"{event.bucket}\0{event.key}\0{event.etag}".encode()).hexdigest()[:16]
    ctx.output(f"{after.name}/{CHANGES}/{digest}.change.json").write_text(after.as_json(), encoding="utf-8")
    if after.current is not None:
        ctx.output(f"{after.name}/{CURRENT}").write_text(after.current.as_json(), encoding="utf-8")
    last = after.changes[-1]
    if after.made != before.made and before.current is not None and ctx.settings.stream:
        reset = {"stream": ctx.settings.stream.replace("{model}", after.name), "reason": f"{last.what}: {last.digest}"}
        ctx.output(f"{after.name}/{digest}.drift-reset.json").write_text(json.dumps(reset) + "\n", encoding="utf-8")
    _tell(last, after, ctx)


def _tell(last: Change, after: Changes, ctx: Ctx) -> None:
    ctx.metric("swapped", last.what in ("first", "swap"))
    ctx.metric("rolled_back", last.what == "rollback")
    ctx.metric("refused", last.what == "refused")
    if last.scores:
        numbers = {"candidate": last.scores.candidate, "current": last.scores.current, "p": last.scores.p}
        for name, value in numbers.items():
            ctx.metric(f"score_{name}", value)
    ctx.log.info(last.what, extra={"model": after.name, "reason": last.reason, "digest": last.digest})
