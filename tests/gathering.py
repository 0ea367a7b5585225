"""A function on sets, for tests: it adds up the files that a list in the folder names, one file a step."""

import time

from events import ObjectCreated
from functions.runtime import Context, NotYetError, Rejected, Settings, function
from functions.runtime.desk import Beside


class Gathering(Settings):
    """``patience``: seconds to wait for what is missing; ``step``: seconds that each file takes."""

    patience: float = 60
    step: float = 0


@function(settings=Gathering)
def gathering(event: ObjectCreated, ctx: Context[Gathering]) -> None:
    """Write ``sum.txt``: what is in the files that ``list.txt`` names, one after the other."""
    members = _members(ctx)
    if not ctx.lead(members):
        return
    kept = ctx.checkpointed()
    done = kept.read_text().splitlines() if kept else []
    ctx.metric("resumed_at", len(done))
    for number, one in enumerate(members[len(done) :], len(done) + 1):
        ctx.progress(step=number, steps=len(members))
        time.sleep(ctx.settings.step)
        done.append(ctx.take(one).read_text())
        note = ctx.folder.with_name("note")
        note.write_text("".join(f"{line}\n" for line in done))
        ctx.checkpoint(note)
    ctx.output("sum.txt").write_text("+".join(done))


def _members(ctx: Context[Gathering]) -> list[Beside]:
    there = {one.name: one for one in ctx.beside()}
    if "list.txt" not in there:
        _wait(ctx, "list.txt")
    names = ctx.take(there["list.txt"]).read_text().split()
    for name in names:
        if name not in there:
            _wait(ctx, name)
    return [there["list.txt"], *(there[name] for name in names)]


def _wait(ctx: Context[Gathering], name: str) -> None:
    if ctx.waited > ctx.settings.patience:
        raise Rejected(f"{name} never came", hint="upload it")
    raise NotYetError(f"waiting for {name}", delay=0.05, patience=ctx.settings.patience)
