"""Models that somebody else signed: a folder and an OpenSSF model signature, without any bill of materials."""

from pathlib import Path

from functions.runtime.errors import Rejected
from functions.runtime.hashing import digest_of_file, read_file
from functions.trust.errors import TrustError
from functions.trust.keys import PublicKey
from functions.trust.oms import Bundle, Manifest
from functions.trust.verification.anchors import Anchors
from functions.trust.verification.folder import Folder
from functions.trust.verification.verdict import Checks, Verification


def verify_model(root: Path, signature: Path, anchors: Anchors, *, subject: str = "") -> Verification:
    """Check a folder against the bundle that ``model_signing sign`` wrote, and say what the bundle leaves out.

    There is no signing time in it: keys and certificates must be good now.

    Raises:
        Rejected: The folder or the bundle is not there.
    """
    if not root.is_dir() or not signature.is_file():
        missing = root if not root.is_dir() else signature
        raise Rejected(f"there is no {missing}", hint="give the model's folder, and the signature's file")
    checks, name = Checks(), signature.name
    manifest, key = None, None
    with checks.trying("signature", name):
        bundle = Bundle.parse(read_file(signature.resolve()), name)
        key = bundle.key(anchors.keys.by_id, name)
        manifest = bundle.verified(key, name)
        checks.ok(
            "signature", name, f"signed by the {key.algorithm} key {key.key_id[:16]}, {len(manifest.files)} files"
        )
        _judge(bundle, key, anchors, checks)
    if manifest is not None:
        _check_files(Folder(root), signature, manifest, checks)
    good = manifest is not None and not any(each.status == "failed" for each in checks.made)
    return Verification(
        subject=subject or str(root),
        verdict="verified" if good else "failed",
        signers=(key.key_id,) if key and good else (),
        checks=tuple(checks.made),
    )


def _judge(bundle: Bundle, key: PublicKey, anchors: Anchors, checks: Checks) -> None:
    entry = anchors.keys.find(key.key_id)
    with checks.trying("key", key.key_id[:16]):
        if entry is not None:
            entry.judge(anchors.now, "sign-model")
        elif not (bundle.certificates and anchors.authorities):
            raise TrustError("E_KEY_UNKNOWN", f"the key {key.key_id[:16]} is not a trusted one")
        checks.ok("key", key.key_id[:16], "trusted" if entry else "its certificate is to be judged")
    if bundle.certificates and anchors.authorities:
        with checks.trying("chain", "the certificates"):
            checks.ok("chain", "the certificates", anchors.judge_chain(bundle.certificates, anchors.now))


def _check_files(folder: Folder, signature: Path, manifest: Manifest, checks: Checks) -> None:
    own = signature.resolve()
    left = [name for name in folder.names if manifest.ignores(name) and (folder.root / name).resolve() != own]
    for name, digest in manifest.files.items():
        with checks.trying("file", name):
            if name not in folder.names:
                raise TrustError("E_FILE_MISSING", f"{name} was signed and is missing")
            if _digest(folder, name, manifest.hash_type) != digest:
                raise TrustError("E_FILE_CHANGED", f"{name} is not the file that was signed")
            checks.ok("file", name, f"unchanged, {manifest.hash_type} {digest[:16]}")
    known = {*manifest.files, *left}
    for name in (*folder.names, *folder.oddities):
        if name not in known and (folder.root / name).resolve() != own:
            checks.failed("folder", name, TrustError("E_FILE_ADDED", f"{name} is not among the signed files"))
    for name in left:
        checks.skipped("file", name, "N_IGNORED", f"{name} is left out of the signature, which says so")


def _digest(folder: Folder, name: str, kind: str) -> str:
    return folder.digest(name) if kind == "sha256" else digest_of_file(folder.root / name, kind)
