"""``noria keys``: the keys that bills of materials are signed with, in .noria/keys/."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from functions.trust.keyring import KEY_SET, KeyRing
from functions.trust.keys import ALGORITHMS, Algorithm
from functions.trust.keyset import Entry, moment
from functions.trust.pem import passphrase_of
from local.cli.output import show, table
from local.cli.session import json_option

NAME = "sign-bom"
_days = click.option("--days", type=click.FloatRange(0, min_open=True), help="Valid so long; by default for ever.")
_passphrase = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Encrypt the private key with the first line of this file.",
)


@click.group()
def keys() -> None:
    """Make, list, replace and revoke signing keys; .noria/keys/keys.json is the key set for noria verify --keys."""


@keys.command()
@click.argument("name", default=NAME)
@click.option(
    "--algorithm", type=click.Choice(ALGORITHMS), default=ALGORITHMS[0], show_default=True, help="Kind of the key."
)
@_days
@_passphrase
@json_option
def new(name: str, algorithm: Algorithm, days: float | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Make a new key.

    \b
    $ noria keys new
    $ export SIGN_BOM_KEY_FILE=.noria/keys/sign-bom.pem
    """
    ring = _ring()
    entry = ring.new(
        name, algorithm=algorithm, now=_now(), valid=_span(days), passphrase=passphrase_of(passphrase_file)
    )
    _tell(ring, (entry,), as_json=as_json)


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys, the replaced and the revoked ones too."""
    ring = _ring()
    rows = [_row(each) for each in ring.key_set.keys]
    columns = ["name", "key id", "algorithm", "valid from (UTC)", "until", "state"]
    document = [each.model_dump(mode="json", exclude_none=True) for each in ring.key_set.keys]
    show(document, as_json=as_json, human=[table(columns, rows) if rows else "no keys: noria keys new makes one"])


@keys.command("show")
@click.argument("key", metavar="NAME|KEYID")
@json_option
def show_(key: str, as_json: bool) -> None:
    """Print the public half of a key, which is all that whoever verifies needs."""
    entry = _ring().find(key)
    show(entry.model_dump(mode="json", exclude_none=True), as_json=as_json, human=entry.public.splitlines())


@keys.command()
@click.argument("key", metavar="NAME|KEYID")
@click.option("--reason", required=True, help="Why, for whoever meets a signature of it: stolen, lost, ...")
@json_option
def revoke(key: str, reason: str, as_json: bool) -> None:
    """Take every signature of a key back: noria verify --keys refuses them from now on."""
    ring = _ring()
    _tell(ring, (ring.revoke(key, now=_now(), reason=reason),), as_json=as_json)


@keys.command()
@click.argument("name", default=NAME)
@click.option(
    "--overlap-days", default=14.0, show_default=True, type=click.FloatRange(0), help="Both are good so long."
)
@_days
@_passphrase
@json_option
def rotate(name: str, overlap_days: float, days: float | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Replace a key by a new one of its kind; what the old one signed in its time stays good."""
    ring = _ring()
    entries = ring.rotate(
        name,
        now=_now(),
        overlap=timedelta(days=overlap_days),
        valid=_span(days),
        passphrase=passphrase_of(passphrase_file),
    )
    _tell(ring, entries, as_json=as_json)


def _tell(ring: KeyRing, entries: tuple[Entry, ...], *, as_json: bool) -> None:
    document = [
        {
            "name": each.name,
            "keyid": each.keyid,
            "algorithm": each.key.algorithm,
            "private": str(ring.private(each.name)),
            "keys": str(ring.folder / KEY_SET),
            "state": _state(each),
        }
        for each in entries
    ]
    human = [f"{one['name']}  {one['algorithm']}  {one['keyid']}  {one['state']}" for one in document]
    files = [f"private key: {one['private']}" for one in document] + [f"key set: {ring.folder / KEY_SET}"]
    show(document if len(document) > 1 else document[0], as_json=as_json, human=[*human, *files])


def _row(entry: Entry) -> tuple[object, ...]:
    begins, ends = (moment(at)[:16] if at else "" for at in (entry.not_before, entry.not_after))
    return entry.name, entry.keyid[:16], entry.key.algorithm, begins, ends, _state(entry)


def _state(entry: Entry) -> str:
    if entry.revoked_at:
        return f"revoked at {moment(entry.revoked_at)[:16]}: {entry.reason}"
    if entry.not_after and entry.not_after < _now():
        return "expired"
    return "good"


def _ring() -> KeyRing:
    return KeyRing(Path(os.environ.get("NORIA_HOME", ".noria")) / "keys")


def _span(days: float | None) -> timedelta | None:
    return timedelta(days=days) if days else None


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
