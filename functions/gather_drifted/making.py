"""Training sets: which rows a model is trained on anew, and which are kept to judge it by."""

import hashlib
import json
from pathlib import Path

from events import ObjectCreated
from functions.gather_drifted.base import Base
from functions.gather_drifted.rows import Labelled, as_csv, labelled, labels_in, parted
from functions.gather_drifted.settings import GatherDrifted
from functions.gather_drifted.state import Kept, Retraining
from functions.runtime import Context
from functions.runtime.errors import Rejected
from functions.runtime.outputs import place
from functions.succession.documents import DATASET, HOLDOUT, SET, TrainingSet

Ctx = Context[GatherDrifted]
HEX = 8


def with_counts(state: Retraining, base: Base, ctx: Ctx, event: ObjectCreated) -> Retraining:
    """Count the rows of tables that came before a definition was known to count by, and of this event's.

    Raises:
        Rejected: This event's table does not fit the definition, or has more labelled rows than any set may have.
    """
    tables = []
    for each in state.tables:
        if each.labelled is not None:
            tables.append(each)
            continue
        found = _rows(each, base, ctx, event) or Labelled((), 0)
        if len(found.rows) > ctx.settings.most_rows:
            _refuse_large(each, len(found.rows), ctx, event)
            found = Labelled((), 0)
        tables.append(each.model_copy(update={"rows": found.total, "labelled": len(found.rows)}))
    return state.model_copy(update={"tables": tuple(tables)})


def make_set(state: Retraining, base: Base, ctx: Ctx, event: ObjectCreated) -> Retraining:
    """Write a training set, if there are enough new rows with labels, and give the state with it."""
    if state.fresh < ctx.settings.rows:
        return state
    taken = _taken(state, base, ctx, event)
    if not taken:
        return state
    rows = [row for _, found in taken for row in found.rows]
    training, kept = parted(rows, base.definition, ctx.settings.kept)
    is_class = base.definition.task != "regression"
    alike = is_class and min(len(labels_in(part, base.definition)) for part in (training, kept)) < 2
    if len(kept) < ctx.settings.least_kept or alike:
        ctx.log.info("too little to judge by", extra={"model": state.name, "kept": len(kept), "alike": alike})
        return state
    made = TrainingSet(
        name=state.name,
        number=state.sets + 1,
        base=base.current.model.sha256,
        training=len(training),
        kept=len(kept),
        tables=tuple(each.object for each, _ in taken),
    )
    _write(made, base, ctx, {DATASET: as_csv(training, base.definition), HOLDOUT: as_csv(kept, base.definition)})
    used = {each.name for each, _ in taken}
    tables = tuple(
        each.model_copy(update={"set": each.set or made.number}) if each.name in used else each for each in state.tables
    )
    ctx.metric("training_rows", len(training))
    ctx.metric("kept_rows", len(kept))
    return state.model_copy(update={"sets": made.number, "tables": tables})


def _taken(state: Retraining, base: Base, ctx: Ctx, event: ObjectCreated) -> list[tuple[Kept, Labelled]]:
    """Give the tables with labels as far as there is room, in the order of their coming.

    What no set has had goes first, and the newest of both; none at all if too few rows of them are new.
    """
    room, new, found = ctx.settings.most_rows, 0, []
    newest = state.tables[::-1]
    for each in sorted(newest, key=lambda one: one.set > 0):
        if each.set and new < ctx.settings.rows:
            break
        if not each.labelled or each.labelled > room:
            continue
        rows = _rows(each, base, ctx, event)
        if rows is not None and rows.rows:
            room -= len(rows.rows)
            new += 0 if each.set else len(rows.rows)
            found.append((each, rows))
    place = {each.name: number for number, each in enumerate(state.tables)}
    return sorted(found, key=lambda one: place[one[0].name]) if new >= ctx.settings.rows else []


def _refuse_large(table: Kept, rows: int, ctx: Ctx, event: ObjectCreated) -> None:
    """Refuse a table that no set has room for; one that came earlier is left out, this event is not to blame."""
    said = f"{table.object.key} has {rows:,} rows with labels, and a training set at most {ctx.settings.most_rows:,}"
    if table.is_of(event):
        raise Rejected(said, hint="split it, or raise GATHER_DRIFTED_MOST_ROWS")
    ctx.log.info("left out", extra={"table": table.object.key, "reason": said})


def _rows(table: Kept, base: Base, ctx: Ctx, event: ObjectCreated) -> Labelled | None:
    """Read a table; None for one that came earlier and cannot be used, or is not known any more."""
    if table.is_of(event):
        return labelled(ctx.fetch(event), base.definition, source=event.name)
    run = ctx.record(table.run) if table.run and table.copy_name else None
    one = next((each for each in run.outputs if each.key.endswith(f"/{table.copy_name}")), None) if run else None
    if one is None:
        return None
    path = ctx.read(one)
    try:
        return labelled(path, base.definition, source=table.object.key.rpartition("/")[2])
    except Rejected as error:  # it came before anybody could tell; this event is not to blame
        ctx.log.info("left out", extra={"table": table.object.key, "reason": error.message})
        return None


def _write(made: TrainingSet, base: Base, ctx: Ctx, parts: dict[str, bytes]) -> None:
    model = base.model(ctx)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    definition = base.definition_for(digests[DATASET], base.current.model.sha256)
    text = json.dumps(definition.model_dump(mode="json", exclude_none=True), indent=1) + "\n"
    whole = hashlib.sha256("\0".join([made.base, *digests.values(), text]).encode()).hexdigest()
    out = _Folder(ctx, f"{made.name}/set-{made.number}-{whole[:HEX]}")
    for name, content in {**parts, "dataset_definition.json": text.encode(), SET: made.as_json().encode()}.items():
        out.path(name).write_bytes(content)
    place(model, out.path(f"model.{base.form}"))
    ctx.log.info("a training set", extra={"model": made.name, "number": made.number, "rows": made.training})


class _Folder:
    """A folder of outputs."""

    def __init__(self, ctx: Ctx, folder: str) -> None:
        self._ctx, self._folder = ctx, folder

    def path(self, name: str) -> Path:
        return self._ctx.output(f"{self._folder}/{name}")
