"""``noria api``."""

import os
from datetime import UTC, datetime, timedelta
from typing import cast

import click

from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from local.api.keys import SCOPES, ApiKey, KeyFile, Scope
from local.cli.output import say, show, table
from local.cli.session import Session, json_option

HERE = ("127.0.0.1", "::1", "localhost")


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 for any free one.")
@click.option("--service", default="train-on-upload", show_default=True, help="The function that trains.")
@click.pass_context
def api(ctx: click.Context, host: str, port: int, service: str) -> None:
    """Serve the job API: training jobs over HTTP, in AIBoMGen's words, until Ctrl-C.

    Settings are JOB_API_... variables (docs/api.md); with NORIA_TLS_CERT and NORIA_TLS_KEY it speaks https.

    \b
    $ noria api key new ann --scope submit --scope read
    $ noria api --port 8080
    """
    if ctx.invoked_subcommand:
        return
    try:
        from local.api.server import serve
    except ModuleNotFoundError as error:
        hint = "python -m pip install --group job-api"
        raise Rejected(f"the job API needs the package {error.name}", hint=hint) from error
    session = Session.open()
    if not KeyFile.of(session.given.home).all():
        say("there is no API key yet: noria api key new NAME --scope submit --scope read")
    if host not in HERE and not session.given.tls_cert:
        say("keys and data travel in plain text: set NORIA_TLS_CERT and NORIA_TLS_KEY, or put a proxy before it")
    serve(
        session.given,
        session.store,
        session.ledger,
        session.services,
        trainer=service,
        host=host,
        port=port,
        ready=lambda url: say(f"serving on {url}, described at {url}/docs"),
    )


@api.group()
def key() -> None:
    """Make, list and revoke API keys; the API that runs sees it at once."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it is for; admin is for everything. Give it more than once for more.",
)
@click.option("--days", type=click.IntRange(1), help="For how long it counts; for ever without this.")
@json_option
def new(name: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Make a key and show it, this once.

    \b
    $ noria api key new ann --scope submit --scope read --days 90
    """
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    made, text = _keys().new(name, cast("tuple[Scope, ...]", scopes), expires)
    show({**_plain(made), "key": text}, as_json=as_json, human=[text])


@key.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys; what they are is kept nowhere."""
    keys = _keys().all()
    rows = [(each.id, each.name, ", ".join(each.scopes), f"{each.created:%Y-%m-%d}", _state(each)) for each in keys]
    show([_plain(each) for each in keys], as_json=as_json, human=[table(["id", "name", "may", "made", "state"], rows)])


@key.command()
@click.argument("wanted", metavar="ID|NAME")
@json_option
def revoke(wanted: str, as_json: bool) -> None:
    """End a key: whoever has it is refused from now on."""
    ended = _keys().revoke(wanted)
    show(_plain(ended), as_json=as_json, human=[f"revoked {ended.id} ({ended.name})"])


def _keys() -> KeyFile:
    return KeyFile.of(Configuration.read(os.environ).home)


def _plain(each: ApiKey) -> dict[str, object]:
    return {**each.model_dump(mode="json", exclude={"sha256"}), "state": _state(each)}


def _state(each: ApiKey) -> str:
    if each.revoked:
        return f"revoked {each.revoked:%Y-%m-%d}"
    if each.expires is None:
        return "valid"
    return f"{'valid until' if each.is_valid(datetime.now(UTC)) else 'expired'} {each.expires:%Y-%m-%d}"
