"""Certificate authorities that can do wrong: expired, no CA, too long a chain, the wrong purpose."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from functions.trust.pem import PemSigner
from tests.trust.trainings import BEGUN

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Authority:
    """A CA and its chain up to the root, its own certificate first."""

    signer: PemSigner
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def root(cls, name: str = "root", **given: object) -> "Authority":
        signer = PemSigner.new()
        return cls(signer, (certificate(signer, name, signer, name, is_ca=True, **given),))  # type: ignore[arg-type]

    def below(self, name: str, **given: object) -> "Authority":
        """Vouch for another CA."""
        signer = PemSigner.new()
        given = {"is_ca": True, **given}
        made = certificate(signer, name, self.signer, self.name, **given)  # type: ignore[arg-type]
        return Authority(signer, (made, *self.chain))

    def leaf(self, name: str, signer: PemSigner | None = None, **given: object) -> PemSigner:
        """Vouch for a signer; gives it with its certificate and those between it and the root."""
        signer = signer or PemSigner.new()
        made = certificate(signer, name, self.signer, self.name, **given)  # type: ignore[arg-type]
        return PemSigner(signer.private, (made, *self.chain[:-1]))

    @property
    def name(self) -> str:
        return str(self.chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def anchor(self) -> x509.Certificate:
        return self.chain[-1]


def certificate(
    subject: PemSigner,
    name: str,
    issuer: PemSigner,
    issuer_name: str,
    *,
    is_ca: bool = False,
    begins: datetime = BEGUN - YEAR,
    ends: datetime = BEGUN + YEAR,
    path_length: int | None = None,
    signs: bool = True,
    code_signing: bool = False,
    critical: x509.ExtensionType | None = None,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(subject.public.key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
        .add_extension(usage, critical=True)
    )
    if code_signing:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    if critical:
        builder = builder.add_extension(critical, critical=True)
    return builder.sign(issuer.private, None if isinstance(issuer.private, Ed25519PrivateKey) else SHA256())


def pem(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return path
