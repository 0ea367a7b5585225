"""Functions whose pages are looked at: one complains as it is told to, one learns as long as it is told to."""

import json
import time
from pathlib import Path

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, function


class Door(Settings):
    """Where to look for a file that ends the trouble."""

    door: Path


@function(settings=Door)
def grumble(event: ObjectCreated, ctx: Context[Door]) -> None:
    """Write ``<name>.copy``; while the door is closed, refuse it in the words of its content."""
    said = ctx.fetch(event).read_text()
    if not ctx.settings.door.exists():
        raise Rejected(f"no: {said}", hint=f"hint: {said}")
    ctx.output(f"{event.name}.copy").write_text(said)


@function(settings=Door)
def learn(event: ObjectCreated, ctx: Context[Door]) -> None:
    """Show a loss that falls, and end once the door is open, with ``metrics.json`` as train-on-upload writes it."""
    epoch, history = 0, []
    epochs = int(ctx.fetch(event).read_text())
    while epoch < epochs and not (epoch and ctx.settings.door.exists()):
        epoch += 1
        numbers = {"loss": 1 / epoch, "val_loss": 1.2 / epoch, "accuracy": 1 - 0.5 / epoch}
        history.append({"epoch": epoch, "train": {"loss": 1 / epoch}, "validation": {"loss": 1.2 / epoch}})
        ctx.log.info("epoch", extra={"numbers": {"epoch": epoch, "epochs": epochs, **numbers}})
        ctx.progress(epoch=epoch, epochs=epochs, **numbers)
        time.sleep(0.3)
    ctx.output("job/metrics.json").write_text(json.dumps({"schema": "noria.metrics/1", "history": history}))
