"""Collect drifted tables of a model, and make a training set of them once enough rows have labels."""

import hashlib
from pathlib import PurePosixPath

from pydantic import ValidationError

from events import ObjectCreated
from functions.gather_drifted.base import base_of
from functions.gather_drifted.making import make_set, with_counts
from functions.gather_drifted.settings import GatherDrifted
from functions.gather_drifted.state import LABEL, STATE, Kept, Retraining, going_on, plain_name
from functions.modelling.table_reading import ENDINGS
from functions.runtime import Context, function
from functions.runtime.errors import Rejected
from functions.runtime.outputs import place
from functions.runtime.runs import StoredObject
from functions.succession.documents import CURRENT, LARGEST, Current

COPY = ".table"
Ctx = Context[GatherDrifted]


@function(settings=GatherDrifted)
def gather_drifted(event: ObjectCreated, ctx: Ctx) -> None:
    """Write ``<model>/<set>/...``, a training set and the rows kept from it, when there are enough labelled rows.

    The folder of an object is the model's name. ``*_DRIFTED.csv`` and ``.parquet`` are collected; any other table has
    the labels of a collected one; ``current.json`` says which model is in place.

    Raises:
        NotYetError: The event before it of this model is being worked on.
        Rejected: The object cannot be used.
    """
    name = PurePosixPath(event.key).parent.name
    is_current = PurePosixPath(event.name).name == CURRENT
    if not is_current and not event.name.lower().endswith(ENDINGS):
        ctx.log.info("passed over", extra={"object": event.name})
        return
    current = _current(event, ctx) if is_current else None
    state = _kept(ctx, name)
    state = state.with_current(current) if current else _with_table(state, event, ctx)
    if state.current is not None:
        base = base_of(state.current, ctx)
        state = with_counts(state, base, ctx, event)
        state = make_set(state, base, ctx, event)
    _write(state, event, ctx)


def _current(event: ObjectCreated, ctx: Ctx) -> Current:
    """Read which model is in place, by whom alone may say so.

    Raises:
        Rejected: Somebody else wrote it, or it cannot be read.
    """
    producer = ctx.producer()
    if producer is None or producer.function != ctx.settings.keeper:
        raise Rejected(f"{event.bucket}/{event.key} was not written by {ctx.settings.keeper}")
    if event.size > LARGEST:
        raise Rejected(f"{event.name} has more than {LARGEST:,} bytes")
    try:
        return Current.model_validate_json(ctx.fetch(event).read_bytes())
    except ValidationError as error:
        raise Rejected(f"{event.name} does not say which model is in place: {error.errors()[0]['msg']}") from error


def _kept(ctx: Ctx, name: str) -> Retraining:
    before = ctx.follow(f"retraining {name}")
    found = next((one for one in before.outputs if one.key.endswith(STATE)), None) if before else None
    if before is not None and found is None:
        raise Rejected(f"what {before.name} has kept of {name} is gone", hint="send that run round again")
    return going_on(before, ctx.read(found) if found else None, name)


def _with_table(state: Retraining, event: ObjectCreated, ctx: Ctx) -> Retraining:
    name = plain_name(event.key)
    if not PurePosixPath(event.key).stem.endswith(LABEL) or ctx.producer() is None:
        state.check_known(name, event.name)
    one = StoredObject(bucket=event.bucket, key=event.key, etag=event.etag, size=event.size)
    return state.with_table(Kept(name=name, object=one), most=ctx.settings.most_tables)


def _write(state: Retraining, event: ObjectCreated, ctx: Ctx) -> None:
    """Write what the next event of the model goes on from, under names of this event's own.

    A table is copied: what lies where it came from may be overwritten before its rows are needed.
    """
    digest = hashlib.sha256(f"{event.bucket}\0{event.key}\0{event.etag}".encode()).hexdigest()[:16]
    copy = f"{digest}{COPY}{PurePosixPath(event.name).suffix.lower()}"
    tables = []
    for each in state.tables:
        is_kept = each.is_of(event) and each.labelled != 0
        tables.append(each.model_copy(update={"copy_name": copy}) if is_kept else each)
        if is_kept:
            place(ctx.fetch(event), ctx.output(f"{state.name}/{copy}"))
    state = state.model_copy(update={"tables": tuple(tables)})
    ctx.output(f"{state.name}/{digest}{STATE}").write_text(state.as_json(), encoding="utf-8")
    numbers = {"tables": len(state.tables), "fresh_rows": state.fresh, "waiting_for_labels": state.waiting}
    for name, value in numbers.items():
        ctx.metric(name, value)
    ctx.log.info("collected", extra={"model": state.name, **numbers})
