"""Keys: ECDSA P-256 (the default), P-384 and Ed25519, their ids, and what can sign with one."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, Self, get_args

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from functions.runtime.errors import Rejected

Algorithm = Literal["ecdsa-p256", "ecdsa-p384", "ed25519"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
AnyPublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey

CURVES: dict[str, tuple[Algorithm, type[ec.EllipticCurve]]] = {
    "secp256r1": ("ecdsa-p256", ec.SECP256R1),
    "secp384r1": ("ecdsa-p384", ec.SECP384R1),
}
SCHEMES: dict[Algorithm, tuple[str, str]] = {
    "ecdsa-p256": ("ecdsa", "ecdsa-sha2-nistp256"),
    "ecdsa-p384": ("ecdsa", "ecdsa-sha2-nistp384"),
    "ed25519": ("ed25519", "ed25519"),
}
"""Key type and scheme as securesystemslib names them."""
HASHES: dict[Algorithm, type[hashes.HashAlgorithm]] = {"ecdsa-p256": hashes.SHA256, "ecdsa-p384": hashes.SHA384}
HASHED_WITH = {"ecdsa-p256": "sha256", "ecdsa-p384": "sha384"}


class KeyFileError(Rejected):
    """A key file cannot be used."""


class Signer(Protocol):
    """What holds a private key: a PEM file in memory, or a token that never gives it away.

    Attributes:
        key_id: 64 hex digits; of the public key, see ``PublicKey.key_id``.
        certificates: The signing certificate and its issuers up to the CA, which may be left out; empty without one.
    """

    @property
    def key_id(self) -> str: ...  # noqa: D102
    @property
    def algorithm(self) -> Algorithm: ...  # noqa: D102
    @property
    def public(self) -> "PublicKey": ...  # noqa: D102
    @property
    def certificates(self) -> tuple[x509.Certificate, ...]: ...  # noqa: D102

    def sign(self, message: bytes) -> bytes:
        """Give the signature over ``message``: DER for ECDSA (hash of the curve's size), 64 bytes for Ed25519."""


@dataclass(frozen=True)
class PublicKey:
    """A public key that signatures are checked with."""

    key: AnyPublicKey

    @classmethod
    def parse(cls, pem: bytes, *, name: str = "the public key") -> Self:
        """Read a PEM public key.

        Raises:
            KeyFileError: It is none, or of a kind that is not signed with here.
        """
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"{name} is not a PEM public key", hint="it begins with BEGIN PUBLIC KEY") from error
        return cls(usable(key, name))

    @classmethod
    def of_certificate(cls, certificate: x509.Certificate) -> Self:
        """Take the key of a certificate.

        Raises:
            KeyFileError: It is of a kind that is not signed with here.
        """
        try:
            return cls(usable(certificate.public_key(), "the certificate's key"))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"the certificate's key cannot be read: {error}") from error

    @property
    def algorithm(self) -> Algorithm:
        """Its kind; the hash goes with it, so that nobody can choose another."""
        return "ed25519" if isinstance(self.key, Ed25519PublicKey) else CURVES[self.key.curve.name][0]

    @cached_property
    def pem(self) -> str:
        """The key as PEM text."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @cached_property
    def key_id(self) -> str:
        """64 hex digits, as securesystemslib computes them: SHA-256 over the key's OLPC canonical JSON."""
        kind, scheme = SCHEMES[self.algorithm]
        raw = isinstance(self.key, Ed25519PublicKey)
        value = self.key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex() if raw else self.pem
        text = (
            f'{{"keytype":"{kind}","keyval":{{"public":"{value}"}},"scheme":"{scheme}"}}'  # newlines stay as they are
        )
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def hint(self) -> str:
        """64 hex digits, as model-signing names a key in a bundle: SHA-256 of the PEM text."""
        return hashlib.sha256(self.pem.encode()).hexdigest()

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature over ``message`` was made with this key's private half."""
        try:
            if isinstance(self.key, Ed25519PublicKey):
                self.key.verify(signature, message)
            else:
                self.key.verify(signature, message, ec.ECDSA(HASHES[self.algorithm]()))
        except InvalidSignature:
            return False
        return True


def usable(key: object, name: str) -> AnyPublicKey:
    """Give the key, if it is of a kind that is signed with here.

    Raises:
        KeyFileError: It is not.
    """
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key
    kind = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__.strip("_")
    raise KeyFileError(f"{name} is of a kind that is not signed with here: {kind}", hint=f"use {', '.join(ALGORITHMS)}")
