"""The function of the fault suite: two outputs an object, and whatever trouble the object's first line asks for."""

import ctypes
import hashlib
import os
import time
from collections.abc import Callable

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, TryAgain, function

BLOCK = 16 * 2**20
MUCH = 8
"""Blocks of memory that a handler may have within 256 MiB, beside its own."""
MOST = 96
"""Blocks of memory after which a greedy handler gives up, so that no limit at all does not cost the machine its own."""


class Faulty(Settings):
    """How long a run takes, from its FDL's environment."""

    seconds: float = 0


@function(settings=Faulty)
def faulty(event: ObjectCreated, ctx: Context[Faulty]) -> None:
    """Write ``<name>.copy``, the input's content, and after ``seconds`` ``<name>.sum``, its SHA-256 in hex digits."""
    content = ctx.fetch(event).read_bytes()
    word = content.partition(b"\n")[0].decode(errors="replace")
    if word in TROUBLES:
        TROUBLES[word](ctx)
    results = results_of(event.name, content)
    ctx.output(f"{event.name}.copy").write_bytes(results.pop(f"{event.name}.copy"))
    time.sleep(0.5 if "mid-function" in event.key else ctx.settings.seconds)
    for name, result in results.items():
        ctx.output(name).write_bytes(result)


def results_of(name: str, content: bytes) -> dict[str, bytes]:
    """Give what a run on ``content`` must have published, by name."""
    return {f"{name}.copy": content, f"{name}.sum": hashlib.sha256(content).hexdigest().encode()}


def reject(_: Context[Faulty]) -> None:
    raise Rejected("the content says reject", hint="upload something else")


def fail(_: Context[Faulty]) -> None:
    raise RuntimeError("nobody foresaw this")


def fail_twice(ctx: Context[Faulty]) -> None:
    if ctx.attempt <= 2:
        raise TryAgain(f"the content says fail, attempt {ctx.attempt}")


def reject_later(ctx: Context[Faulty]) -> None:
    if ctx.attempt > 1:
        raise Rejected("the content says reject, but not at first")


def eat(_: Context[Faulty]) -> None:
    eaten: list[bytes] = []
    while len(eaten) < MOST:
        eaten.append(os.urandom(BLOCK // 64) * 64)
        time.sleep(0.01)


TROUBLES: dict[str, Callable[[Context[Faulty]], object]] = {
    "reject": reject,
    "reject later": reject_later,
    "raise": fail,
    "fail twice": fail_twice,
    "exit": lambda _: os._exit(7),
    "segfault": lambda _: ctypes.string_at(0),
    "second": lambda _: time.sleep(1),
    "two seconds": lambda _: time.sleep(2),
    "fifteen seconds": lambda _: time.sleep(15),
    "hang": lambda _: time.sleep(3600),
    "eat": eat,
    "much": lambda _: os.urandom(BLOCK // 64) * 64 * MUCH,
}
