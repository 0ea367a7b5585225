"""Private keys and certificates in PEM files."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from functions.trust.keys import CURVES, HASHES, Algorithm, AnyPublicKey, KeyFileError, PublicKey, usable

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey


@dataclass(frozen=True)
class PemSigner:
    """A private key from a PEM file."""

    private: PrivateKey
    certificates: tuple[x509.Certificate, ...] = ()

    @classmethod
    def load(cls, file: Path, *, passphrase_file: Path | None = None, certificates: Path | None = None) -> Self:
        """Read a private key, and the chain of its certificate if there is one.

        Raises:
            KeyFileError: The file is no such key, or its passphrase is missing or wrong, or the certificate is not its.
        """
        passphrase = passphrase_of(passphrase_file) or None
        try:
            private = load_pem_private_key(contents(file), passphrase)
        except TypeError as error:
            missing = "needs a passphrase" if passphrase is None else "has no passphrase, and one was given"
            raise KeyFileError(f"the private key {file} {missing}", hint="name its file, or none") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"{file} is not a PEM private key, or its passphrase is another one") from error
        usable(private.public_key(), str(file))
        assert isinstance(private, PrivateKey)
        return cls(private, chain_of(certificates, private.public_key()) if certificates else ())

    @classmethod
    def new(cls, algorithm: Algorithm = "ecdsa-p256") -> Self:
        """Make a new key."""
        if algorithm == "ed25519":
            return cls(Ed25519PrivateKey.generate())
        curve = next(curve for name, curve in CURVES.values() if name == algorithm)
        return cls(ec.generate_private_key(curve()))

    @cached_property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(self.private.public_key())

    @property
    def key_id(self) -> str:
        """The public half's id."""
        return self.public.key_id

    @property
    def algorithm(self) -> Algorithm:
        """The public half's kind."""
        return self.public.algorithm

    def sign(self, message: bytes) -> bytes:
        """Sign in memory; the same message has the same signature (RFC 6979), so that signing again changes nothing."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, ec.ECDSA(HASHES[self.algorithm](), deterministic_signing=True))

    def pem(self, passphrase: bytes = b"") -> bytes:
        """Give the private key as PKCS#8 PEM, encrypted when there is a passphrase."""
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def chain_of(file: Path, key: AnyPublicKey) -> tuple[x509.Certificate, ...]:
    """Read a PEM file that holds the key's certificate first, and its issuers after it.

    Raises:
        KeyFileError: It holds no certificates, or the first is another key's.
    """
    try:
        found = x509.load_pem_x509_certificates(contents(file))
    except ValueError as error:
        raise KeyFileError(f"{file} holds no PEM certificates") from error
    if found[0].public_key() != key:
        raise KeyFileError(f"the first certificate of {file} is not the signing key's", hint="put that one first")
    return tuple(found)


def contents(file: Path) -> bytes:
    """Read a key file.

    Raises:
        KeyFileError: It cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise KeyFileError(
            f"cannot read {file}: {error.strerror}", hint="check the path and its permissions"
        ) from error


def passphrase_of(file: Path | None) -> bytes:
    """Read a passphrase from the first line of a file; empty without a file.

    Raises:
        KeyFileError: The file is empty.
    """
    if file is None:
        return b""
    given = contents(file).split(b"\n")[0].rstrip(b"\r")
    if not given:
        raise KeyFileError(f"there is no passphrase in {file}", hint="write it into the first line")
    return given
