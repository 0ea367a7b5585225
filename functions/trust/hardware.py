"""Keys in tokens (PKCS#11): smart cards, HSMs and the KMS that have a module for it; the key never leaves its token."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import new as new_hash
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from functions.runtime.errors import Rejected, TryAgain
from functions.trust.keys import HASHED_WITH, Algorithm, KeyFileError, PublicKey
from functions.trust.pem import chain_of, passphrase_of

PARAMETERS: dict[bytes, type[ec.EllipticCurve]] = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1,
    bytes.fromhex("06052b81040022"): ec.SECP384R1,
}
"""The curves' object identifiers in DER."""


class TokenError(TryAgain):
    """The token cannot be used now: it is not plugged in, or has no such key."""


@dataclass(frozen=True)
class TokenSigner:
    """A private key in a token, found by labels. A session is opened for each signature, so that a token may return.

    Attributes:
        module: The PKCS#11 library, such as ``/usr/lib/softhsm/libsofthsm2.so``.
        token, label: Of the token, and of the key pair in it.
        pin_file: Has the user's PIN in its first line.
        chain: PEM file with the certificate and what vouches for it, if there is one.
    """

    module: Path
    token: str
    label: str
    pin_file: Path
    chain: Path | None = None

    @cached_property
    def public(self) -> PublicKey:
        """The public half, read from the token.

        Raises:
            TokenError: The token or the key is not there.
            KeyFileError: The key is of a kind that is not signed with here.
        """
        with self._session() as (session, pkcs11):
            key = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=self.label)
            return _public(key, pkcs11, self.label)

    @cached_property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificate and what vouches for it."""
        return chain_of(self.chain, self.public.key) if self.chain else ()

    @property
    def key_id(self) -> str:
        """The public half's id."""
        return self.public.key_id

    @property
    def algorithm(self) -> Algorithm:
        """The public half's kind."""
        return self.public.algorithm

    def sign(self, message: bytes) -> bytes:
        """Sign in the token; what goes there is the digest, but for Ed25519, which signs the message itself."""
        algorithm = self.algorithm
        with self._session() as (session, pkcs11):
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.label)
            if algorithm == "ed25519":
                return bytes(key.sign(message, mechanism=pkcs11.Mechanism.EDDSA))
            digest = new_hash(HASHED_WITH[algorithm], message).digest()
            raw = bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
        half = len(raw) // 2  # a token gives r and s side by side, everybody else wants them in DER
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    @contextmanager
    def _session(self) -> Iterator[tuple[Any, Any]]:
        try:
            pkcs11 = import_module("pkcs11")
        except ImportError as error:
            said = "keys in tokens need the package python-pkcs11"
            raise Rejected(said, hint="pip install --group sign-bom-hsm") from error
        pin = passphrase_of(self.pin_file).decode()
        try:
            token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
            with token.open(user_pin=pin) as session:
                yield session, pkcs11
        except (pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinLocked) as error:
            # Never tried again: a token locks itself after a few wrong PINs.
            said = f"the token {self.token!r} does not take the PIN in {self.pin_file}, or is locked"
            raise KeyFileError(said, hint="put the user's PIN into the file's first line") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            reason = str(error) or type(error).__name__
            hint = "look at the module's path and the labels of token and key"
            raise TokenError(f"the token {self.token!r} cannot be used: {reason}", hint=hint) from error


def _public(key: Any, pkcs11: Any, label: str) -> PublicKey:  # noqa: ANN401 - the library has no types
    """Rebuild a public key from a token's attributes: its point, wrapped in an octet string (PKCS#11 v2.40, 2.3.3)."""
    point = bytes(key[pkcs11.Attribute.EC_POINT])
    if len(point) > 2 and point[0] == 4 and point[1] == len(point) - 2:
        point = point[2:]
    if key.key_type == pkcs11.KeyType.EC_EDWARDS:
        return PublicKey(Ed25519PublicKey.from_public_bytes(point))
    curve = PARAMETERS.get(bytes(key[pkcs11.Attribute.EC_PARAMS]))
    if curve:
        return PublicKey(ec.EllipticCurvePublicKey.from_encoded_point(curve(), point))
    raise KeyFileError(f"the key {label} is of a kind that is not signed with here", hint="use P-256 or P-384")
