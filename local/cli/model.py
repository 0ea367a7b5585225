"""``noria model``: which models are in place, why, and back to an earlier one."""

import click

from functions.runtime.errors import Rejected, TryAgain
from functions.succession.documents import Change, Current
from local.cli.output import show, table
from local.cli.put import wait_for
from local.cli.session import Session, json_option
from local.models import Models


@click.group()
def model() -> None:
    """See which models are in place and why, and take one back (fdl/drift-retrain.yaml)."""


@model.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the models that are in place."""
    models = _models(Session.open())
    found = [models.current(name) for name in models.names()]
    rows = [(each.name, each.model.sha256[:12], each.what, _when(each), each.set or "") for each in found]
    human: list[object] = [table(["model", "digest", "by", "since (UTC)", "set "], rows)] if found else ["no models"]
    show([each.model_dump(mode="json") for each in found], as_json=as_json, human=human)


@model.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """Show the model that is in place: its file, its bill of materials, its score."""
    found = _models(Session.open()).current(name)
    show(found.model_dump(mode="json"), as_json=as_json, human=_described(found))


@model.command()
@click.argument("name")
@json_option
def history(name: str, as_json: bool) -> None:
    """List every swap, rollback and refusal of a model, the newest last."""
    found = _models(Session.open()).changes(name)
    columns = ["at (UTC)", "what", "digest", "set ", "candidate ", "in place ", "why"]
    show(found.model_dump(mode="json"), as_json=as_json, human=[table(columns, map(_row, found.changes))])


@model.command()
@click.argument("name")
@click.option("--to", default="", help="Beginning of the digest of the wanted model; by default the one before.")
@click.option("--reason", default="", help="Is written down with the change.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait at most.")
@json_option
def rollback(name: str, to: str, reason: str, timeout: float, as_json: bool) -> None:
    """Put an earlier model back in the place of the one that is there.

    \b
    $ noria model rollback wine --reason "it smells of cork"
    """
    session = Session.open()
    models = _models(session)
    asked = models.ask_back(name, to=to, reason=reason)
    runs = [run for chain in wait_for(session, [asked], timeout) for run in chain.runs]
    done = next((run for run in runs if run.function == models.service.name and run.input.key == asked.key), None)
    if done is None or done.state not in ("committed", "failed"):
        raise TryAgain(f"{name} has not gone back after {timeout:g} s", hint="look at noria status")
    if done.state == "failed":
        raise Rejected(done.failures[-1].reason, hint=done.failures[-1].hint)
    found = models.current(name)
    show(found.model_dump(mode="json"), as_json=as_json, human=_described(found))


def _models(session: Session) -> Models:
    return Models.of(session.services, session.store, session.ledger)


def _when(found: Current | Change) -> str:
    return f"{found.at:%Y-%m-%d %H:%M:%S}"


def _described(found: Current) -> list[object]:
    lines = [
        f"{found.name}: {found.model.bucket}/{found.model.key}",
        f"SHA-256 {found.model.sha256}, bill of materials {found.bom[:12]}, job {found.job[:12]}",
        f"in place since {_when(found)} UTC by {found.what}: {found.reason}",
    ]
    return [*lines, f"before it: {found.previous[:12]}"] if found.previous else [*lines]


def _row(change: Change) -> tuple[object, ...]:
    scores = (f"{change.scores.candidate:.4g}", f"{change.scores.current:.4g}") if change.scores else ("", "")
    return _when(change), change.what, change.digest[:12], change.set or "", *scores, change.reason
