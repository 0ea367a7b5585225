"""OpenSSF Model Signing v1.0: one signature over all files of a folder (https://github.com/ossf/model-signing-spec).

A Sigstore bundle around a DSSE envelope around an in-toto statement; what ``model_signing verify`` reads. ECDSA only.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.trust.documents import decoded, encoded, fields, parsed, safe_name, written
from functions.trust.dsse import IN_TOTO, Envelope, check, pae
from functions.trust.errors import TrustError
from functions.trust.evidence import MODEL_SIGNATURE
from functions.trust.keys import KeyFileError, PublicKey, Signer
from functions.trust.statements import STATEMENT

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE = "https://model_signing/signature/v1.0"
HASHES = {"sha256": hashlib.sha256, "blake2b": hashlib.blake2b}


@dataclass(frozen=True)
class Manifest:
    """What a bundle says: the digest of each file, by relative POSIX path, and which paths it says nothing of."""

    name: str
    files: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    hash_type: str = "sha256"

    def ignores(self, path: str) -> bool:
        """Tell whether the file, or a folder that it lies in, is left out of the signature."""
        return any(PurePosixPath(path).is_relative_to(each) for each in self.ignored)


@dataclass(frozen=True)
class Bundle:
    """A bundle before it is believed: the envelope, and the key's hint or the certificates of who signed."""

    envelope: Envelope
    hint: str = ""
    certificates: tuple[x509.Certificate, ...] = ()

    @classmethod
    def parse(cls, data: bytes, name: str = MODEL_SIGNATURE) -> "Bundle":
        """Read the bytes of a bundle.

        Raises:
            TrustError: It is of another media type, has no or several signatures, or a field that nothing vouches for.
        """
        known = {"mediaType": str, "verificationMaterial": dict, "dsseEnvelope": dict}
        found = fields(parsed(data, name), name, known, code="E_NOT_A_BUNDLE")
        if found["mediaType"] != BUNDLE:
            raise TrustError("E_MEDIA_TYPE", f"{name} is said to be {found['mediaType']!r} and not {BUNDLE!r}")
        envelope = Envelope.of(found["dsseEnvelope"], name)
        if len(envelope.signatures) != 1:
            raise TrustError("E_NOT_A_BUNDLE", f"{name} has {len(envelope.signatures)} signatures, not one")
        hint, certificates = _signer(found["verificationMaterial"], name)
        return cls(envelope, hint, certificates)

    def key(self, keys: Mapping[str, PublicKey], name: str = MODEL_SIGNATURE) -> PublicKey:
        """Find the key that the bundle names: a trusted one by its hint, or the certificate's, which is to be judged.

        Raises:
            TrustError: It names none, or one that is not trusted.
        """
        if self.certificates:
            try:
                return PublicKey.of_certificate(self.certificates[0])
            except KeyFileError as error:
                raise TrustError("E_ALGORITHM", f"{name}: {error.message}") from error
        if not self.hint:
            raise TrustError("E_HINT_REMOVED", f"{name} does not say which key signed it: the hint is empty")
        found = next((key for key in keys.values() if key.hint == self.hint), None)
        if found is None:
            said = f"{name} is signed by a key that is not a trusted one (hint {self.hint[:16]})"
            raise TrustError("E_KEY_UNKNOWN", said, hint="give the signer's public key, or a key set that has it")
        return found

    def verified(self, key: PublicKey, name: str = MODEL_SIGNATURE) -> Manifest:
        """Check the signature, and give what is signed.

        Raises:
            TrustError: It does not fit, or what is signed is no manifest of version 1.0.
        """
        if self.envelope.payload_type != IN_TOTO:
            raise TrustError(
                "E_PAYLOAD_TYPE", f"{name} holds {self.envelope.payload_type!r} and not an in-toto statement"
            )
        if key.algorithm == "ed25519":
            raise TrustError("E_ALGORITHM", f"{name} cannot be by an Ed25519 key: model signatures are ECDSA")
        signature = self.envelope.signatures[0]
        if signature.keyid not in {"", key.key_id}:
            raise TrustError("E_KEY_UNKNOWN", f"{name} names two keys, one in its hint and one in its signature")
        check(key, signature.value, pae(self.envelope.payload), name)
        return _manifest(parsed(self.envelope.payload, f"the statement in {name}"), name)


def sign(files: Mapping[str, str], name: str, signer: Signer, *, ignored: Sequence[str] = (MODEL_SIGNATURE,)) -> bytes:
    """Sign the files of a folder.

    Args:
        files: Relative POSIX path -> SHA-256 of every file but the ``ignored``.
        name: What the model is called; it tells a reader, and nothing is checked by it.
    """
    ordered = sorted(files.items(), key=lambda item: PurePosixPath(item[0]))
    listed = [{"name": path, "algorithm": "sha256", "digest": sha256} for path, sha256 in ordered]
    how = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": list(ignored)}
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _root(sha256 for _, sha256 in ordered)}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": how, "resources": listed},
    }
    # model-signing leaves the key id empty, which securesystemslib refuses; all three read one that is set.
    envelope = Envelope.seal(written(statement), [signer])
    return written({"mediaType": BUNDLE, "verificationMaterial": _material(signer), "dsseEnvelope": envelope.document})


def _material(signer: Signer) -> dict[str, object]:
    if not signer.certificates:
        return {"publicKey": {"hint": signer.public.hint}, "tlogEntries": []}
    chain = [{"rawBytes": encoded(each.public_bytes(Encoding.DER))} for each in signer.certificates]
    return {"x509CertificateChain": {"certificates": chain}, "tlogEntries": []}


def _signer(material: object, name: str) -> tuple[str, tuple[x509.Certificate, ...]]:
    where = f"the verification material of {name}"
    assert isinstance(material, dict)
    if material.get("tlogEntries"):
        raise TrustError("E_NOT_A_BUNDLE", f"{name} is a keyless signature; it is verified with sigstore")
    kinds = sorted(set(material) - {"tlogEntries"})
    if kinds == ["publicKey"]:
        key = material["publicKey"]
        if key == {} or key == {"hint": ""}:
            return "", ()
        return str(fields(key, where, {"hint": str}, code="E_NOT_A_BUNDLE")["hint"]), ()
    if kinds == ["x509CertificateChain"]:
        chain = fields(material["x509CertificateChain"], where, {"certificates": list}, code="E_NOT_A_BUNDLE")
        listed = chain["certificates"]
        assert isinstance(listed, list)
        found = tuple(_certificate(each, where) for each in listed)
        if found:
            return "", found
    raise TrustError("E_NOT_A_BUNDLE", f"{where} has neither a key's hint nor certificates")


def _certificate(document: object, where: str) -> x509.Certificate:
    raw = fields(document, where, {"rawBytes": str}, code="E_NOT_A_BUNDLE")["rawBytes"]
    try:
        return x509.load_der_x509_certificate(decoded(raw, where))
    except ValueError as error:
        raise TrustError("E_NOT_A_BUNDLE", f"{where} has a certificate that is none") from error


def _manifest(statement: dict[str, object], name: str) -> Manifest:
    known = {"_type": str, "subject": list, "predicateType": str, "predicate": dict}
    found = fields(statement, f"the statement in {name}", known, code="E_STATEMENT")
    subject, predicate = found["subject"], found["predicate"]
    assert isinstance(subject, list)
    assert isinstance(predicate, dict)
    if found["_type"] != STATEMENT or found["predicateType"] != PREDICATE:
        said = f"{name} says {found['predicateType']!r} where {PREDICATE!r} belongs"
        raise TrustError("E_PREDICATE_TYPE", said)
    how = predicate.get("serialization")
    kind = how.get("hash_type") if isinstance(how, dict) else None
    if not isinstance(how, dict) or how.get("method") != "files" or kind not in HASHES:
        raise TrustError("E_STATEMENT", f"{name} hashes in a way unknown here: {how!r}")
    files = _files(predicate.get("resources"), str(kind), name)
    subjects = subject if len(subject) == 1 and isinstance(subject[0], dict) else [{}]
    if subjects[0].get("digest") != {"sha256": _root(files.values())}:
        raise TrustError("E_DIGEST", f"the digest in {name} is not that of the files it lists")
    ignored = tuple(safe_name(each) for each in how.get("ignore_paths", ()))
    return Manifest(str(subjects[0].get("name", "")), files, ignored, str(kind))


def _files(listed: object, kind: str, name: str) -> dict[str, str]:
    files: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else ():
        known = {"name": str, "algorithm": str, "digest": str}
        one = fields(each, f"a file in {name}", known, code="E_STATEMENT")
        path, value = safe_name(one["name"]), str(one["digest"])
        if one["algorithm"] != kind or path in files or set(value) - set("0123456789abcdef") or len(value) % 2:
            raise TrustError("E_STATEMENT", f"{name} has no right digest of {path}")
        files[path] = value
    if not files:
        raise TrustError("E_STATEMENT", f"{name} lists no files")
    return files


def _root(digests: Iterable[str]) -> str:
    """Digest the digests, in the order that they are listed in."""
    return hashlib.sha256(b"".join(bytes.fromhex(each) for each in digests)).hexdigest()
