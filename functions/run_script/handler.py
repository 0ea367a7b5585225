"""Run the script of the service on every object that arrives, as OSCAR's supervisor does."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from events import ObjectCreated
from functions.run_script.script import Said, how, run
from functions.run_script.settings import RunScript
from functions.run_script.surroundings import surroundings
from functions.runtime import Context, Rejected, TryAgain, function
from functions.runtime.kernel import adopt_orphans
from functions.runtime.workspace import private_folder

BAD_OBJECT = 65
"""The exit code that says that the object is wrong and always will be (EX_DATAERR of sysexits.h)."""
TOLD = 2.0
"""Seconds between two words about how far a run is."""


@function(settings=RunScript, warm=lambda _: adopt_orphans())
def run_script(event: ObjectCreated, ctx: Context[RunScript]) -> None:
    """Publish what the script writes into ``TMP_OUTPUT_DIR``, if it ends with 0.

    Raises:
        Rejected: It ended with 65: the object can never be worked on. Or it has no name that a file can have.
        TryAgain: It ended otherwise.
    """
    with private_folder(ctx.folder.parent.resolve()) as workspace:  # the host clears that up whatever happens
        folders = {name: workspace / name for name in ("input", "work", "spare")}
        for folder in folders.values():
            folder.mkdir()
        folders["output"] = ctx.folder.resolve()
        file = folders["input"] / _name(event)
        shutil.copyfile(ctx.fetch(event), file)  # no link: the script may write to it
        said = Said(ctx.settings.log_lines, partial(_log, ctx))
        environ = surroundings(event, ctx.settings, folders, file=file, job=_job(ctx))
        code = run(ctx.settings.file, environ, folders["work"], said=said, tick=_ticking(ctx))
    ctx.log.info("script ended", extra={"code": code, "lines": said.lines})
    _judge(code, said, ctx.settings.file)


def _judge(code: int, said: Said, file: Path) -> None:
    if code == BAD_OBJECT:
        raise Rejected(said.reason or f"{file.name} says that the object cannot be worked on (exit code {code})")
    if code:
        reason = f": {said.reason}" if said.reason else ""
        hint = f"see its log; a script that ends with {BAD_OBJECT} says that trying again is of no use"
        raise TryAgain(f"{file.name} ended with {how(code)}{reason}", hint=hint)


def _name(event: ObjectCreated) -> str:
    """Give the object's own name, which scripts name their results after."""
    if event.name in {"", ".", ".."} or "\0" in event.name or len(event.name.encode()) > 255:
        raise Rejected("the object has no name that a file can have", hint="upload it under another name")
    return event.name


def _job(ctx: Context[RunScript]) -> str:
    """Name the run as OSCAR names a job; each attempt has the same name."""
    return f"{ctx.settings.service}-{ctx.random.getrandbits(128):032x}"


def _log(ctx: Context[RunScript], stream: str, line: str) -> None:
    ctx.log.info(line, extra={"stream": stream})


def _ticking(ctx: Context[RunScript]) -> Callable[[], None]:
    """Show now and then for how long the script has run; whoever cancels the run is heard there."""
    began = told = time.monotonic()

    def tick() -> None:
        nonlocal told
        if time.monotonic() - told > TOLD:
            told = time.monotonic()
            ctx.progress(seconds=round(told - began, 1))

    return tick
