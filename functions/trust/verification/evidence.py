"""Evidence: signatures are checked first, and only what a trusted key signed is read any further."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from functions.trust import bom, keyless, oms
from functions.trust.documents import parsed, safe_name, written
from functions.trust.dsse import Envelope, check
from functions.trust.errors import TrustError
from functions.trust.evidence import (
    BOM,
    BOM_ENVELOPE,
    BOM_SIGNATURE,
    CERTIFICATE,
    KEYLESS,
    LINK_SUFFIX,
    MODEL_SIGNATURE,
    PROVENANCE,
)
from functions.trust.keys import KeyFileError, PublicKey
from functions.trust.statements import CYCLONEDX, LINK, Statement
from functions.trust.statements import PROVENANCE as SLSA
from functions.trust.verification.anchors import Anchors
from functions.trust.verification.folder import Folder
from functions.trust.verification.verdict import Checks

NEEDED = (BOM, BOM_ENVELOPE, BOM_SIGNATURE, PROVENANCE)


@dataclass
class Evidence:
    """What trusted keys signed; what is missing or not to be trusted is not in it.

    Attributes:
        statements: File name -> the statement in it.
        facts: What the bill says, if its bytes are those that were signed.
        attestations: The envelopes that the bill names, file name -> SHA-256.
        keys: Id -> key, of every signature that was found good.
        certificates: The signer's, if there is one; to be judged.
    """

    statements: dict[str, Statement] = field(default_factory=dict)
    facts: bom.BomFacts | None = None
    attestations: dict[str, str] = field(default_factory=dict)
    manifest: oms.Manifest | None = None
    keys: dict[str, PublicKey] = field(default_factory=dict)
    certificates: tuple[x509.Certificate, ...] = ()

    @property
    def links(self) -> dict[str, Statement]:
        """The statements about steps."""
        return {name: each for name, each in self.statements.items() if name.endswith(LINK_SUFFIX)}

    @property
    def signed(self) -> datetime | None:
        """When the signer says that it signed."""
        return datetime.fromisoformat(self.facts.timestamp) if self.facts else None


def gather(folder: Folder, anchors: Anchors, checks: Checks) -> Evidence:
    """Check every signature in the folder."""
    found = Evidence()
    if CERTIFICATE in folder.names:
        with checks.trying("chain", CERTIFICATE):
            found.certificates = _certificates(folder.read(CERTIFICATE))
    keys = anchors.candidates(found.certificates)
    _gather_envelopes(folder, keys, found, checks)
    _gather_bill(folder, keys, found, checks)
    _gather_manifest(folder, anchors, keys, found, checks)
    if KEYLESS in folder.names:
        _check_keyless(folder, anchors, checks)
    return found


def _gather_envelopes(folder: Folder, keys: dict[str, PublicKey], found: Evidence, checks: Checks) -> None:
    kinds = {BOM_ENVELOPE: CYCLONEDX, PROVENANCE: SLSA}
    kinds |= {name: LINK for name in folder.names if name.endswith(LINK_SUFFIX)}
    for name, kind in kinds.items():
        with checks.trying("signature", name):
            _check_form(folder.read(name), name)
            envelope = Envelope.parse(folder.read(name), name)
            signers = envelope.verified(keys, name)
            checks.ok("signature", name, f"signed by {_named(signers)}")
            found.keys |= {each.key_id: each for each in signers}
            with checks.trying("statement", name):
                found.statements[name] = Statement.parse(envelope.payload, name, kind)
                checks.ok("statement", name, f"says {kind} of {len(found.statements[name].subjects)} files")


def _gather_bill(folder: Folder, keys: dict[str, PublicKey], found: Evidence, checks: Checks) -> None:
    """Read the bill, if it is what was signed: byte for byte, by the raw signature and by the statement."""
    with checks.trying("signature", BOM_SIGNATURE):
        signature, data = folder.read(BOM_SIGNATURE), folder.read(BOM)
        signer = next((key for key in keys.values() if key.verify(signature, data)), None)
        if signer is None:
            key = next(iter(found.keys.values()), None)
            if key is not None:
                check(key, signature, data, BOM_SIGNATURE)
            raise TrustError("E_SIGNATURE", f"{BOM_SIGNATURE} is no signature of {BOM} by a trusted key")
        found.keys[signer.key_id] = signer
        checks.ok("signature", BOM_SIGNATURE, f"signed by {_named((signer,))}")
    statement = found.statements.get(BOM_ENVELOPE)
    if statement is None:
        checks.skipped("bom", BOM, "N_NOT_SIGNED", f"nothing in {BOM} is believed without a trusted {BOM_ENVELOPE}")
        return
    with checks.trying("bom", BOM):
        _check_bill(folder.read(BOM), folder.digest(BOM), statement)
        bom.check(folder.read(BOM))
        found.attestations = _attestations(statement.predicate)
        found.facts = bom.read(folder.read(BOM))
        checks.ok("bom", BOM, f"CycloneDX {found.facts.spec}, valid, and what {BOM_ENVELOPE} says")


def _check_bill(data: bytes, digest: str, statement: Statement) -> None:
    if BOM not in statement.subjects:
        raise TrustError("E_STATEMENT", f"{BOM_ENVELOPE} is not about {BOM}")
    if statement.subjects[BOM] != digest:
        raise TrustError("E_FILE_CHANGED", f"{BOM} is not the bill that was signed")
    if parsed(data, BOM) != statement.predicate:
        raise TrustError("E_AGREEMENT", f"{BOM_ENVELOPE} holds another bill than {BOM}")


def _attestations(bill: Mapping[str, object]) -> dict[str, str]:
    """Find the envelopes that a bill binds by their digest; those about the bill itself it cannot."""
    listed = bill.get("externalReferences")
    found: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else ():
        if each.get("type") == "attestation" and each.get("hashes"):
            digests = [one["content"] for one in each["hashes"] if one["alg"] == "SHA-256"]
            name = safe_name(each["url"])
            if len(digests) != 1 or name in found:
                raise TrustError("E_DIGEST", f"{BOM} does not name exactly one SHA-256 of {name}")
            found[name] = digests[0]
    return found


def _gather_manifest(
    folder: Folder, anchors: Anchors, keys: dict[str, PublicKey], found: Evidence, checks: Checks
) -> None:
    if MODEL_SIGNATURE not in folder.names and {each.algorithm for each in found.keys.values()} == {"ed25519"}:
        sentence = f"there is no {MODEL_SIGNATURE}: the specification has no place for Ed25519 keys"
        checks.skipped("signature", MODEL_SIGNATURE, "N_ED25519", sentence)
        return
    with checks.trying("signature", MODEL_SIGNATURE):
        _check_form(folder.read(MODEL_SIGNATURE), MODEL_SIGNATURE)
        bundle = oms.Bundle.parse(folder.read(MODEL_SIGNATURE))
        key = bundle.key(keys)
        if key.key_id not in keys and not anchors.authorities:
            raise TrustError("E_KEY_UNKNOWN", f"{MODEL_SIGNATURE} is signed by {_named((key,))}, which is not trusted")
        if bundle.certificates and found.certificates and bundle.certificates[0] != found.certificates[0]:
            raise TrustError("E_AGREEMENT", f"{MODEL_SIGNATURE} has another certificate than {CERTIFICATE}")
        found.manifest = bundle.verified(key)
        found.certificates = found.certificates or bundle.certificates
        found.keys[key.key_id] = key
        checks.ok("signature", MODEL_SIGNATURE, f"signed by {_named((key,))}, {len(found.manifest.files)} files")


def _check_keyless(folder: Folder, anchors: Anchors, checks: Checks) -> None:
    if anchors.sigstore is None:
        said = f"{KEYLESS} was not looked at: whose it should be was not said"
        checks.skipped("signature", KEYLESS, "N_KEYLESS", said, hint="--sigstore-identity and --sigstore-issuer")
        return
    identity, issuer = anchors.sigstore
    with checks.trying("signature", KEYLESS):
        keyless.check(folder.read(BOM), folder.read(KEYLESS), identity=identity, issuer=issuer)
        checks.ok("signature", KEYLESS, f"signed by {identity}, for whom {issuer} vouched, and publicly logged")


def _check_form(data: bytes, name: str) -> None:
    """Hold a document to the one form that it is written in: white space and the like are covered by no signature."""
    if written(parsed(data, name)) != data:
        raise TrustError("E_FORM", f"{name} has bytes in it that no signature covers")


def _certificates(data: bytes) -> tuple[x509.Certificate, ...]:
    try:
        found = tuple(x509.load_pem_x509_certificates(data))
        PublicKey.of_certificate(found[0])
    except (ValueError, KeyFileError) as error:
        raise TrustError("E_CHAIN", f"{CERTIFICATE} holds no certificate of a signer") from error
    return found


def _named(keys: tuple[PublicKey, ...]) -> str:
    return " and ".join(f"the {key.algorithm} key {key.key_id[:16]}" for key in keys)
