"""Sign what a committed training run gave: its bill of materials, its attestations, its files."""

from functools import cache, lru_cache, partial
from pathlib import Path

from pydantic import ValidationError

from events import ObjectCreated
from functions.runtime import Context, function
from functions.runtime.outputs import place
from functions.runtime.settings import SettingsError
from functions.sign_bom.settings import VERSION, SignBom
from functions.sign_bom.signers import signer_of
from functions.training.record import RECORD
from functions.training.stated import Stated
from functions.trust.errors import TrustError
from functions.trust.examination import examine
from functions.trust.issuance import issue
from functions.trust.keyless import countersign
from functions.trust.keys import Signer
from functions.trust.lineage import Lineage


def signer(settings: SignBom) -> Signer:
    """Open the key once, and again when its file was replaced; this process alone ever has it."""
    files = (settings.key_file, settings.passphrase_file, settings.certificate_file)
    return _opened(settings, tuple(_version(file) for file in files if file))


@lru_cache(maxsize=1)
def _opened(settings: SignBom, _versions: tuple[object, ...]) -> Signer:
    return signer_of(settings)


def _version(file: Path) -> object:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@function(settings=SignBom, warm=signer)
def sign_bom(event: ObjectCreated, ctx: Context[SignBom]) -> None:
    """Write the results of a training again, with ``bom.cdx.json``, statements, links and signatures beside them.

    Fires on every file of a result and acts on ``run.json``. What is signed is not what the event or the trainer says,
    but what the ledger's commit record, ``run.json`` and the bytes in the store agree on.

    Raises:
        TrustError: They do not agree, no run made the object, or the training did nothing.
    """
    if event.name != RECORD:
        return
    settings, run = ctx.settings, ctx.producer()
    announced = (event.bucket, event.key, event.etag)
    if run is None or announced not in {(one.bucket, one.key, one.etag) for one in run.outputs}:
        said = f"no run that the ledger knows made {event.bucket}/{event.key}, and nothing else is signed"
        raise TrustError("E_NOT_COMMITTED", said, hint="upload the model, its data and their definition instead")
    passed = examine(run, ctx, functions=settings.trusted_functions, versions=settings.trusted_versions)
    for name, path in passed.files.items():
        place(path, ctx.output(name))
    keyless = partial(countersign, token_file=settings.identity_token_file) if settings.identity_token_file else None
    written = issue(
        passed,
        Lineage.of(run, ctx.record),
        ctx.folder,
        [signer(settings)],
        made=ctx.now(),
        version=VERSION,
        spec=settings.spec,
        stated=stated(settings.statements_file, passed.record.definition.get("stated")),
        countersign=keyless,
    )
    ctx.metric("signed_files", len(passed.files) + len(written))
    ctx.log.info("signed", extra={"job": passed.record.job, "run": run.name, "key": signer(settings).key_id})


def stated(file: Path | None, uploaded: object) -> Stated:
    """Give what a person states of the model: the signer's words in ``file``, and where it has none the uploader's."""
    ours = statements(file) if file else Stated()
    return ours.over(Stated.model_validate(uploaded)) if uploaded else ours


@cache
def statements(file: Path) -> Stated:
    """Read what a person states of the model.

    Raises:
        SettingsError: The file is not that.
    """
    try:
        return Stated.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise SettingsError(f"SIGN_BOM_STATEMENTS_FILE {file} cannot be used: {error}") from error
