"""Drifted data, kept under names of their own so that the FDL can send them where a model is trained anew."""

from contextlib import suppress
from pathlib import PurePosixPath

from events import ObjectCreated
from functions.drift_check.settings import DriftCheck
from functions.drift_check.watching import is_first
from functions.drifting.state import State
from functions.runtime import Context
from functions.runtime.errors import InputVanishedError
from functions.runtime.outputs import place

DRIFTED, NO_DRIFT = "_DRIFTED", "_NO_DRIFT"
"""As the reference's drift detector names them."""
Ctx = Context[DriftCheck]


def collect(event: ObjectCreated, ctx: Ctx, state: State) -> None:
    """Copy the event's object, or what it was made of, as ``<name>_DRIFTED<ending>`` while its stream is drifted."""
    copies = ctx.settings.copies
    if copies == "none" or (copies == "drifted" and not state.is_drifted):
        return
    producer = ctx.producer() if ctx.settings.collect == "input" else None
    name, path = event.name, None
    if producer is None:
        path = ctx.fetch(event)
    elif is_first(event, producer):  # what one run was given is collected once, whatever else it has put there
        name = PurePosixPath(producer.input.key).name
        with suppress(InputVanishedError):  # the check itself holds without it
            path = ctx.read(producer.input)
    if path is None:
        ctx.log.info("not collected", extra={"object": event.name})
        return
    place(path, ctx.output(labelled(name, DRIFTED if state.is_drifted else NO_DRIFT)))


def labelled(name: str, label: str) -> str:
    """Put the label before the name's ending: ``a.blurred_DRIFTED.png``."""
    path = PurePosixPath(name)
    return f"{path.stem}{label}{path.suffix}"
