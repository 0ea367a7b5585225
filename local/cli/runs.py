"""``noria runs``."""

from itertools import islice
from typing import get_args

import click

from functions.runtime.settings import nearest
from local.cli.output import say, show, table
from local.cli.session import Session, json_option
from local.progress import Condition, Reader, Seen

STATES: tuple[Condition, ...] = get_args(Condition)


@click.command()
@click.option("--function", default="", help="Only runs of this function.")
@click.option("--state", default="", help=f"Only runs in this state: {', '.join(STATES)}; a lost one is retrying too.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="The newest so many.")
@json_option
def runs(function: str, state: str, limit: int, as_json: bool) -> None:
    """List the newest runs, the newest last.

    \b
    $ noria runs --state retrying --function blur-faces
    """
    if state and state not in STATES:
        hint = f"there is no state {state!r}{nearest(state, STATES)}"
        raise click.BadParameter(f"{hint} (known are {', '.join(STATES)})", param_hint="--state")
    session = Session.open()
    session.check_function(function)
    given = session.given
    reader = Reader(session.store, given.ledger, given.ack_wait, lambda error: say(f"left out: {error}"))
    stats = session.ledger.runs(function)
    newest = reader.newest_first(stats, max(limit, reader.most) if state else limit)
    found = list(islice((seen for seen in newest if _is_in(seen, state)), limit))[::-1]
    if state and len(found) < limit and len(stats) > reader.most:
        say(f"looked at the newest {reader.most:,} runs")
    document = [{**seen.run.model_dump(mode="json"), "lost": seen.condition == "lost"} for seen in found]
    columns = ["since (UTC)", "function", "state", "attempt ", "seconds ", "CPU s ", "MiB ", "object", "why"]
    show(document, as_json=as_json, human=[table(columns, map(_row, found))])


def _is_in(seen: Seen, state: str) -> bool:
    return state in {"", seen.condition} or (state == "retrying" and seen.condition == "lost")


def _row(seen: Seen) -> tuple[object, ...]:
    run = seen.run
    took = f"{(run.finished - run.started).total_seconds():.3f}" if run.finished and run.started else ""
    when = f"{seen.since:%Y-%m-%d %H:%M:%S}" if seen.since else ""
    state = "lost, retrying" if seen.condition == "lost" else seen.condition
    memory = f"{run.peak_memory / 2**20:.0f}" if run.peak_memory else ""
    name = f"{run.input.bucket}/{run.input.key}"
    far = ", ".join(f"{what} {number:g}" for what, number in run.progress.items())
    return when, run.function, state, run.attempt, took, f"{run.cpu_seconds:.3f}", memory, name, seen.reason or far
