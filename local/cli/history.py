"""``noria status``, ``noria runs`` and ``noria trace``."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import click
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

import fdl
from functions.runtime.errors import FunctionError, StoreUnavailableError
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Run
from functions.runtime.lineage import PARENT, TRACE
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder
from local.chain import ancestors, look
from local.cli.output import say, show, table
from local.cli.session import Session, json_option, split_object, stored
from local.connection import Home, NotRunningError, PlaneState
from local.process import Process


@dataclass(frozen=True)
class FunctionStatus:
    """One function now: workers here; events waiting, in flight, redelivered; runs in the ledger; dead letters."""

    function: str
    workers: int
    queued: int
    in_flight: int
    redelivered: int
    runs: int
    failed: int


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show what is running, waiting and failed, for each function."""
    session = Session.open()
    state = PlaneState.now(Home(session.given.home))
    found = asyncio.run(_status(session))
    columns = ["function", "workers ", "queued ", "in flight ", "redelivered ", "runs ", "dead letters "]
    rows = [tuple(asdict(each).values()) for each in found]
    document = {"phase": state.phase, "reason": state.reason, "functions": [asdict(each) for each in found]}
    reason = f", {state.reason} ({state.hint})" if state.reason else ""
    show(document, as_json=as_json, human=[f"plane: {state.phase}{reason}", table(columns, rows)])


async def _status(session: Session) -> list[FunctionStatus]:
    try:
        client = await connect(session.given, patient=False)
    except (NatsError, OSError) as error:
        raise NotRunningError("the broker does not answer", hint="noria up") from error
    try:
        js = client.jetstream()
        found = []
        for service in session.services:
            try:
                info = await js.consumer_info(session.given.stream, service.name)
            except NotFoundError:
                continue
            found.append(
                FunctionStatus(
                    function=service.name,
                    workers=_workers(session, service.name),
                    queued=info.num_pending or 0,
                    in_flight=info.num_ack_pending or 0,
                    redelivered=info.num_redelivered or 0,
                    runs=len(session.ledger.runs(service.name)),
                    failed=sum(1 for _ in dead_letter_keys(session, service)),
                )
            )
        return found
    finally:
        await client.close()


def _workers(session: Session, name: str) -> int:
    """Count the worker processes of a function on this machine."""
    folder = Home(session.given.home).run
    return sum(Process(file.stem, [], folder=folder).alive for file in folder.glob(f"worker-{name}-*.pid"))


def dead_letter_keys(session: Session, service: fdl.Service) -> Iterable[tuple[str, str]]:
    """Go through the dead letters of a service, as bucket and key."""
    bucket, prefix = failure_folder(service, session.given.ledger)
    for stat in session.store.list(bucket, prefix):
        if stat.key.endswith(FAILURE_SUFFIX):
            yield bucket, stat.key


@click.command()
@click.option("--function", default="", help="Only runs of this function.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="The newest so many.")
@json_option
def runs(function: str, limit: int, as_json: bool) -> None:
    """List the newest runs, the newest last."""
    session = Session.open()
    session.check_function(function)
    newest = session.ledger.runs(function)[-limit:]
    with ThreadPoolExecutor(16) as pool:
        read = pool.map(lambda stat: _readable(session, stat.key.removesuffix(".json")), newest)
        found = [run for run in read if run is not None]
    columns = ["finished (UTC)", "function", "state", "attempt ", "seconds ", "CPU s ", "MiB ", "object"]
    show([run.model_dump(mode="json") for run in found], as_json=as_json, human=[table(columns, map(_row, found))])


def _readable(session: Session, name: str) -> Run | None:
    try:
        return session.ledger.find(name)
    except StoreUnavailableError:
        raise
    except FunctionError as error:
        say(f"left out: {error}")
        return None


def _row(run: Run) -> tuple[object, ...]:
    took = (run.finished - run.started).total_seconds() if run.finished and run.started else 0
    when = f"{run.finished:%Y-%m-%d %H:%M:%S}" if run.finished else ""
    memory = f"{run.peak_memory / 2**20:.0f}" if run.peak_memory else ""
    name = f"{run.input.bucket}/{run.input.key}"
    return when, run.function, run.state, run.attempt, f"{took:.3f}", f"{run.cpu_seconds:.3f}", memory, name


@click.command()
@click.argument("address", metavar="BUCKET/KEY")
@json_option
def trace(address: str, as_json: bool) -> None:
    """Show where an object came from, and what came of it.

    \b
    $ noria trace photos-masks/out/a.jpg.blurred.png.masks.png
    """
    split_object(address)
    session = Session.open()
    one, metadata = stored(session.store, address)
    above = list(ancestors(metadata.get(PARENT, ""), session.ledger))
    chain = look(one, session.services, session.ledger)
    document = {
        "object": one.model_dump(),
        "trace": metadata.get(TRACE, above[-1].trace if above else ""),
        "from": [run.model_dump(mode="json") for run in above],
        "to": [run.model_dump(mode="json") for run in chain.runs],
        "waiting": chain.waiting,
    }
    lines = [_line(run) for run in reversed(above)]
    after = [_line(run) for run in chain.runs] + [f"{name} has not ended yet" for name in chain.waiting]
    show(document, as_json=as_json, human=[*lines, f"* {one.bucket}/{one.key}  {one.size:,} bytes", *after])


def _line(run: Run) -> str:
    outputs = ", ".join(f"{output.bucket}/{output.key}" for output in run.outputs) or "nothing"
    return f"  {run.input.bucket}/{run.input.key} --{run.function} {run.version} ({run.state})--> {outputs}"
