"""``noria failed``: the dead letters, and what a person can do about them."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import click
from nats.errors import Error as NatsError

from functions.runtime.errors import FunctionError
from local.cli.output import REJECTED, progress_bar, say, show, table
from local.cli.session import Session, json_option, split_object
from local.client import broker_of
from local.letters import Letters, StoredLetter, oldest_first
from local.pace import Pace
from local.redrive import Outcome, Redrive

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def failed() -> None:
    """Look at dead letters, send their events round again, or throw them away."""


@failed.command("list")
@click.option("--function", default="", help="Only those of this function.")
@json_option
def list_(function: str, as_json: bool) -> None:
    """List the dead letters with the reason of each, the oldest first."""
    session = Session.open()
    session.check_function(function)
    found = oldest_first(_letters(session).all(function))
    document = [{"letter": each.address, **each.letter.model_dump(mode="json")} for each in found]
    human = [_table(found)] if found else ["no dead letters"]
    show(document, as_json=as_json, human=human)


@failed.command("show")
@click.argument("address", metavar="BUCKET/KEY")
@json_option
def show_(address: str, as_json: bool) -> None:
    """Show one dead letter: reason, hint, object, attempts."""
    place = split_object(address)
    session = Session.open()
    letter = _letters(session).named(*place).letter
    source = f"{letter.input.bucket}/{letter.input.key}" if letter.input else "a message that is no event"
    human = [f"{letter.function} could not process {source}", f"reason: {letter.reason}"]
    human += [f"hint: {letter.hint}"] if letter.hint else []
    human += [f"attempts: {letter.attempts}, at {letter.at:%Y-%m-%d %H:%M:%S} UTC, version {letter.version}"]
    show(letter.model_dump(mode="json"), as_json=as_json, human=human)


def _selection(function: F) -> F:
    """Add the ways to say which letters are meant."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Only list what would be done."),
        click.option("--all", "everything", is_flag=True, help="Every dead letter of every function."),
        click.option("--function", "name", default="", help="Every dead letter of this function."),
        click.argument("addresses", metavar="[BUCKET/KEY]...", nargs=-1),
    ):
        function = option(function)
    return function


@failed.command()
@_selection
@click.option("--rate", default=100, show_default=True, type=click.IntRange(1, 500), help="At most so many a second.")
@json_option
def retry(addresses: tuple[str, ...], name: str, everything: bool, dry_run: bool, rate: int, as_json: bool) -> None:
    """Send the events of dead letters round again, the oldest first; each letter goes when its run begins anew.

    \b
    $ noria failed retry --function blur-faces --rate 10
    """
    session, letters = _chosen(addresses, name, everything=everything)
    outcomes = asyncio.run(_retry(session, letters, rate, dry_run=dry_run))
    _report("would be sent again" if dry_run else "sent again", "retried", outcomes, as_json=as_json)
    if outcomes and all(reason for _, reason in outcomes):
        raise click.exceptions.Exit(REJECTED)


@failed.command()
@_selection
@json_option
def purge(addresses: tuple[str, ...], name: str, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Throw dead letters away; their runs stay in the ledger as failed, so that nothing runs again.

    \b
    $ noria failed purge --function blur-faces --dry-run
    """
    session, letters = _chosen(addresses, name, everything=everything)
    with progress_bar("deleting", len(letters)) as progress:
        for each in () if dry_run else letters:
            _letters(session).purge(each)
            progress.advance(progress.task_ids[0])
    _report("would be deleted" if dry_run else "deleted", "purged", [(e, "") for e in letters], as_json=as_json)


def _chosen(addresses: tuple[str, ...], name: str, *, everything: bool) -> tuple[Session, list[StoredLetter]]:
    """Read the letters that are meant; all of them, before anything is changed."""
    if sum((bool(addresses), bool(name), everything)) != 1:
        raise click.UsageError("say which dead letters: BUCKET/KEY..., --function NAME or --all (one of the three)")
    places = [split_object(address) for address in dict.fromkeys(addresses)]
    session = Session.open()
    session.check_function(name)
    if not places:
        return session, oldest_first(_letters(session).all(name))
    return session, oldest_first(_letters(session).named(*place) for place in places)


async def _retry(session: Session, letters: list[StoredLetter], rate: int, *, dry_run: bool) -> list[Outcome]:
    redrive = Redrive(session.store, session.ledger, session.services)
    outcomes: list[Outcome] = []
    async with broker_of(session.given) as client:
        with progress_bar("sending again", len(letters)) as progress:
            try:
                sent = redrive.send_again(client.jetstream(), letters, pace=Pace(rate), dry_run=dry_run)
                async for outcome in sent:
                    outcomes.append(outcome)
                    progress.advance(progress.task_ids[0])
            except (FunctionError, NatsError, OSError):
                say(f"{sum(not reason for _, reason in outcomes)} were sent again before this:")
                raise
    return outcomes


def _report(verb: str, name: str, outcomes: list[Outcome], *, as_json: bool) -> None:
    done = [each for each, reason in outcomes if not reason]
    left = [(each, reason) for each, reason in outcomes if reason]
    document = {
        name: [each.address for each in done],
        "left": [{"letter": each.address, "reason": reason} for each, reason in left],
    }
    human: list[object] = [_table(done)] if done else []
    human += [f"{len(done)} of {len(outcomes)} {verb}" if outcomes else "no dead letters"]
    show(document, as_json=as_json, human=human)
    for each, reason in left:
        say(f"left: {each.address}: {reason}")


def _table(letters: list[StoredLetter]) -> object:
    rows = [(f"{e.letter.at:%Y-%m-%d %H:%M:%S}", e.letter.function, e.letter.reason, e.address) for e in letters]
    return table(["at (UTC)", "function", "reason", "dead letter"], rows)


def _letters(session: Session) -> Letters:
    leave_out: Callable[[FunctionError], None] = lambda error: say(f"left out: {error}")  # noqa: E731
    return Letters(session.store, session.ledger, session.given.ledger, session.services, leave_out)
