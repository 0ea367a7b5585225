"""``noria report``."""

from datetime import UTC, datetime

import click

from functions.runtime.errors import Rejected
from local.cli.moment import Moment
from local.cli.output import say, show, table
from local.cli.session import Session, json_option
from local.watching import is_watched

COLUMNS = {
    "application": "application",
    "component": "component",
    "runs ": "runs",
    "failures ": "failures",
    "mean s ": "mean",
    "p50 ": "p50",
    "p95 ": "p95",
    "p99 ": "p99",
    "beyond ": "violations",
    "most a minute ": "busiest_minute",
}


@click.command()
@click.option("--since", type=Moment(), default="7d", show_default=True, help="From then on: 2h, 7d ago, or a time.")
@click.option("--application", default="", help="Only this application.")
@click.option("--tidy", is_flag=True, help="First put the tables of each day that is over together in one.")
@json_option
def report(since: datetime, application: str, tidy: bool, as_json: bool) -> None:
    """Tell how each component has kept its constraints: runs, failures, times, violations, throughput.

    What is asked are the tables that watch-constraints writes, and what it has not written yet.

    \b
    $ noria report --since 7d
    """
    try:
        from local.reporting import Tables
        from local.reporting import report as made
    except ModuleNotFoundError as error:
        hint = "python -m pip install --group report"
        raise Rejected(f"reports need the package {error.name}", hint=hint) from error
    session = Session.open()
    if not is_watched(session.services):
        raise Rejected("nothing that is served here watches constraints", hint="noria up fdl/watch-constraints.yaml")
    tables, now = Tables(session.store, session.services, say), datetime.now(UTC)
    if tidy:
        say(f"put {tables.tidy(f'{now:%Y-%m-%d}')} tables together")
    rows = [row for row in made(tables.runs(since), since, now) if application in ("", row["application"])]
    document = {"since": since.isoformat(), "until": now.isoformat(), "components": rows}
    human = [[_cell(row[name]) for name in COLUMNS.values()] for row in rows]
    show(document, as_json=as_json, human=[table([*COLUMNS], human) if human else "no run has ended since then"])


def _cell(value: object) -> object:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else value
