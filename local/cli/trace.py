"""``noria trace``."""

from collections.abc import Iterator

import click

from functions.runtime.runs import Run
from local.chain import Chain, ancestors, look
from local.cli.output import say, show
from local.cli.session import Session, json_option, split_object
from local.origin import Finder, Origin
from local.progress import Reader


@click.command()
@click.argument("address", metavar="BUCKET/KEY")
@json_option
def trace(address: str, as_json: bool) -> None:
    """Show where an object came from, and what came of it.

    One that is gone is looked for in the ledger; a dead letter is traced to its run and its input.

    \b
    $ noria trace photos-masks/out/a.jpg.blurred.png.masks.png
    """
    place = split_object(address)
    session = Session.open()
    given = session.given
    reader = Reader(session.store, given.ledger, given.ack_wait, lambda error: say(f"left out: {error}"))
    origin = Finder(session.store, session.ledger, session.services, reader).find(*place)
    above = list(ancestors(origin.parent, session.ledger))
    chains = [look(version, session.services, session.ledger) for version in reversed(origin.versions)]
    document = {
        "object": origin.versions[0].model_dump(),
        "gone": origin.is_gone,
        "trace": origin.trace or next((run.trace for run in [*above[::-1], *_runs(chains)] if run.trace), ""),
        "from": [run.model_dump(mode="json") for run in above],
        "to": [run.model_dump(mode="json") for run in _runs(chains)],
        "waiting": _waiting(chains, origin),
        "letter": origin.letter.letter.model_dump(mode="json") if origin.letter else None,
    }
    before = [line for run in reversed(above) for line in _lines(run)]
    after = [line for run in _runs(chains) for line in _lines(run)]
    after += [f"  {name} has not ended yet" for name in _waiting(chains, origin)]
    show(document, as_json=as_json, human=[*before, *_described(origin), *after])


def _runs(chains: list[Chain]) -> list[Run]:
    return list({run.name: run for chain in chains for run in chain.runs}.values())


def _waiting(chains: list[Chain], origin: Origin) -> list[str]:
    """Name the runs that have not ended; what is gone can have no run that has not begun."""
    known = {run.name for run in _runs(chains)}
    return [name for chain in chains for name in chain.waiting if name in known or not origin.is_gone]


def _described(origin: Origin) -> Iterator[str]:
    one = origin.versions[0]
    yield f"* {one.bucket}/{one.key}  " + ("it is gone" if origin.is_gone else f"{one.size:,} bytes")
    if origin.letter:
        yield f"  a dead letter of {origin.letter.letter.function}: {origin.letter.letter.reason}"


def _lines(run: Run) -> Iterator[str]:
    outputs = ", ".join(f"{output.bucket}/{output.key}" for output in run.outputs) or "nothing"
    outputs = f"see {run.member_of}" if run.member_of else outputs
    state = "lost, retrying" if run.is_lost else run.state
    yield f"  {run.input.bucket}/{run.input.key} --{run.function} {run.version} ({state})--> {outputs}"
    for failure in run.failures:
        yield f"    {failure.at:%Y-%m-%d %H:%M:%S} attempt {failure.attempt}: {failure.reason}"
