"""``noria get`` and ``noria ls``."""

from pathlib import Path

import click

from functions.runtime.errors import MissingError, Rejected
from functions.runtime.settings import nearest
from functions.runtime.store import Stat
from local.cli.output import progress_bar, show, table
from local.cli.session import Session, json_option, split_address


@click.command()
@click.argument("source", metavar="BUCKET/KEY|BUCKET/PREFIX/")
@click.argument("to", default=".", type=click.Path(path_type=Path))
@json_option
def get(source: str, to: Path, as_json: bool) -> None:
    """Download an object, or everything below a prefix that ends with a slash."""
    bucket, key = split_address(source)
    if not key and not source.endswith("/"):
        raise click.BadParameter(f"{bucket} is a bucket; everything in it is {bucket}/")
    session = Session.open()
    if key and not key.endswith("/"):
        target = to / Path(key).name if to.is_dir() or str(to).endswith("/") else to
        wanted = {key: target}
    else:
        listed = [stat.key for stat in session.store.list(bucket, key)]
        wanted = {found: to / found.removeprefix(key) for found in listed}
    if not wanted:
        raise Rejected(f"there is nothing below {source}", hint=f"noria ls {bucket}")
    with progress_bar("downloading", len(wanted)) as progress:
        for found, target in wanted.items():
            _download_or_advise(session, bucket, found, target)
            progress.advance(progress.task_ids[0])
    files = [str(path) for path in wanted.values()]
    show({"files": files}, as_json=as_json, human=files)


def _download_or_advise(session: Session, bucket: str, key: str, target: Path) -> None:
    try:
        download(session, bucket, key, target)
    except MissingError as error:
        below = next(iter(session.store.list(bucket, key)), None)
        advice = f"; did you mean {bucket}/{key}/?" if below else ""
        raise Rejected(f"{error}{advice}", hint=f"noria ls {bucket}") from error


def download(session: Session, bucket: str, key: str, target: Path) -> None:
    """Write the newest version of one object to ``target``, which must not lead out of its folder."""
    if ".." in target.parts:
        raise Rejected(f"{target} leads out of the folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    stat = session.store.stat(bucket, key)
    session.store.download(bucket, key, target, etag=stat.etag, limit=2**63)


@click.command()
@click.argument("address", default="", metavar="[BUCKET[/PREFIX]]")
@json_option
def ls(address: str, as_json: bool) -> None:
    """List the buckets of the pipelines, or the objects below a prefix."""
    session = Session.open()
    if not address:
        _show_buckets(session, as_json=as_json)
        return
    bucket, prefix = split_address(address)
    found = _listed(session, bucket, prefix)
    listed = [
        {"bucket": bucket, "key": s.key, "size": s.size, "modified": s.modified.isoformat(), "etag": s.etag}
        for s in found
    ]
    rows_of = [(f"{s.size:,}", f"{s.modified:%Y-%m-%d %H:%M:%S}", f"{bucket}/{s.key}") for s in found]
    show(listed, as_json=as_json, human=[table(["bytes ", "modified (UTC)", "object"], rows_of)])


def _listed(session: Session, bucket: str, prefix: str) -> list[Stat]:
    try:
        return list(session.store.list(bucket, prefix))
    except MissingError as error:
        known = {path.bucket for service in session.services for path in (*service.inputs, *service.outputs)}
        raise Rejected(
            f"there is no bucket {bucket!r}{nearest(bucket, known)}", hint="noria ls shows the buckets"
        ) from error


def _show_buckets(session: Session, *, as_json: bool) -> None:
    places = sorted(
        {
            (path.bucket, service.name, kind)
            for service in session.services
            for kind, paths in (("in", service.inputs), ("out", service.outputs))
            for path in paths
        }
    )
    document = [{"bucket": bucket, "function": name, "direction": kind} for bucket, name, kind in places]
    rows = [(bucket, "<-" if kind == "out" else "->", name) for bucket, name, kind in places]
    show(document, as_json=as_json, human=[table(["bucket", "", "function"], rows)])
