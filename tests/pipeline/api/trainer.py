"""In place of training and signing: two functions that move files as the real ones do, and learn nothing.

What the data set says decides how the training goes: ``seconds=2``, ``reject``, ``refuse``; with ``wait`` it goes on
until the test opens the door, and with ``deaf`` it hears of nothing until then.
"""

import json
import time
from pathlib import Path

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, function
from functions.runtime.errors import NotYetError
from functions.runtime.runs import StoredObject

ROLES = ("dataset", "dataset_definition", "model")


MOST = 10_000
"""Epochs of a training that waits."""


class Training(Settings):
    """Where to look for the file that ends a training that waits."""

    door: Path = Path("/nonexistent")


@function(settings=Training)
def train(event: ObjectCreated, ctx: Context[Training]) -> None:
    """Write ``0123456789ab/trained_model.keras``, the model backwards, with metrics and a record."""
    members = {one.name.partition(".")[0]: one for one in ctx.beside()}
    if not set(ROLES) <= set(members):
        raise NotYetError(f"{' and '.join(sorted(set(ROLES) - set(members)))} is missing", delay=0.2)
    ctx.take(members["dataset_definition"])  # as the real one does, to see what belongs to the set
    if not ctx.lead([members[role] for role in ROLES]):
        return
    paths = {role: ctx.take(members[role]) for role in ROLES}
    told = paths["dataset"].open("rb").read(1000).decode(errors="replace").partition("\n")[0]
    if told == "reject":
        raise Rejected("row 1 has a NaN in feature1", hint="leave the row out")
    while told == "deaf" and not ctx.settings.door.exists():
        time.sleep(0.05)
    seconds = 60 if told == "deaf" else float(told.removeprefix("seconds=")) if told.startswith("seconds=") else 0
    steps = MOST if told == "wait" else max(int(seconds / 0.05), 2)
    for epoch in range(1, steps + 1):
        ctx.progress(epoch=epoch, epochs=steps, loss=1 / epoch)
        time.sleep(0.05 if told == "wait" else seconds / steps)
        if told == "wait" and ctx.settings.door.exists():
            break
    model = paths["model"].read_bytes()[::-1]
    ctx.output("0123456789ab/trained_model.keras").write_bytes(model)
    ctx.output("0123456789ab/metrics.json").write_text(json.dumps({"loss": 1 / steps}))
    ctx.output("0123456789ab/run.json").write_text(json.dumps({"steps": steps, "refuse": told == "refuse"}))


@function(settings=Training)
def sign(event: ObjectCreated, ctx: Context[Training]) -> None:
    """Copy what was trained, with a ``bom.cdx.json`` beside it."""
    if event.name != "run.json":
        return
    if json.loads(ctx.fetch(event).read_text())["refuse"]:
        raise Rejected("the weights are unchanged", hint="train for longer")
    run = ctx.producer()
    assert run is not None
    for one in run.outputs:
        ctx.output(name(one)).write_bytes(ctx.read(one).read_bytes())
    ctx.output("bom.cdx.json").write_text(json.dumps({"bomFormat": "CycloneDX", "components": len(run.outputs)}))


def name(one: StoredObject) -> str:
    return one.key.rpartition("/")[2]
