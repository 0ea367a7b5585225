"""``noria logs``."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import click

from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.cli.output import printable
from local.connection import Home

BLOCK = 2**16
_WORKER = re.compile(r"worker-(.+)-\d+")


@click.command()
@click.argument("part", default="")
@click.option("-f", "--follow", is_flag=True, help="Go on printing what comes.")
@click.option("--lines", default=50, show_default=True, type=click.IntRange(0), help="The last so many of each log.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON lines as they were written.")
def logs(part: str, follow: bool, lines: int, as_json: bool) -> None:
    """Print the logs of a function, or of a part: publisher, supervisor; of all by default."""
    home = Home(Configuration.read(os.environ).home)
    files = {file.stem: file for file in sorted(home.run.glob("*.log"))}
    chosen = {name: file for name, file in files.items() if part in {"", name, _part(name)}}
    if not chosen:
        known = sorted({_part(name) for name in files})
        hint = f"there are logs of {', '.join(known)}" if known else "noria up writes logs"
        raise Rejected(f"there is no log of {part or 'anything'}{nearest(part, known)}", hint=hint)
    for name, line in _newest(chosen, lines):
        _print(name, line, as_json=as_json)
    if follow:
        for name, line in _coming(chosen):
            _print(name, line, as_json=as_json)


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


def _part(name: str) -> str:
    worker = _WORKER.fullmatch(name)
    return worker[1] if worker else name


def _newest(files: dict[str, Path], lines: int) -> list[tuple[str, str]]:
    last = [(name, line) for name, file in files.items() for line in last_lines(file, lines)]
    return sorted(last, key=lambda each: str(_parsed(each[1]).get("time", "")))


def _coming(files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    places = {name: file.stat().st_size for name, file in files.items()}
    while True:
        for name, file in files.items():
            with file.open("rb") as log:
                if places[name] > log.seek(0, os.SEEK_END):  # it was cut
                    places[name] = 0
                log.seek(places[name])
                for line in log:
                    if not line.endswith(b"\n"):
                        break  # its end is still to come
                    places[name] += len(line)
                    yield name, line.decode(errors="replace").rstrip("\n")
        time.sleep(0.1)


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
