"""``noria status``."""

import asyncio
from dataclasses import asdict, dataclass

import click

import fdl
from local.backlog import Backlog, backlog_of
from local.cli.output import say, show, table
from local.cli.session import Session, json_option
from local.client import broker_of
from local.connection import Home, PlaneState
from local.dashboard.address import Address
from local.letters import letter_places
from local.metrics.discovery import url_of
from local.process import Process
from local.progress import Progress, Reader, Seen
from local.walls import told


@dataclass(frozen=True)
class FunctionStatus:
    """One function now.

    ``workers`` here; events ``queued``, the oldest of them since ``oldest_waiting`` seconds, ``in_flight`` and
    ``redelivered``; runs ``running`` and ``retrying``, of these ``lost`` with their workers (all at least so many
    unless ``exact``); ``runs`` in the ledger at all; dead letters (``failed``).
    """

    function: str
    workers: int
    queued: int
    oldest_waiting: float | None
    in_flight: int
    redelivered: int
    running: int
    retrying: int
    lost: int
    exact: bool
    runs: int
    failed: int


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show what is waiting, running, tried again and failed, for each function.

    Queued are events that no worker has taken yet; lost are runs whose worker is gone: they are tried again.
    """
    session = Session.open()
    state = PlaneState.now(Home(session.given.home))
    backlogs = asyncio.run(_backlogs(session))
    found = [_status(session, service, backlogs[service.name]) for service in session.services]
    functions = [{**asdict(each), **_named(progress)} for each, progress in found]
    address = Address.shown(Home(session.given.home))
    url = address.url if address else None
    metrics = url_of(Home(session.given.home)) if state.phase == "ready" else None
    document = {
        "phase": state.phase,
        "reason": state.reason,
        "isolation": state.isolation,
        "dashboard": url,
        "metrics": metrics,
        "functions": functions,
    }
    reason = f", {state.reason} ({state.hint})" if state.reason else ""
    columns = ["function", "workers ", "queued ", "oldest waiting ", "running ", "retrying ", "of these lost "]
    rows = [_row(each) for each, _ in found]
    human = [
        f"plane: {state.phase}{reason}",
        *(told(session.services, state.isolation) if state.isolation else []),
        *([f"dashboard: {url}"] if url else []),
        *([f"metrics: {metrics}"] if metrics else []),
        table([*columns, "dead letters ", "runs "], rows),
    ]
    show(document, as_json=as_json, human=human)


async def _backlogs(session: Session) -> dict[str, Backlog]:
    async with broker_of(session.given) as client:
        names = [service.name for service in session.services]
        return {name: await backlog_of(client, session.given.stream, name) for name in names}


def _status(session: Session, service: fdl.Service, backlog: Backlog) -> tuple[FunctionStatus, Progress]:
    given = session.given
    ack_wait = backlog.ack_wait or given.ack_wait
    reader = Reader(session.store, given.ledger, ack_wait, lambda error: say(f"left out: {error}"))
    stats = session.ledger.runs(service.name)
    progress = reader.progress(stats, expected=backlog.in_flight, backoff=given.backoff)
    return FunctionStatus(
        function=service.name,
        workers=_workers(session, service.name),
        queued=backlog.queued,
        oldest_waiting=None if backlog.oldest_waiting is None else round(backlog.oldest_waiting, 3),
        in_flight=backlog.in_flight,
        redelivered=backlog.redelivered,
        running=progress.count("running"),
        retrying=progress.count("retrying", "lost"),
        lost=progress.count("lost"),
        exact=progress.exact,
        runs=len(stats),
        failed=sum(1 for _ in letter_places(service, session.store, given.ledger)),
    ), progress


def _workers(session: Session, name: str) -> int:
    """Count the worker processes of a function on this machine."""
    folder = Home(session.given.home).run
    parts = [file.stem for file in folder.glob(f"worker-{name}-*.pid")]  # those of name-head, too
    return sum(Process(part, [], folder=folder).alive for part in parts if part.rpartition("-")[0] == f"worker-{name}")


def _named(progress: Progress) -> dict[str, object]:
    """Name the unfinished runs, for programs."""
    running = [seen for seen in progress.unfinished if seen.condition == "running"]
    others = [seen for seen in progress.unfinished if seen.condition != "running"]
    return {"running_runs": [_plain(seen) for seen in running], "retrying_runs": [_plain(seen) for seen in others]}


def _plain(seen: Seen) -> dict[str, object]:
    run = seen.run
    return {
        "run": run.name,
        "object": f"{run.input.bucket}/{run.input.key}",
        "state": seen.condition,
        "attempt": run.attempt,
        "since": seen.since.isoformat() if seen.since else None,
        "reason": seen.reason,
        "progress": dict(run.progress),
    }


def _row(each: FunctionStatus) -> tuple[object, ...]:
    waiting = "" if each.oldest_waiting is None else f"{each.oldest_waiting:.0f} s"
    least = "" if each.exact else ">="
    counts = [f"{least}{count}" for count in (each.running, each.retrying, each.lost)]
    return each.function, each.workers, each.queued, waiting, *counts, each.failed, each.runs
