"""DSSE envelopes: signed bytes with their type (https://github.com/secure-systems-lab/dsse, v1.0.0 and v1.0.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from functions.trust.documents import decoded, encoded, fields, parsed, written
from functions.trust.errors import TrustError
from functions.trust.keys import HASHED_WITH, PublicKey, Signer

IN_TOTO = "application/vnd.in-toto+json"
"""The payload type of in-toto statements, the only one here."""
OTHER_HASHES = (hashes.SHA1, hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True)
class Signature:
    """One signature of an envelope; who made it is a hint until it was checked."""

    keyid: str
    value: bytes


@dataclass(frozen=True)
class Envelope:
    """Bytes, what they are, and the signatures over both."""

    payload: bytes
    signatures: tuple[Signature, ...]
    payload_type: str = IN_TOTO

    @classmethod
    def seal(cls, payload: bytes, signers: Sequence[Signer]) -> Self:
        """Sign an in-toto statement with each of the signers."""
        message = pae(payload)
        return cls(payload, tuple(Signature(each.key_id, each.sign(message)) for each in signers))

    @classmethod
    def parse(cls, data: bytes, name: str) -> Self:
        """Read an envelope's bytes; nothing of it is to be believed before ``verified``.

        Raises:
            TrustError: It is no envelope, has a field that no signature covers, or no signature at all.
        """
        return cls.of(parsed(data, name), name)

    @classmethod
    def of(cls, document: object, name: str) -> Self:
        """Take an envelope from parsed JSON, on its own or within a bundle."""
        known = {"payload": str, "payloadType": str, "signatures": list}
        found = fields(document, name, known, code="E_NOT_AN_ENVELOPE")
        listed = found["signatures"]
        assert isinstance(listed, list)
        if not listed:
            raise TrustError("E_NO_SIGNATURE", f"{name} has no signature: its list of signatures is empty")
        return cls(
            payload=decoded(found["payload"], f"the payload of {name}"),
            payload_type=str(found["payloadType"]),
            signatures=tuple(_signature(each, name) for each in listed),
        )

    @property
    def document(self) -> dict[str, object]:
        """The envelope as JSON has it."""
        signatures = [{"keyid": each.keyid, "sig": encoded(each.value)} for each in self.signatures]
        return {"payload": encoded(self.payload), "payloadType": self.payload_type, "signatures": signatures}

    @property
    def data(self) -> bytes:
        """The envelope as bytes of a file."""
        return written(self.document)

    def verified(self, keys: Mapping[str, PublicKey], name: str) -> tuple[PublicKey, ...]:
        """Check the signatures, and give the trusted keys that made them; others' signatures are passed over.

        Args:
            keys: Trusted keys by their ids.
            name: The envelope's file, for the sentence.

        Raises:
            TrustError: It is of another type, no trusted key signed it, or a signature that names one does not fit.
        """
        if self.payload_type != IN_TOTO:
            raise TrustError(
                "E_PAYLOAD_TYPE", f"{name} is said to be {self.payload_type!r} and not an in-toto statement"
            )
        ids = [each.keyid for each in self.signatures]
        if "" in ids:
            raise TrustError("E_KEY_ID_REMOVED", f"{name} has a signature that does not say whose it is")
        if len(set(ids)) < len(ids):
            raise TrustError("E_DUPLICATE_SIGNATURE", f"{name} has two signatures by one key")
        named = [each for each in self.signatures if each.keyid in keys]
        if not named:
            raise TrustError(
                "E_KEY_UNKNOWN",
                f"{name} is signed by the key {ids[0][:16]}, which is not a trusted one",
                hint="give the signer's public key, or a key set that has it",
            )
        message = pae(self.payload)
        for each in named:
            check(keys[each.keyid], each.value, message, name)
        return tuple(keys[each.keyid] for each in named)


def pae(payload: bytes, payload_type: str = IN_TOTO) -> bytes:
    """Give the bytes that are signed: the pre-authentication encoding of the payload and its type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def check(key: PublicKey, signature: bytes, message: bytes, name: str) -> None:
    """Check one signature.

    Raises:
        TrustError: ``E_SIGNATURE``; ``E_ALGORITHM`` when the key made it, but over another hash than goes with it.
    """
    if key.verify(signature, message):
        return
    if isinstance(key.key, ec.EllipticCurvePublicKey):
        for other in OTHER_HASHES:
            if _fits(key.key, signature, message, other()):
                said = f"{name} is signed with {other.name}, and {HASHED_WITH[key.algorithm]} goes with its key"
                raise TrustError("E_ALGORITHM", said)
    raise TrustError("E_SIGNATURE", f"the signature of {name} does not fit: it was changed, or signed by another key")


def _fits(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes, other: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(other))
    except InvalidSignature:
        return False
    return True


def _signature(document: object, name: str) -> Signature:
    known = {"keyid": str, "sig": str}
    if isinstance(document, dict) and "keyid" not in document:
        document = {"keyid": "", **document}
    found = fields(document, f"a signature of {name}", known, code="E_NOT_AN_ENVELOPE")
    return Signature(str(found["keyid"]), decoded(found["sig"], f"a signature of {name}"))
