"""``noria failed``: the dead letters, and what a person can do about them."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import click
from nats.errors import Error as NatsError

from events import ObjectCreated
from functions.runtime.errors import FunctionError, MissingError, Rejected, StoreUnavailableError
from local.bell import ring
from local.cli.output import REJECTED, progress_bar, say, show, table
from local.cli.session import Session, broker_of, json_option, split_object
from local.letters import StoredLetter, letter_places, named_letter, oldest_first, read_letter
from local.pace import Pace
from local.redrive import Redrive

F = TypeVar("F", bound=Callable[..., Any])
Outcome = tuple[StoredLetter, str]
"""A letter, and why it was left; empty when it was not."""


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
    found = oldest_first(_letters(session, function))
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
    letter = named_letter(place, session.services, session.store, session.given.ledger).letter
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
            session.store.delete_version(each.bucket, each.key, each.etag)
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
        return session, oldest_first(_letters(session, name))
    given = session.services, session.store, session.given.ledger
    return session, oldest_first(named_letter(place, *given) for place in places)


async def _retry(session: Session, letters: list[StoredLetter], rate: int, *, dry_run: bool) -> list[Outcome]:
    redrive = Redrive(session.store, session.ledger, session.services)
    pace = Pace(rate)
    outcomes: list[Outcome] = []
    async with broker_of(session.given) as client:
        with progress_bar("sending again", len(letters)) as progress:
            try:
                for each in letters:
                    await pace.turn()
                    event, reason = await asyncio.to_thread(_released, redrive, each, dry_run=dry_run)
                    if event and not dry_run:
                        await ring(client.jetstream(), event, f"retry {each.letter.run} {uuid.uuid4().hex}")
                    outcomes.append((each, reason))
                    progress.advance(progress.task_ids[0])
            except (FunctionError, NatsError, OSError):
                say(f"{sum(not reason for _, reason in outcomes)} were sent again before this:")
                raise
    return outcomes


def _released(redrive: Redrive, each: StoredLetter, *, dry_run: bool) -> tuple[ObjectCreated | None, str]:
    """Give the event to ring for, or why the letter stays."""
    try:
        event = redrive.event_of(each.letter)
        if not dry_run:
            redrive.release(each)
    except StoreUnavailableError:
        raise
    except FunctionError as error:
        return None, error.message
    return event, ""


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


def _letters(session: Session, function: str) -> Iterator[StoredLetter]:
    """Read the dead letters of one function, or of all when it is empty; what is none is named and left out."""
    places = {
        place
        for service in session.services
        if function in {"", service.name}
        for place in letter_places(service, session.store, session.given.ledger)
    }
    with ThreadPoolExecutor(16) as pool:
        for letter in pool.map(lambda place: _readable(session, *place), sorted(places)):
            if letter and function in {"", letter.letter.function}:  # several may share one folder
                yield letter


def _readable(session: Session, bucket: str, key: str) -> StoredLetter | None:
    try:
        return read_letter(session.store, bucket, key)
    except (Rejected, MissingError) as error:
        say(f"left out: {error}")
        return None
