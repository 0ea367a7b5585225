"""Small functions that tests and benchmarks run in place of the real ones."""

import os
import signal
import time

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, TryAgain, function


class Copy(Settings):
    """How the copy behaves, from its FDL's environment."""

    seconds: float = 0


@function(settings=Copy)
def copy(event: ObjectCreated, ctx: Context[Copy]) -> None:
    """Write ``<name>.copy``, the input's content; what the content says can make it fail."""
    content = ctx.fetch(event).read_bytes()
    time.sleep(ctx.settings.seconds)
    if content == b"reject":
        raise Rejected("the content says reject", hint="upload something else")
    if content == b"try again":
        raise TryAgain("the content says try again", delay=0.05)
    if content == b"raise":
        raise RuntimeError("nobody foresaw this")
    if content == b"exit":
        os._exit(7)
    if content == b"segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == b"hang":
        time.sleep(3600)
    if content == b"nan":
        ctx.metric("mean", float("nan"))
    if content == b"link":
        ctx.output("environment.copy").symlink_to("/proc/self/environ")
    if content == b"sibling":
        ctx.sibling(".faces.json")
    if content == b"pair":
        ctx.output(f"{event.name}.0.copy").write_bytes(b"first")
    ctx.metric("bytes", len(content))
    ctx.output(f"{event.name}.copy").write_bytes(content)
