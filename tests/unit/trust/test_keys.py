"""Keys and their files."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from securesystemslib.signer._key import SSlibKey

from functions.trust.keys import ALGORITHMS, Algorithm, KeyFileError, PublicKey
from functions.trust.pem import PemSigner
from tests.trust.authority import Authority, pem


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_has_the_id_that_securesystemslib_gives_it(algorithm: Algorithm) -> None:
    key = PemSigner.new(algorithm).public

    assert key.key_id == SSlibKey.from_crypto(key.key).keyid


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_a_key_signs_its_public_half_verifies_and_no_other(tmp_path: Path, algorithm: Algorithm) -> None:
    signer, other = PemSigner.new(algorithm), PemSigner.new(algorithm)
    (tmp_path / "key.pem").write_bytes(signer.pem())
    again = PemSigner.load(tmp_path / "key.pem")
    signature = again.sign(b"message")

    assert again.key_id == signer.key_id
    assert PublicKey.parse(signer.public.pem.encode()).verify(signature, b"message")
    assert not signer.public.verify(signature, b"massage")
    assert not signer.public.verify(signature[:-1], b"message")
    assert not other.public.verify(signature, b"message")


def test_an_encrypted_key_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    signer = PemSigner.new()
    key, right, wrong = tmp_path / "key.pem", tmp_path / "right", tmp_path / "wrong"
    key.write_bytes(signer.pem(b"open sesame"))
    right.write_text("open sesame\nand nothing of this line\n")
    wrong.write_text("open barley\n")

    assert PemSigner.load(key, passphrase_file=right).key_id == signer.key_id
    assert b"open sesame" not in key.read_bytes()
    with pytest.raises(KeyFileError, match="its passphrase is another one"):
        PemSigner.load(key, passphrase_file=wrong)
    with pytest.raises(KeyFileError, match="needs a passphrase"):
        PemSigner.load(key)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a PEM private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not a PEM private key"),
        (b"\x00" * 100, "is not a PEM private key"),
    ],
)
def test_a_file_that_is_no_key_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "key.pem").write_bytes(content)

    with pytest.raises(KeyFileError, match=said) as error:
        PemSigner.load(tmp_path / "key.pem")
    assert "key.pem" in error.value.message


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"cannot read .*nowhere.pem: No such file"):
        PemSigner.load(tmp_path / "nowhere.pem")


def test_keys_that_are_not_signed_with_here_are_refused() -> None:
    weak = rsa.generate_private_key(65537, 2048).public_key()
    curve = ec.generate_private_key(ec.SECP256K1()).public_key()

    for key, kind in ((weak, "RSAPublicKey"), (curve, "secp256k1")):
        with pytest.raises(KeyFileError, match=kind):
            PublicKey.parse(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_a_key_that_openssl_made_is_read(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)

    assert PemSigner.load(key).algorithm == "ecdsa-p256"


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    signer, other = PemSigner.new(), Authority.root().leaf("somebody else")
    (tmp_path / "key.pem").write_bytes(signer.pem())
    chain = pem(tmp_path / "chain.pem", *other.certificates)

    with pytest.raises(KeyFileError, match="is not the signing key's"):
        PemSigner.load(tmp_path / "key.pem", certificates=chain)


def test_a_private_key_never_shows_in_what_is_printed_of_a_signer() -> None:
    signer = PemSigner.new()
    secret = signer.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()

    assert secret not in repr(signer)
    assert "PRIVATE KEY" not in repr(signer)
