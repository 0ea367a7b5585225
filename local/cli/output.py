"""How the command line speaks: results on stdout, everything else on stderr, one exit code a kind of failure."""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fdl import FdlError
from functions.runtime.errors import FunctionError
from local.process import ServiceError

DONE, OUR_FAULT, USAGE, REJECTED, UNAVAILABLE, CHECK_FAILED = 0, 1, 2, 3, 4, 5
stderr = Console(stderr=True, highlight=False)
UNFOLDED = 10_000
"""Columns for whoever reads from a pipe: a name that is folded is found by nobody."""


def say(text: str) -> None:
    """Tell the person at the terminal how far it is."""
    stderr.print(printable(text), markup=False, soft_wrap=True)


def show(document: object, *, as_json: bool, human: Iterable[Any] = ()) -> None:
    """Print a result: ``document`` as one JSON document, or what ``human`` gives for eyes."""
    if as_json:
        click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
        return
    width = None if sys.stdout.isatty() else UNFOLDED
    console = Console(highlight=False, width=width)
    for part in human:
        if isinstance(part, str):
            console.print(printable(part), markup=False, soft_wrap=True)
        else:
            console.print(part)


def printable(text: str) -> str:
    """Write out what a terminal would obey: a key may hold any character, and whoever uploads chooses it."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Make a plain table; columns whose name ends in a blank are set to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column.strip(), justify="right" if column.endswith(" ") else "left", overflow="fold")
    for row in rows:
        made.add_row(*(printable(str(cell)) for cell in row))
    return made


def progress_bar(text: str, total: int | None) -> Progress:
    """Make a progress bar with one task, of unknown length without ``total``; it draws on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True)
    progress.add_task(text, total=total)
    return progress


def complain(error: BaseException, home: Path) -> int:
    """Tell what went wrong in one sentence and a hint, and give the exit code for it."""
    match error:
        case click.UsageError():
            error.show()
            return USAGE
        case click.exceptions.Exit():
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            say("stopped")
            return 130
        case FunctionError() | FdlError() | ServiceError():
            say(f"error: {error}")
            if error.hint:
                say(f"hint: {error.hint}")
            away = isinstance(error, ServiceError) or (isinstance(error, FunctionError) and error.retry)
            return UNAVAILABLE if away else REJECTED
        case OSError() if error.filename is not None:
            say(f"error: cannot use {error.filename}: {error.strerror}")
            if Path(str(error.filename)).is_relative_to(home):
                say("hint: NORIA_HOME must name a folder of yours, or one that can be made")
            return REJECTED
    say(f"error: this is a mistake in noria itself: {type(error).__name__}: {error}")
    say(f"hint: report it with {_keep(error, home)}")
    return OUR_FAULT


def _keep(error: BaseException, home: Path) -> Path:
    text = "".join(traceback.format_exception(error))
    file = home / "crash.log"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(text)
    except OSError:
        number, name = tempfile.mkstemp(prefix="noria-crash-", suffix=".log")
        with os.fdopen(number, "w") as out:
            out.write(text)
        return Path(name)
    return file
