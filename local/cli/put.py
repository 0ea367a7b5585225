"""``noria put``: upload, and wait for what comes of it."""

import hashlib
import mimetypes
from pathlib import Path

import click

from functions.runtime.errors import MissingError, Rejected, TryAgain
from functions.runtime.runs import Run, StoredObject
from local.chain import Chain, follow
from local.cli.output import REJECTED, progress_bar, say, show, table
from local.cli.session import Session, json_option, split_address


@click.command()
@click.argument("files", metavar="FILES...", nargs=-1, type=click.Path(path_type=Path))
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
    if not files:
        raise click.UsageError(f"where to? noria put {to} BUCKET/PREFIX/")
    session = Session.open()
    _check_folder(session, *split_address(to))
    uploads = upload(session, list(files), to)
    chains = wait_for(session, [stored for stored, _ in uploads], timeout) if wait else []
    document = {
        "uploaded": [{**stored.model_dump(), "new": new} for stored, new in uploads],
        "runs": [run.model_dump(mode="json") for run in _runs(chains)],
    }
    show(document, as_json=as_json, human=_described(uploads, chains))
    if chains and not any(chain.runs or chain.waiting for chain in chains):
        say("uploaded; no function watches this folder (noria ls shows which are watched)")
    unfinished = [name for chain in chains for name in chain.waiting]
    if unfinished:
        raise TryAgain(f"{len(unfinished)} runs have not ended after {timeout:g} s", hint="look at noria status")
    if any(run.state == "failed" for chain in chains for run in chain.runs):
        raise click.exceptions.Exit(REJECTED)


def _check_folder(session: Session, bucket: str, key: str) -> None:
    """Refuse an object in the place of a watched folder: without the slash at the end it would be just that."""
    watched = {(path.bucket, path.prefix) for service in session.services for path in service.inputs}
    if (bucket, key) in watched and key:
        raise click.BadParameter(f"{bucket}/{key} is a folder that is watched; did you mean {bucket}/{key}/?")


def upload(session: Session, files: list[Path], to: str) -> list[tuple[StoredObject, bool]]:
    """Upload each file below ``to``; gives each object, and whether it is new or has new content.

    Raises:
        Rejected: A file or the bucket does not exist.
    """
    bucket, prefix = split_address(to)
    for file in files:
        if not file.is_file():
            hint = f"a folder is uploaded with {file}/*" if file.is_dir() else ""
            raise Rejected(f"{file} is not a file" if file.exists() else f"there is no file {file}", hint=hint)
    single = len(files) == 1 and prefix and not prefix.endswith("/")
    keys = [prefix] if single else [f"{prefix.rstrip('/')}/{file.name}".lstrip("/") for file in files]
    with progress_bar("uploading", len(files)) as progress:
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
    with progress_bar("waiting for results", len(roots)) as progress:
        return follow(
            roots,
            session.services,
            session.ledger,
            timeout_s=timeout,
            progress=lambda _: progress.advance(progress.task_ids[0]),
        )


def _described(uploads: list[tuple[StoredObject, bool]], chains: list[Chain]) -> list[object]:
    lines: list[object] = [
        f"{'uploaded ' if new else 'unchanged'} {stored.bucket}/{stored.key}"
        for stored, new in uploads
        if not chains or not new
    ]
    runs = _runs(chains)
    giving = {run.function for run in runs if run.outputs}
    # Of a set one run gives the results, and of a result one file fires: the others have nothing to tell.
    rows = [row for run in runs if run.outputs or run.function not in giving for row in _rows(run)]
    return [*lines, *([table(["function", "state", "object", "bytes "], rows)] if rows else [])]


def _runs(chains: list[Chain]) -> list[Run]:
    """Give each run once: those of a set belong to the chain of each member."""
    return list({run.name: run for chain in chains for run in chain.runs}.values())


def _rows(run: Run) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (run.function, run.state, f"{output.bucket}/{output.key}", f"{output.size:,}") for output in run.outputs
    ]
    if run.state == "failed":
        rows.append((run.function, run.state, run.failures[-1].reason, ""))
    return rows or [(run.function, run.state, f"(nothing from {run.input.key})", "")]
