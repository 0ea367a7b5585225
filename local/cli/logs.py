"""``noria logs``."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from fdl import FdlError
from functions.runtime.configuration import Configuration
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.settings import nearest
from local.cli.output import printable, say
from local.cli.session import served
from local.connection import Home

BLOCK = 2**16
EVERY = 0.1
"""Seconds between looks at what has come."""
OURS = ("publisher", "supervisor")
_WORKER = re.compile(r"worker-(.+)-\d+")


@click.command()
@click.argument("part", default="")
@click.option("-f", "--follow", is_flag=True, help="Go on printing what comes.")
@click.option("--lines", default=50, show_default=True, type=click.IntRange(0), help="The last so many of each log.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON lines as they were written.")
def logs(part: str, follow: bool, lines: int, as_json: bool) -> None:
    """Print the logs of a function or of a part, of all by default.

    Parts are publisher, supervisor, store and broker; the last two are servers, whose logs are printed only when asked
    for by name.

    \b
    $ noria logs blur-faces -f
    """
    given = Configuration.read(os.environ)
    home = Home(given.home)
    chosen = log_files(home, part)
    if not chosen and not (follow and part in {"", *OURS, *servers(home), *_functions(given)}):
        known = sorted({_part(name) for name in log_files(home)})
        known += [name for name, file in servers(home).items() if file.exists()]
        hint = f"there are logs of {', '.join(known)}" if known else "noria up writes logs"
        raise Rejected(f"there is no log of {part or 'anything'}{nearest(part, known)}", hint=hint)
    followed = Followed(lambda: log_files(home, part), chosen)
    if not chosen:
        say("nothing is logged yet")
    for name, line in _newest(chosen, lines):
        _print(name, line, as_json=as_json)
    while follow:
        for name, line in followed.coming():
            _print(name, line, as_json=as_json)
        time.sleep(EVERY)


def log_files(home: Home, part: str = "") -> dict[str, Path]:
    """Name the logs that there are of a part; of all but the servers when it is empty."""
    if part in servers(home):
        file = servers(home)[part]
        return {part: file} if file.exists() else {}
    files = {file.stem: file for file in sorted(home.run.glob("*.log"))}
    return {name: file for name, file in files.items() if part in {"", name, _part(name)}}


def servers(home: Home) -> dict[str, Path]:
    """Give where the embedded servers write their logs."""
    return {"store": home.store / "weed.log", "broker": home.broker / "nats-server.log"}


class Followed:
    """Logs that are being written: ``files`` says which there are now, for one may begin later than those ``known``."""

    def __init__(self, files: Callable[[], Mapping[str, Path]], known: Mapping[str, Path]) -> None:
        self._files = files
        self._places = {name: file.stat().st_size for name, file in known.items()}

    def coming(self) -> Iterator[tuple[str, str]]:
        """Give the lines that were written since the last call, each with its log's name."""
        for name, file in self._files().items():
            try:
                with file.open("rb") as log:
                    if self._places.setdefault(name, 0) > log.seek(0, os.SEEK_END):  # it was cut
                        self._places[name] = 0
                    log.seek(self._places[name])
                    for line in log:
                        if not line.endswith(b"\n"):
                            break  # its end is still to come
                        self._places[name] += len(line)
                        yield name, line.decode(errors="replace").rstrip("\n")
            except FileNotFoundError:  # taken away since it was named
                self._places.pop(name, None)


def last_lines(file: Path, lines: int) -> list[str]:
    """Read the end of a log, and no more of it than that takes."""
    with file.open("rb") as log:
        start = log.seek(0, os.SEEK_END)
        text = b""
        while start and text.count(b"\n") <= lines:
            size = min(BLOCK, start)
            start = log.seek(start - size)
            text = log.read(size) + text
    return [line.decode(errors="replace") for line in text.splitlines()[-lines:]] if lines else []


def _functions(given: Configuration) -> set[str]:
    """Name the functions that may begin to log."""
    try:
        return {service.name for service in served(given)}
    except (FunctionError, FdlError, OSError):
        return set()


def _part(name: str) -> str:
    worker = _WORKER.fullmatch(name)
    return worker[1] if worker else name


def _newest(files: dict[str, Path], lines: int) -> list[tuple[str, str]]:
    last = [(name, line) for name, file in files.items() for line in last_lines(file, lines)]
    return sorted(last, key=lambda each: str(_parsed(each[1]).get("time", "")))


def _print(name: str, line: str, *, as_json: bool) -> None:
    parsed = _parsed(line)
    if as_json:
        click.echo(line)
        return
    if not parsed:
        click.echo(printable(line))
        return
    shown = " ".join(
        f"{key}={value}" for key, value in parsed.items() if key not in {"time", "level", "event", "traceback"}
    )
    head = f"{parsed.get('time', '')} {name} {parsed.get('level', '')} {parsed.get('event', '')} {shown}"
    for text in (head, *str(parsed.get("traceback", "")).splitlines()):
        click.echo(printable(text))


def _parsed(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
