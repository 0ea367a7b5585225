"""Signed folders, made by the code that the signing function runs."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from functions.trust.examination import Examined, examine
from functions.trust.issuance import issue
from functions.trust.keys import Signer
from functions.trust.keyset import KeySet
from functions.trust.lineage import Find, Lineage
from functions.trust.pem import PemSigner
from tests.trust.trainings import BEGUN, VERSION, Training, trained

SIGNED = BEGUN + timedelta(seconds=10)


@dataclass(frozen=True)
class Signed:
    """A signed folder, the key that signed it, and the training that it is of."""

    folder: Path
    signer: Signer
    training: Training

    @property
    def keys(self) -> KeySet:
        return KeySet.of(self.signer.public)


def examined(training: Training) -> Examined:
    return examine(training.run, training.shelf, functions={"train-on-upload"}, versions={VERSION})


def signed(
    place: Path, signer: Signer | None = None, *, seed: int = 1, made: datetime = SIGNED, spec: str = "1.7"
) -> Signed:
    """Train, examine, and sign into the folder ``place/signed``."""
    training = trained(place, seed=seed)
    return sign(training, place / "signed", signer or PemSigner.new(), made=made, spec=spec)


def sign(
    training: Training,
    folder: Path,
    signer: Signer,
    *,
    made: datetime = SIGNED,
    spec: str = "1.7",
    find: Find = lambda name: None,
) -> Signed:
    shutil.copytree(training.outputs, folder)
    lineage = Lineage.of(training.run, find)
    issue(
        examined(training),
        lineage,
        folder,
        [signer],
        made=made,
        version=VERSION,
        spec="1.6" if spec == "1.6" else "1.7",
    )
    return Signed(folder, signer, training)
