"""Certificate chains of an offline CA, judged as of the signing time (RFC 5280 section 6, the part that is needed)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.trust.errors import TrustError
from functions.trust.keyset import moment

LONGEST = 5
"""Certificates between the signer's and the CA's."""
UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
)
HASHES = {"sha256", "sha384", "sha512", None}
E = TypeVar("E", bound=x509.ExtensionType)


def check_chain(
    presented: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """Build and check the chain from the signer's certificate to a trusted CA.

    Args:
        presented: The signer's certificate first, then what may lie between; none of it is trusted.
        authorities: The CAs that are trusted.
        at: The signing time; a certificate that has expired since was still good then.

    Returns:
        The chain, the signer's first, the CA's last.

    Raises:
        TrustError: ``E_CHAIN``, or a code that says what of a certificate is not right.
    """
    if not presented:
        raise TrustError("E_CHAIN", "there is no certificate of the signer")
    chain = [presented[0]]
    while not _issuer(chain[-1], authorities):
        issuer = _issuer(chain[-1], [each for each in presented[1:] if each not in chain])
        if issuer is None or len(chain) > LONGEST:
            name = chain[-1].issuer.rfc4514_string()
            raise TrustError("E_CHAIN", f"the chain does not lead to a trusted CA: nobody vouches for {name}")
        chain.append(issuer)
    root = _issuer(chain[-1], authorities)
    assert root is not None
    chain.append(root)
    for place, certificate in enumerate(chain):
        _check_one(certificate, at)
        if place == 0:
            _check_purpose(certificate)
        else:
            _check_authority(certificate, below=place - 1)
    return tuple(chain)


def _issuer(certificate: x509.Certificate, among: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Find who signed the certificate, by name and by signature."""
    for each in among:
        try:
            certificate.verify_directly_issued_by(each)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return each
    return None


def _check_one(certificate: x509.Certificate, at: datetime) -> None:
    name = certificate.subject.rfc4514_string()
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begins:
        raise TrustError(
            "E_CERTIFICATE_NOT_YET_VALID", f"signed at {moment(at)}, and {name} is valid from {moment(begins)}"
        )
    if at > ends:
        raise TrustError("E_CERTIFICATE_EXPIRED", f"signed at {moment(at)}, and {name} was valid until {moment(ends)}")
    hashed = certificate.signature_hash_algorithm
    if (hashed.name if hashed else None) not in HASHES:
        raise TrustError(
            "E_ALGORITHM", f"the certificate of {name} is signed with {hashed.name if hashed else 'nothing'}"
        )
    for extension in certificate.extensions:
        if extension.critical and not isinstance(extension.value, UNDERSTOOD):
            raise TrustError(
                "E_CERTIFICATE_EXTENSION", f"{name} has a critical extension unknown here: {extension.oid}"
            )


def _check_purpose(certificate: x509.Certificate) -> None:
    usage = _extension(certificate, x509.KeyUsage)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    signs = usage is not None and usage.digital_signature
    if not signs and (extended is None or ExtendedKeyUsageOID.CODE_SIGNING not in extended):
        name = certificate.subject.rfc4514_string()
        raise TrustError("E_CERTIFICATE_PURPOSE", f"the certificate of {name} is not for signing")


def _check_authority(certificate: x509.Certificate, *, below: int) -> None:
    name = certificate.subject.rfc4514_string()
    basic, usage = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
        raise TrustError("E_CERTIFICATE_NOT_A_CA", f"{name} signed a certificate, and is no CA")
    if basic.path_length is not None and below > basic.path_length:
        raise TrustError(
            "E_CHAIN_LENGTH", f"{name} vouches for {basic.path_length} CAs below it, and there are {below}"
        )


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
