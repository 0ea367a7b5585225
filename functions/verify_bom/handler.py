"""Give a verdict on uploaded results: a zip of a signed folder, or a model with its evidence beside it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import Field

from events import ObjectCreated
from functions.datasets.archive import Archive
from functions.datasets.limits import Limits
from functions.runtime import Context, Settings, function
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError, Rejected
from functions.runtime.outputs import place
from functions.runtime.settings import SettingsError
from functions.trust.keyset import KeySet
from functions.trust.verification import Anchors, Verification, verify
from functions.trust.verification.anchors import authorities_of

VERDICT = ".verdict.json"
PIECE = 1 << 20


class VerifyBom(Settings):
    """Set from the environment as ``VERIFY_BOM_KEYS_FILE`` and so on."""

    keys_file: Path | None = Field(default=None, description="Trusted keys: a key set, or one PEM public key.")
    ca_file: Path | None = Field(default=None, description="PEM certificates of trusted CAs.")
    identity: str = Field(default="", description="Name that a certificate must have; empty for any.")
    settle: float = Field(default=2, ge=0, le=3600, description="Seconds to wait for the rest of a set.")
    max_bytes: int = Field(default=4_000_000_000, gt=0, description="Of a set, and of what an archive unpacks to.")
    max_files: int = Field(default=1000, gt=0, description="Of a set or an archive.")


def anchors(settings: VerifyBom) -> Anchors:
    """Read the trusted keys and CAs, for each verdict again: a key may have been revoked since the last one.

    Raises:
        SettingsError: There are none: nothing could ever be verified.
    """
    if settings.keys_file is None and settings.ca_file is None:
        raise SettingsError("no key is trusted: set VERIFY_BOM_KEYS_FILE or VERIFY_BOM_CA_FILE")
    keys = KeySet.read(settings.keys_file) if settings.keys_file else KeySet()
    authorities = authorities_of(settings.ca_file) if settings.ca_file else ()
    return Anchors(keys=keys, authorities=authorities, identity=settings.identity)


@function(settings=VerifyBom, warm=anchors)
def verify_bom(event: ObjectCreated, ctx: Context[VerifyBom]) -> None:
    """Write a verdict: what was checked, what failed and what could not be checked.

    It is ``<name>.verdict.json`` of an archive, and ``folder.verdict.json`` of a folder, whichever file came last.

    A zip archive is verified by itself. Any other object is verified with all that lies in its folder; of objects that
    came together the last one's event does it.

    Raises:
        Rejected: The archive is none, or is too large.
    """
    settings = ctx.settings
    with TemporaryDirectory(prefix="verify-", dir=ctx.folder.parent) as made:
        folder = Path(made)
        is_zip = event.name.lower().endswith(".zip")
        root = _unpacked(ctx.fetch(event), folder, settings) if is_zip else _gathered(ctx, folder)
        if root is None:
            return
        trusted = replace(anchors(settings), now=ctx.now())
        verdict = verify(root, trusted, subject=f"{event.bucket}/{event.key}")
    _write(verdict, ctx.output(f"{event.name if is_zip else 'folder'}{VERDICT}"))
    ctx.metric("failed_checks", len(verdict.having("failed")))
    ctx.log.info("verified", extra={"verdict": verdict.verdict, "codes": list(verdict.codes)})


def _gathered(ctx: Context[VerifyBom], folder: Path) -> Path | None:
    """Put all that lies beside the event's object into a folder; None when another object's event does it."""
    members = [one for one in ctx.beside() if not one.name.lower().endswith(".zip")]
    _check_size(members, ctx.settings)
    youngest = min((one.age for one in members), default=0.0)
    if youngest < ctx.settings.settle:
        left = ctx.settings.settle - youngest
        raise NotYetError("the rest of the set may be on its way", delay=left, patience=ctx.settings.settle + 60)
    if not ctx.lead(members):
        return None
    for one in members:
        place(ctx.take(one), folder / one.name)
    return folder


def _check_size(members: Iterable[Beside], settings: VerifyBom) -> None:
    sizes = [one.size for one in members]
    if len(sizes) > settings.max_files or sum(sizes) > settings.max_bytes:
        said = f"{len(sizes):,} files of {sum(sizes):,} bytes lie in one folder"
        raise Rejected(f"{said}, more than is verified", hint="upload each result into a folder of its own")


def _unpacked(file: Path, folder: Path, settings: VerifyBom) -> Path:
    """Unpack a zip archive; its names were checked, and never lead out of the folder."""
    limits = Limits(unpacked=settings.max_bytes, member=settings.max_bytes, members=settings.max_files)
    with file.open("rb") as source:
        archive = Archive(source, limits)
        for name in archive.names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.stream(name) as member, target.open("xb") as out:
                left = archive.size(name)
                while left and (piece := member.read(min(PIECE, left))):
                    out.write(piece)
                    left -= len(piece)
    within = list(folder.iterdir())
    return within[0] if len(within) == 1 and within[0].is_dir() else folder


def _write(verdict: Verification, path: Path) -> None:
    path.write_text(verdict.model_dump_json(indent=1, by_alias=True) + "\n")
