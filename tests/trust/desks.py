"""The signing function's host, as far as it is asked: a ledger with one run, and the objects that the run names."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from events import ObjectCreated
from functions.runtime import Context
from functions.runtime.local_desk import LocalDesk
from functions.runtime.runs import Run, StoredObject
from functions.sign_bom.handler import sign_bom
from functions.sign_bom.settings import SignBom
from functions.training.record import RECORD
from functions.trust.pem import PemSigner
from tests.trust.signing import SIGNED
from tests.trust.trainings import Training


@dataclass(frozen=True)
class SignersDesk(LocalDesk):
    """Answers from a training's shelf; ``run`` is what the ledger says made the event's object."""

    training: Training | None = None
    run: Run | None = None

    def producer(self) -> Run | None:
        return self.run

    def read(self, one: StoredObject) -> Path:
        assert self.training
        return self.training.shelf.read(one)


def event_of(training: Training, name: str = RECORD) -> ObjectCreated:
    one = next(one for one in training.run.outputs if one.key.endswith(f"/{name}"))
    return ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag, size=one.size)


def key_file(place: Path, signer: PemSigner | None = None) -> Path:
    signer = signer or PemSigner.new()
    path = place / f"{signer.key_id[:8]}.pem"
    path.write_bytes(signer.pem())
    return path


def signing(training: Training, place: Path, event: ObjectCreated, run: Run | None, **settings: object) -> Path:
    """Run sign-bom on an event, and give the folder that it wrote into."""
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    desk = SignersDesk(training.outputs / RECORD, training=training, run=run)
    ctx = Context(settings=SignBom.model_validate(settings), folder=out, desk=desk, now=lambda: SIGNED)
    sign_bom(event, ctx)
    return out
