"""``noria logs``."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.connection import Home


@click.command()
@click.argument("part", default="")
@click.option("-f", "--follow", is_flag=True, help="Go on printing what comes.")
@click.option("--lines", default=50, show_default=True, type=click.IntRange(0), help="The last so many of each log.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON lines as they were written.")
def logs(part: str, follow: bool, lines: int, as_json: bool) -> None:
    """Print the logs of a function, or of a part: publisher, supervisor; of all by default."""
    home = Home(Configuration.read(os.environ).home)
    files = {file.stem: file for file in sorted(home.run.glob("*.log"))}
    chosen = {
        name: file for name, file in files.items() if not part or name == part or name.startswith(f"worker-{part}-")
    }
    if not chosen:
        known = {name.removeprefix("worker-").rpartition("-")[0] or name for name in files}
        raise Rejected(f"there is no log of {part or 'anything'}{nearest(part, known)}", hint="noria up writes logs")
    for name, line in _newest(chosen, lines):
        _print(name, line, as_json=as_json)
    if follow:
        for name, line in _coming(chosen):
            _print(name, line, as_json=as_json)


def _newest(files: dict[str, Path], lines: int) -> list[tuple[str, str]]:
    last = [(name, line) for name, file in files.items() for line in file.read_text().splitlines()[-lines or 10**9 :]]
    return sorted(last, key=lambda each: str(_parsed(each[1]).get("time", ""))) if lines else []


def _coming(files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    open_files = {name: file.open() for name, file in files.items()}
    for file in open_files.values():
        file.seek(0, os.SEEK_END)
    while True:
        quiet = True
        for name, file in open_files.items():
            while line := file.readline():
                quiet = False
                yield name, line.rstrip("\n")
        if quiet:
            time.sleep(0.1)


def _print(name: str, line: str, *, as_json: bool) -> None:
    parsed = _parsed(line)
    if as_json or not parsed:
        click.echo(line)
        return
    shown = " ".join(
        f"{key}={value}" for key, value in parsed.items() if key not in {"time", "level", "event", "traceback"}
    )
    click.echo(f"{parsed.get('time', '')} {name} {parsed.get('level', '')} {parsed.get('event', '')} {shown}")
    if "traceback" in parsed:
        click.echo(parsed["traceback"])


def _parsed(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
