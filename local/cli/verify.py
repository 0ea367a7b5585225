"""``noria verify``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from functions.runtime.errors import FunctionError, MissingError, Rejected
from functions.training.record import TrainingRecord
from functions.trust.keyring import KEY_SET
from functions.trust.keyset import KeySet, merged
from functions.trust.verification import Anchors, Check, Verification
from functions.trust.verification import verify as verify_folder
from functions.trust.verification.anchors import authorities_of
from functions.trust.verification.models import verify_model
from functions.trust.verification.origins import Fetch
from local.cli.objects import download
from local.cli.output import CHECK_FAILED, say, show
from local.cli.session import Session, json_option, split_address

MARKS = {"ok": "ok", "failed": "FAILED", "not_checked": "not checked"}
_files = click.Path(path_type=Path)


@click.command()
@click.argument("what", metavar="PATH|BUCKET/KEY")
@click.option("--key", "public", multiple=True, type=_files, help="A signer's public key (PEM).")
@click.option("--keys", "sets", multiple=True, type=_files, help="A key set: noria keys new writes keys.json.")
@click.option(
    "--ca", "authorities", multiple=True, type=_files, help="Certificates of CAs that vouch for signers (PEM)."
)
@click.option("--identity", default="", help="With --ca: the name that the signer's certificate must have.")
@click.option("--sigstore-identity", default="", help="Whose a keyless signature must be; with --sigstore-issuer.")
@click.option("--sigstore-issuer", default="", help="Who must have vouched for that identity.")
@click.option(
    "--strict-time", is_flag=True, help="Keys and certificates must be good now, not just when it was signed."
)
@click.option("--oms", type=_files, help="Check PATH against this model signature alone (OpenSSF Model Signing).")
@click.option("--job", default="", help="The job that it must be of, or the beginning of its name.")
@click.option("--inputs", multiple=True, type=_files, help="Folder with the data, definition and model trained on.")
@click.option("--fetch", is_flag=True, help="Read those from the store, at the places that the provenance names.")
@click.option("--retrain", is_flag=True, help="Run the training again, and compare the weights bit for bit.")
@json_option
def verify(
    what: str,
    public: tuple[Path, ...],
    sets: tuple[Path, ...],
    authorities: tuple[Path, ...],
    identity: str,
    sigstore_identity: str,
    sigstore_issuer: str,
    strict_time: bool,
    oms: Path | None,
    job: str,
    inputs: tuple[Path, ...],
    fetch: bool,
    retrain: bool,
    as_json: bool,
) -> None:
    """Check the signed results of a training: signatures, every file, lineage; what was not checked is said.

    PATH is a folder with all files of one job, or a model in it; nothing but the public key is needed. Without --key,
    --keys and --ca the keys in .noria/keys/ are trusted. Exit code 5 when something is not as it was signed.

    \b
    $ noria verify results/ --key signer.pub.pem
    $ noria verify models/out/my-job/1a2b3c4d5e6f/ --retrain
    """
    if bool(sigstore_identity) != bool(sigstore_issuer):
        raise click.UsageError("--sigstore-identity and --sigstore-issuer go together")
    anchors = Anchors(
        keys=merged([KeySet.read(file) for file in (*sets, *public, *_own(bool(sets or public or authorities)))]),
        revocations=not public or bool(sets),
        authorities=tuple(each for file in authorities for each in authorities_of(file)),
        identity=identity,
        sigstore=(sigstore_identity, sigstore_issuer) if sigstore_identity and sigstore_issuer else None,
        strict_time=strict_time,
    )
    if oms:
        _tell(verify_model(Path(what), oms, anchors, subject=what), as_json=as_json)
        return
    with _opened(what) as (folder, model, from_store), TemporaryDirectory(prefix="noria-inputs-") as spare:
        done = verify_folder(
            folder,
            anchors,
            job=job,
            inputs=inputs,
            fetch=_fetcher(Path(spare)) if fetch or from_store else None,
            model=model,
            train=_train if retrain else None,
            subject=what,
        )
    _tell(done, as_json=as_json)


def _tell(done: Verification, *, as_json: bool) -> None:
    show(done.model_dump(mode="json", by_alias=True), as_json=as_json, human=_lines(done))
    if not done.is_good:
        raise click.exceptions.Exit(CHECK_FAILED)


def _own(are_others_given: bool) -> tuple[Path, ...]:
    file = Path(os.environ.get("NORIA_HOME", ".noria")) / "keys" / KEY_SET
    if are_others_given:
        return ()
    if not file.exists():
        raise click.UsageError("say which signers are trusted: --key, --keys or --ca")
    say(f"trusting the keys in {file}")
    return (file,)


@contextmanager
def _opened(what: str) -> Iterator[tuple[Path, Path | None, bool]]:
    """Give the folder, the one file in it that was meant, and whether it came from the store."""
    path = Path(what)
    if path.is_dir():
        yield path, None, False
    elif path.exists():
        yield path.parent, path, False
    elif what.startswith(("/", ".")) or "/" not in what.strip("/"):
        raise Rejected(f"there is no {what}", hint="give a folder, a file in one, or BUCKET/KEY")
    else:
        with TemporaryDirectory(prefix="noria-verify-") as made:
            yield (*_downloaded(what, Path(made)), True)


def _downloaded(what: str, folder: Path) -> tuple[Path, Path | None]:
    """Copy the folder of a key, or below a prefix, from the store."""
    bucket, key = split_address(what)
    session = Session.open()
    listed = [stat.key for stat in session.store.list(bucket, key)]
    prefix = key if key.endswith("/") else f"{key}/" if any(each.startswith(f"{key}/") for each in listed) else ""
    model = None
    if not prefix:
        prefix = f"{key.rpartition('/')[0]}/" if "/" in key else ""
        model = folder / key.removeprefix(prefix)
    found = [stat.key for stat in session.store.list(bucket, prefix)]
    if not found or (model and key not in found):
        raise Rejected(f"there is nothing at {what}", hint=f"noria ls {bucket}")
    for each in found:
        download(session, bucket, each, folder / each.removeprefix(prefix))
    return folder, model


def _fetcher(folder: Path) -> Fetch:
    """Read objects from the store as they are now; what they hold is checked by their digest."""
    session = Session.open()

    def fetch(uri: str, _etag: str) -> Path | None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        target = folder / str(len(list(folder.iterdir())))
        try:
            stat = session.store.stat(bucket, key)
            session.store.download(bucket, key, target, etag=stat.etag, limit=2**63)
        except MissingError:
            return None
        return target

    return fetch


def _train(job: Path, out: Path, record: TrainingRecord) -> None:
    """Run the job by hand, set up as the record says."""
    from functions.runtime.function import load
    from functions.runtime.invoke import invoke

    say(f"training again: {record.recipe.epochs} epochs")
    was = record.environment
    same = {"THREADS": was.intra_threads, "PARALLEL_OPERATIONS": was.inter_threads, "ISA": was.isa_cap}
    environ = {**os.environ, **{f"TRAIN_ON_UPLOAD_{name}": str(value) for name, value in same.items()}}
    try:
        invoke(load("train-on-upload"), job, out, environ=environ)
    except FunctionError as error:
        raise Rejected(f"it cannot be trained again: {error.message}", hint=error.hint) from error


def _lines(done: Verification) -> Iterator[str]:
    for each in done.checks:
        yield _line(each)
    if done.is_good:
        unchecked = len(done.having("not_checked"))
        said = f"; not checked: {unchecked}" if unchecked else ""
        signers = ", ".join(each[:16] for each in done.signers)
        what = f"the job {done.job[:12]}, signed at {done.signed}" if done.job else "the model, signed"
        yield f"verified: {what} by {signers}{said}"
    else:
        yield f"FAILED: {', '.join(done.codes) or 'nothing is signed by a trusted key'}"


def _line(each: Check) -> str:
    subject = "" if each.subject in {".", *each.sentence.split(" ")} else f"{each.subject}: "
    code = f" [{each.code}]" if each.code else ""
    return f"{MARKS[each.status]:<12}{each.check:<12}{subject}{each.sentence}{code}"
