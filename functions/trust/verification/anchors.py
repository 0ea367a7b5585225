"""Anchors: what whoever verifies believes beforehand; nothing in the folder adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from functions.trust.certificates import check_chain
from functions.trust.errors import TrustError
from functions.trust.keys import KeyFileError, PublicKey
from functions.trust.keyset import KeySet, moment
from functions.trust.pem import contents

SKEW = timedelta(minutes=5)
"""How far a signer's clock may be ahead of ours."""


@dataclass(frozen=True)
class Anchors:
    """Trusted keys and CAs.

    Attributes:
        keys: Trusted and revoked keys; what it says of a key holds for the key of a certificate too.
        authorities: CAs; a certificate that one of them vouches for makes its key a trusted one.
        identity: The name that such a certificate must have (common name or alternative name); empty for any.
        sigstore: Identity and issuer that a keyless signature must be for; None: it is not looked at.
        revocations: Whether ``keys`` would say that a key was revoked, as a key set does and a bare public key cannot.
        strict_time: Keys and certificates must be good now, not only at the time that the signer says it was.
    """

    keys: KeySet = field(default_factory=KeySet)
    authorities: tuple[x509.Certificate, ...] = ()
    identity: str = ""
    sigstore: tuple[str, str] | None = None
    revocations: bool = True
    strict_time: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def candidates(self, certificates: Sequence[x509.Certificate]) -> dict[str, PublicKey]:
        """Give the keys that a signature may be by: the trusted ones, and that of a certificate still to be judged."""
        found = self.keys.by_id
        if certificates and self.authorities:
            key = PublicKey.of_certificate(certificates[0])
            found = {key.key_id: key, **found}
        return found

    def judge_key(self, key: PublicKey, at: datetime) -> str:
        """Check that a key was good at a time; gives a sentence about it.

        Raises:
            TrustError: It was revoked, is for something else, or was not valid then.
        """
        entry = self.keys.find(key.key_id)
        if entry is None:
            return f"{key.algorithm} key {key.key_id[:16]}, by its certificate"
        entry.judge(at, "sign-bom")
        if self.strict_time:
            entry.judge(self.now, "sign-bom")
        return f"{key.algorithm} key {key.key_id[:16]}{f' ({entry.name})' if entry.name else ''} is trusted"

    def judge_chain(self, certificates: Sequence[x509.Certificate], at: datetime) -> str:
        """Check that a trusted CA vouches for the signer's certificate; gives a sentence about it.

        Raises:
            TrustError: None does, or not for this purpose, time or name.
        """
        try:
            chain = check_chain(certificates, self.authorities, self.now if self.strict_time else at)
            names = names_of(chain[0])
        except ValueError as error:
            raise TrustError("E_CHAIN", f"a certificate cannot be read: {error}") from error
        if self.identity and self.identity not in names:
            said = f"the certificate is that of {' and '.join(names) or 'nobody'}, not of {self.identity}"
            raise TrustError("E_IDENTITY", said)
        return f"{chain[-1].subject.rfc4514_string()} vouches for {chain[0].subject.rfc4514_string()}"

    def judge_time(self, at: datetime) -> None:
        """Check that a signing time is not to come.

        Raises:
            TrustError: It is.
        """
        if at > self.now + SKEW:
            raise TrustError("E_TIME", f"it says that it was signed at {moment(at)}, which is to come")


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Give the names of a certificate: common name, alternative names."""
    common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        other = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return tuple(common)
    return (*common, *(str(each.value) for each in other if isinstance(each.value, str)))


def authorities_of(file: Path) -> tuple[x509.Certificate, ...]:
    """Read the certificates of trusted CAs from a PEM file.

    Raises:
        KeyFileError: It holds none.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(contents(file)))
    except ValueError as error:
        raise KeyFileError(f"{file} holds no PEM certificates", hint="it begins with BEGIN CERTIFICATE") from error
