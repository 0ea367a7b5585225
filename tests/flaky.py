"""A function whose trouble a test can end: it rejects, or fails, until a file is there."""

import time
from pathlib import Path

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, TryAgain, function


class Flaky(Settings):
    """Where to look for the file."""

    door: Path


@function(settings=Flaky)
def flaky(event: ObjectCreated, ctx: Context[Flaky]) -> None:
    """Write ``<name>.copy``; ``hang*`` takes for ever and ``again*`` is tried again, until the door is open."""
    content = ctx.fetch(event).read_bytes()
    while event.name.startswith("hang") and not ctx.settings.door.exists():
        time.sleep(0.05)
    if not ctx.settings.door.exists():
        if event.name.startswith("again"):
            raise TryAgain("the door is closed for now")
        raise Rejected("the door is closed", hint="open it")
    ctx.output(f"{event.name}.copy").write_bytes(content)
