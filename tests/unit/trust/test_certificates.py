"""Chains of certificates from an offline CA."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from functions.trust.certificates import check_chain
from functions.trust.errors import TrustError
from functions.trust.pem import PemSigner
from tests.trust.authority import Authority, certificate
from tests.trust.trainings import BEGUN

DAY = timedelta(days=1)


def test_a_chain_through_an_intermediate_leads_to_the_root() -> None:
    root = Authority.root()
    signer = root.below("between").leaf("signer")

    chain = check_chain(signer.certificates, [root.anchor], BEGUN)

    names = [each.subject.rfc4514_string() for each in chain]
    assert names == ["CN=signer", "CN=between", "CN=root"]


@pytest.mark.parametrize("algorithm", ["ecdsa-p384", "ed25519"])
def test_keys_of_other_kinds_have_certificates_too(algorithm: str) -> None:
    root = Authority.root()
    signer = root.leaf("signer", PemSigner.new("ed25519" if algorithm == "ed25519" else "ecdsa-p384"))

    assert len(check_chain(signer.certificates, [root.anchor], BEGUN)) == 2


def test_a_chain_to_another_ca_of_the_same_name_is_refused() -> None:
    signer = Authority.root().leaf("signer")

    with pytest.raises(TrustError, match="does not lead to a trusted CA: nobody vouches for CN=root") as error:
        check_chain(signer.certificates, [Authority.root().anchor], BEGUN)
    assert error.value.code == "E_CHAIN"


def test_a_certificate_that_vouches_for_itself_is_refused() -> None:
    alone = Authority.root("signer")

    with pytest.raises(TrustError, match="nobody vouches"):
        check_chain(alone.chain, [Authority.root().anchor], BEGUN)


def test_without_a_certificate_there_is_no_chain() -> None:
    with pytest.raises(TrustError, match="there is no certificate"):
        check_chain([], [Authority.root().anchor], BEGUN)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ends": BEGUN - DAY}, "E_CERTIFICATE_EXPIRED"),
        ({"begins": BEGUN + DAY}, "E_CERTIFICATE_NOT_YET_VALID"),
        ({"signs": False}, "E_CERTIFICATE_PURPOSE"),
        ({"critical": x509.OCSPNoCheck()}, "E_CERTIFICATE_EXTENSION"),
    ],
)
def test_a_signers_certificate_that_is_not_good_is_refused(given: dict[str, Any], code: str) -> None:
    root = Authority.root()

    with pytest.raises(TrustError) as error:
        check_chain(root.leaf("signer", **given).certificates, [root.anchor], BEGUN)
    assert error.value.code == code


def test_a_code_signing_certificate_is_for_signing() -> None:
    root = Authority.root()
    signer = root.leaf("signer", signs=False, code_signing=True)

    assert check_chain(signer.certificates, [root.anchor], BEGUN)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"is_ca": False}, "E_CERTIFICATE_NOT_A_CA"),
        ({"ends": BEGUN - DAY}, "E_CERTIFICATE_EXPIRED"),
    ],
)
def test_an_intermediate_that_is_not_good_is_refused(given: dict[str, object], code: str) -> None:
    root = Authority.root()

    with pytest.raises(TrustError, match="between") as error:
        check_chain(root.below("between", **given).leaf("signer").certificates, [root.anchor], BEGUN)
    assert error.value.code == code


def test_a_root_that_is_no_ca_vouches_for_nobody() -> None:
    plain = PemSigner.new()
    made = certificate(plain, "plain", plain, "plain")
    signer = Authority(plain, (made,)).leaf("signer")

    with pytest.raises(TrustError, match="plain signed a certificate, and is no CA"):
        check_chain(signer.certificates, [made], BEGUN)


def test_a_path_longer_than_the_root_allows_is_refused() -> None:
    root = Authority.root(path_length=0)

    assert check_chain(root.leaf("signer").certificates, [root.anchor], BEGUN)
    with pytest.raises(TrustError, match="vouches for 0 CAs below it, and there are 1"):
        check_chain(root.below("between").leaf("signer").certificates, [root.anchor], BEGUN)


def test_a_chain_without_end_is_cut() -> None:
    root = below = Authority.root()
    for number in range(8):
        below = below.below(f"ca{number}")

    with pytest.raises(TrustError, match="does not lead to a trusted CA"):
        check_chain(below.leaf("signer").certificates, [root.anchor], BEGUN)
