"""One signed folder for all tests of a session, and copies of it to tamper with."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, Verification, verify
from tests.trust.signing import SIGNED, Signed, signed

Judge = Callable[..., Verification]
NOW = SIGNED.replace(hour=12)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed(tmp_path_factory.mktemp("a"), PemSigner.new())


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory, original: Signed) -> Signed:
    """Another job, signed by the same key."""
    return signed(tmp_path_factory.mktemp("b"), original.signer, seed=2)


@pytest.fixture
def genuine(original: Signed, tmp_path: Path) -> Signed:
    """A copy of the signed folder."""
    folder = tmp_path / "signed"
    shutil.copytree(original.folder, folder)
    return Signed(folder, original.signer, original.training)


@pytest.fixture
def judged(genuine: Signed) -> Judge:
    """Verify the copy with the signer's public key."""

    def judge(**given: object) -> Verification:
        anchors = given.pop("anchors", Anchors(keys=genuine.keys, now=NOW))
        assert isinstance(anchors, Anchors)
        return verify(genuine.folder, anchors, **given)  # type: ignore[arg-type]

    return judge
