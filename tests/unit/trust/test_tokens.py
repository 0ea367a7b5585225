"""Keys in tokens: a real PKCS#11 module, SoftHSM; where there is none these are skipped and say so."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.errors import Rejected
from functions.trust.hardware import TokenError, TokenSigner
from functions.trust.keys import KeyFileError
from functions.trust.keyset import KeySet
from functions.trust.verification import Anchors, verify
from tests.trust.conftest import NOW
from tests.trust.signing import signed

PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next(
    (Path(place) for place in (os.environ.get("SOFTHSM2_MODULE", ""), *PLACES) if Path(place).is_file()), None
)
UTIL = os.environ.get("SOFTHSM2_UTIL") or shutil.which("softhsm2-util")
KINDS = {"p256": "ecdsa-p256", "p384": "ecdsa-p384", "ed": "ed25519"}
has_no_token = pytest.mark.skipif(
    MODULE is None or UTIL is None or find_spec("pkcs11") is None,
    reason="no PKCS#11 token here: apt install softhsm2, pip install python-pkcs11",
)


@pytest.fixture(scope="module")
def pin_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token named noria with a key of each kind; gives the file with its PIN."""
    place = tmp_path_factory.mktemp("token")
    (place / "tokens").mkdir()
    (place / "softhsm2.conf").write_text(f"directories.tokendir = {place / 'tokens'}\n")
    (place / "pin").write_text("1234\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(place / "softhsm2.conf")
    words = ["--init-token", "--free", "--label", "noria", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run([str(UTIL), "--module", str(MODULE), *words], check=True, capture_output=True)
    _make_keys(import_module("pkcs11"), str(MODULE))
    yield place / "pin"
    os.environ.pop("SOFTHSM2_CONF")
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


def _make_keys(pkcs11: Any, module: str) -> None:
    named = import_module("pkcs11.util.ec").encode_named_curve_parameters
    kinds, parameters = pkcs11.KeyType, pkcs11.Attribute.EC_PARAMS
    with pkcs11.lib(module).get_token(token_label="noria").open(rw=True, user_pin="1234") as session:
        for label, curve in (("p256", "secp256r1"), ("p384", "secp384r1"), ("k256", "secp256k1")):
            domain = session.create_domain_parameters(kinds.EC, {parameters: named(curve)}, local=True)
            domain.generate_keypair(store=True, label=label)
        edwards = {parameters: b"\x13\x0cedwards25519"}
        domain = session.create_domain_parameters(kinds.EC_EDWARDS, edwards, local=True)
        domain.generate_keypair(mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="ed")


def _signer(pin_file: Path, label: str, **given: object) -> TokenSigner:
    assert MODULE
    return TokenSigner(**{"module": MODULE, "token": "noria", "label": label, "pin_file": pin_file, **given})  # type: ignore[arg-type]


@has_no_token
@pytest.mark.parametrize("label", KINDS)
def test_a_key_in_a_token_signs_a_folder_that_verifies(pin_file: Path, tmp_path: Path, label: str) -> None:
    signer = _signer(pin_file, label)

    folder = signed(tmp_path, signer).folder
    assert signer.algorithm == KINDS[label]
    assert verify(folder, Anchors(keys=KeySet.of(signer.public), now=NOW)).is_good


@has_no_token
def test_a_token_or_a_key_that_is_not_there_may_come_back(pin_file: Path) -> None:
    for signer in (_signer(pin_file, "p256", token="nori"), _signer(pin_file, "nobody")):
        with pytest.raises(TokenError, match="cannot be used") as error:
            signer.sign(b"message")
        assert error.value.retry


@has_no_token
def test_a_wrong_pin_is_not_tried_again(pin_file: Path, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("9999\n")

    with pytest.raises(KeyFileError, match="does not take the PIN"):
        _signer(tmp_path / "pin", "p256").sign(b"message")


@has_no_token
def test_a_curve_that_is_not_signed_with_here_is_refused_though_its_points_are_as_long(pin_file: Path) -> None:
    with pytest.raises(KeyFileError, match="is of a kind that is not signed with here"):
        _signer(pin_file, "k256").sign(b"message")


@pytest.mark.skipif(find_spec("pkcs11") is not None, reason="the package is here")
def test_without_the_package_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    signer = TokenSigner(module=Path("/nowhere.so"), token="noria", label="p256", pin_file=tmp_path / "pin")

    with pytest.raises(Rejected, match="need the package python-pkcs11"):
        signer.sign(b"message")
