"""``noria failed``: the dead letters."""

import click
from pydantic import ValidationError

from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import Rejected
from functions.runtime.store import MissingError
from local.cli.history import dead_letter_keys
from local.cli.output import say, show, table
from local.cli.session import Session, json_option, split_object


@click.group()
def failed() -> None:
    """Look at dead letters: events that can never succeed, each with the reason."""


@failed.command("list")
@click.option("--function", default="", help="Only those of this function.")
@json_option
def list_(function: str, as_json: bool) -> None:
    """List the dead letters with the reason of each."""
    session = Session.open()
    session.check_function(function)
    found = [
        (f"{bucket}/{key}", letter)
        for service in session.services
        if function in {"", service.name}
        for bucket, key in dead_letter_keys(session, service)
        if (letter := _readable(session, bucket, key))
    ]
    document = [{"letter": address, **letter.model_dump(mode="json")} for address, letter in found]
    rows = [(f"{letter.at:%Y-%m-%d %H:%M:%S}", letter.function, letter.reason, address) for address, letter in found]
    human = [table(["at (UTC)", "function", "reason", "dead letter"], rows)] if rows else ["no dead letters"]
    show(document, as_json=as_json, human=human)


@failed.command("show")
@click.argument("address", metavar="BUCKET/KEY")
@json_option
def show_(address: str, as_json: bool) -> None:
    """Show one dead letter: reason, hint, object, attempts."""
    bucket, key = split_object(address)
    letter = read_letter(Session.open(), bucket, key)
    source = f"{letter.input.bucket}/{letter.input.key}" if letter.input else "a message that is no event"
    human = [f"{letter.function} could not process {source}", f"reason: {letter.reason}"]
    human += [f"hint: {letter.hint}"] if letter.hint else []
    human += [f"attempts: {letter.attempts}, at {letter.at:%Y-%m-%d %H:%M:%S} UTC, version {letter.version}"]
    show(letter.model_dump(mode="json"), as_json=as_json, human=human)


def _readable(session: Session, bucket: str, key: str) -> DeadLetter | None:
    try:
        return read_letter(session, bucket, key)
    except (Rejected, MissingError) as error:
        say(f"left out: {error}")
        return None


def read_letter(session: Session, bucket: str, key: str) -> DeadLetter:
    """Read one dead letter.

    Raises:
        Rejected: The object is none.
    """
    try:
        return DeadLetter.model_validate_json(session.store.read(bucket, key)[0])
    except ValidationError as error:
        raise Rejected(f"{bucket}/{key} is not a dead letter", hint="noria failed list names them") from error
