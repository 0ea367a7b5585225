"""``noria put``, ``noria get`` and ``noria ls``."""

import hashlib
import mimetypes
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.ledger import Run, StoredObject
from functions.runtime.store import MissingError
from local.chain import Chain, follow
from local.cli.output import REJECTED, show, stderr, table
from local.cli.session import Session, json_option, split_address


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("to", metavar="BUCKET/PREFIX/")
@click.option(
    "--wait", is_flag=True, help="Follow every function that fires until it is quiet, and list what came out."
)
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait at most.")
@json_option
def put(files: tuple[Path, ...], to: str, wait: bool, timeout: float, as_json: bool) -> None:
    """Upload files; what is there already with the same content is left as it is.

    \b
    $ noria put photo.jpg photos/in/ --wait
    """
    session = Session.open()
    uploads = upload(session, list(files), to)
    chains = wait_for(session, [stored for stored, _ in uploads], timeout) if wait else []
    document = {
        "uploaded": [{**stored.model_dump(), "new": new} for stored, new in uploads],
        "runs": [run.model_dump(mode="json") for chain in chains for run in chain.runs],
    }
    show(document, as_json=as_json, human=_described(uploads, chains))
    unfinished = [name for chain in chains for name in chain.waiting]
    if unfinished:
        raise TryAgain(f"{len(unfinished)} runs have not ended after {timeout:g} s", hint="look at noria status")
    if any(run.state == "failed" for chain in chains for run in chain.runs):
        raise click.exceptions.Exit(REJECTED)


def upload(session: Session, files: list[Path], to: str) -> list[tuple[StoredObject, bool]]:
    """Upload each file below ``to``; gives each object, and whether it is new or has new content.

    Raises:
        Rejected: A file or the bucket does not exist.
    """
    bucket, prefix = split_address(to)
    for file in files:
        if not file.is_file():
            raise Rejected(f"{file} is not a file", hint="name files; a folder is uploaded with folder/*")
    single = len(files) == 1 and prefix and not prefix.endswith("/")
    keys = [prefix] if single else [f"{prefix.rstrip('/')}/{file.name}".lstrip("/") for file in files]
    with bar("uploading", len(files)) as progress:
        done = []
        for file, key in zip(files, keys, strict=True):
            done.append(_upload(session, file, bucket, key))
            progress.advance(progress.task_ids[0])
    return done


def _upload(session: Session, file: Path, bucket: str, key: str) -> tuple[StoredObject, bool]:
    with file.open("rb") as content:
        md5 = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    try:
        etag, new = session.store.stat(bucket, key).etag, False
    except MissingError:
        etag, new = "", True
    if etag != md5:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        try:
            etag, new = session.store.write(bucket, key, file, metadata={"Content-Type": kind}), True
        except MissingError as error:
            raise Rejected(
                f"there is no bucket {bucket!r}", hint="noria ls shows the buckets of the pipelines"
            ) from error
    return StoredObject(bucket=bucket, key=key, etag=etag, size=file.stat().st_size), new


def wait_for(session: Session, roots: list[StoredObject], timeout: float) -> list[Chain]:
    """Follow the objects' chains with a progress bar."""
    with bar("waiting for results", len(roots)) as progress:
        return follow(
            roots,
            session.services,
            session.ledger,
            timeout_s=timeout,
            progress=lambda _: progress.advance(progress.task_ids[0]),
        )


def bar(text: str, total: int) -> Progress:
    """Make a progress bar with one task; it draws nothing when stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True)
    progress.add_task(text, total=total)
    return progress


def _described(uploads: list[tuple[StoredObject, bool]], chains: list[Chain]) -> list[object]:
    lines: list[object] = [
        f"{'uploaded ' if new else 'unchanged'} {stored.bucket}/{stored.key}"
        for stored, new in uploads
        if not chains or not new
    ]
    rows = [row for chain in chains for run in chain.runs for row in _rows(run)]
    return [*lines, *([table(["function", "state", "object", "bytes "], rows)] if rows else [])]


def _rows(run: Run) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (run.function, run.state, f"{output.bucket}/{output.key}", f"{output.size:,}") for output in run.outputs
    ]
    if run.state == "failed":
        rows.append((run.function, run.state, run.failures[-1].reason, ""))
    return rows or [(run.function, run.state, f"(nothing from {run.input.key})", "")]


@click.command()
@click.argument("source", metavar="BUCKET/KEY|BUCKET/PREFIX/")
@click.argument("to", default=".", type=click.Path(path_type=Path))
@json_option
def get(source: str, to: Path, as_json: bool) -> None:
    """Download an object, or everything below a prefix that ends with a slash."""
    session = Session.open()
    bucket, key = split_address(source)
    if key and not key.endswith("/"):
        target = to / Path(key).name if to.is_dir() or str(to).endswith("/") else to
        wanted = {key: target}
    else:
        listed = [stat.key for stat in session.store.list(bucket, key)]
        wanted = {found: to / found.removeprefix(key) for found in listed}
    if not wanted:
        raise Rejected(f"there is nothing below {source}", hint=f"noria ls {bucket}")
    with bar("downloading", len(wanted)) as progress:
        for found, target in wanted.items():
            download(session, bucket, found, target)
            progress.advance(progress.task_ids[0])
    files = [str(path) for path in wanted.values()]
    show({"files": files}, as_json=as_json, human=files)


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
        return
    bucket, prefix = split_address(address)
    found = list(session.store.list(bucket, prefix))
    listed = [
        {"bucket": bucket, "key": s.key, "size": s.size, "modified": s.modified.isoformat(), "etag": s.etag}
        for s in found
    ]
    rows_of = [(f"{s.size:,}", f"{s.modified:%Y-%m-%d %H:%M:%S}", f"{bucket}/{s.key}") for s in found]
    show(listed, as_json=as_json, human=[table(["bytes ", "modified (UTC)", "object"], rows_of)])
