"""The function that every host runs: two outputs an object, and whatever trouble the object's first line asks for."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, TryAgain, function
from functions.runtime.errors import NotYetError
from tests.faults.handlers import TROUBLES, results_of


class Contract(Settings):
    """It has none."""


@function(settings=Contract)
def contract(event: ObjectCreated, ctx: Context[Contract]) -> None:
    """Write ``<name>.copy``, the input's content, and ``<name>.sum``, its SHA-256 in hex digits."""
    content = ctx.fetch(event).read_bytes()
    word, *files = content[:1000].decode(errors="replace").split("\n")
    if word == "hold":
        hold(Path(files[0]), Path(files[1]))
    if word == "pair" and not is_last_of_pair(ctx):
        return
    if word in OURS:
        OURS[word](ctx)
    elif word in TROUBLES:
        TROUBLES[word](ctx)  # type: ignore[arg-type] # they look at no settings
    if word == "nothing":
        return
    ctx.metric("bytes", len(content))
    for name, result in results_of(event.name, content).items():
        ctx.output(name).write_bytes(result)


def hold(begun: Path, go: Path) -> None:
    """Say that the handler is under way, and wait until a test lets it go on."""
    begun.touch()
    while not go.exists():
        time.sleep(0.02)


def is_last_of_pair(ctx: Context[Contract]) -> bool:
    """Tell whether this event works on the folder's two objects."""
    found = ctx.beside()
    if len(found) < 2:
        raise NotYetError("the content says pair, and there is one", delay=0.2)
    for one in found:
        ctx.take(one)
    return ctx.lead(found)


def again_once(ctx: Context[Contract]) -> None:
    if ctx.attempt == 1:
        raise TryAgain("the content says again", delay=0.1)


def exit_once(ctx: Context[Contract]) -> None:
    if ctx.attempt == 1:
        os._exit(9)


def hang_once(ctx: Context[Contract]) -> None:
    if ctx.attempt == 1:
        time.sleep(600)


def wait(ctx: Context[Contract]) -> None:
    if ctx.waited < 0.3:
        raise NotYetError("the content says wait", delay=0.2)


def half(ctx: Context[Contract]) -> None:
    ctx.output("half.copy").write_bytes(b"half")
    raise Rejected("the content says half", hint="upload the other half")


OURS: dict[str, Callable[[Context[Contract]], object]] = {
    "again once": again_once,
    "exit once": exit_once,
    "hang once": hang_once,
    "five seconds": lambda _: time.sleep(5),
    "wait": wait,
    "half": half,
    "link": lambda ctx: ctx.output("link.copy").symlink_to("/proc/self/environ"),
    "letter": lambda ctx: ctx.output("forged.failure.json").write_bytes(b"{}"),
    "stranger": lambda ctx: ctx.output("stranger.exe").write_bytes(b"MZ"),
    "folder": lambda ctx: ctx.output("deep/er/more.copy").write_bytes(b"deeper"),
}
