"""Verification: what an auditor can check of a signed folder, with nothing but the signer's public key."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from functions.runtime.errors import Rejected
from functions.runtime.hashing import sha256_of_file
from functions.training.record import RECORD
from functions.trust.errors import TrustError
from functions.trust.evidence import BOM_ENVELOPE
from functions.trust.keys import PublicKey
from functions.trust.keyset import moment
from functions.trust.verification.agreement import check_agreement
from functions.trust.verification.anchors import Anchors
from functions.trust.verification.contents import check_contents
from functions.trust.verification.evidence import Evidence, gather
from functions.trust.verification.folder import Folder
from functions.trust.verification.origins import Fetch, check_data, check_lineage
from functions.trust.verification.verdict import Check, Checks, Verification

if TYPE_CHECKING:
    from functions.trust.verification.retraining import Train

__all__ = ["Anchors", "Check", "Checks", "Verification", "verify"]


def verify(
    root: Path,
    anchors: Anchors,
    *,
    job: str = "",
    inputs: Sequence[Path] = (),
    fetch: Fetch | None = None,
    model: Path | None = None,
    train: "Train | None" = None,
    subject: str = "",
) -> Verification:
    """Check a signed folder: signatures first, then every file, then what the documents say of one another.

    Args:
        root: The folder, all of one job.
        anchors: The keys and CAs that are trusted.
        job: The job that it must be of, or the beginning of its name.
        inputs: Folders with copies of the data, the definition and the model that were trained on.
        fetch: Reads those from the store, where there is one.
        model: A file that must be one of the job's results, wherever it lies.
        train: Runs the job again, to compare the weights; not done without.
        subject: What to call the folder in the verdict.

    Raises:
        Rejected: It is not a folder.
    """
    if not root.is_dir():
        raise Rejected(f"{root} is not a folder", hint="give the folder that the signed files of one job lie in")
    checks = Checks()
    folder = Folder(root)
    evidence = gather(folder, anchors, checks)
    _judge(evidence, anchors, checks)
    check_contents(folder, evidence, evidence.facts.inputs if evidence.facts else {}, checks)
    check_agreement(folder, evidence, job, checks)
    given = check_data(folder, evidence, inputs, fetch, checks)
    check_lineage(evidence, checks)
    if model is not None:
        _check_model(model, evidence, checks)
    _retrain(root, given, train, checks)
    return concluded(checks, evidence, subject or str(root))


def concluded(checks: Checks, evidence: Evidence, subject: str) -> Verification:
    """Give the verdict on what was looked at."""
    failed = any(each.status == "failed" for each in checks.made)
    good = not failed and evidence.facts is not None
    return Verification(
        subject=subject,
        verdict="verified" if good else "failed",
        job=evidence.facts.job if evidence.facts else "",
        signed=moment(evidence.signed) if evidence.signed else "",
        signers=tuple(sorted(evidence.keys)),
        checks=tuple(checks.made),
    )


def _check_model(model: Path, evidence: Evidence, checks: Checks) -> None:
    """Hold a file against the results that the bill names."""
    if evidence.facts is None:
        checks.skipped("model", model.name, "N_NOT_SIGNED", "what it should be is not known without a trusted bill")
        return
    with checks.trying("model", model.name):
        digest = sha256_of_file(model)
        name = next((name for name, sha256 in evidence.facts.outputs.items() if sha256 == digest), None)
        if name is None:
            said = f"{model.name} is none of the results of the job {evidence.facts.job[:12]}"
            raise TrustError("E_MODEL_UNKNOWN", said, hint="it belongs to another bill of materials, or was changed")
        checks.ok("model", model.name, f"it is {name} of the job {evidence.facts.job[:12]}")


def _retrain(root: Path, given: Mapping[str, Path], train: "Train | None", checks: Checks) -> None:
    if train is None:
        said = "it was not trained again to compare the weights"
        checks.skipped("retraining", RECORD, "N_NOT_ASKED", said, hint="--retrain")
    elif any(each.status == "failed" for each in checks.made):
        said = "what failed before is not trained again"
        checks.skipped("retraining", RECORD, "N_FAILED_BEFORE", said)
    else:
        from functions.trust.verification.retraining import check_retraining  # it needs numpy, and nothing else does

        check_retraining(root, given, train, checks)


def _judge(evidence: Evidence, anchors: Anchors, checks: Checks) -> None:
    """Judge keys and certificates as of the signing time, which is known only after the signatures were checked."""
    at = evidence.signed or anchors.now
    leaf = PublicKey.of_certificate(evidence.certificates[0]).key_id if evidence.certificates else ""
    for key in evidence.keys.values():
        with checks.trying("key", key.key_id[:16]):
            if anchors.keys.find(key.key_id) is None and (key.key_id != leaf or not anchors.authorities):
                raise TrustError("E_KEY_UNKNOWN", f"the key {key.key_id[:16]} is not a trusted one")
            checks.ok("key", key.key_id[:16], anchors.judge_key(key, at))
    if evidence.keys and not anchors.revocations:
        said = "whether the key was revoked is not known from the key alone"
        checks.skipped("key", BOM_ENVELOPE, "N_NO_REVOCATIONS", said, hint="--keys KEYS.json, the signer's key set")
    if evidence.certificates and anchors.authorities:
        with checks.trying("chain", "certificate.pem"):
            checks.ok("chain", "certificate.pem", anchors.judge_chain(evidence.certificates, at))
    elif evidence.certificates:
        said = "there is a certificate, and no CA was given to check it by"
        checks.skipped("chain", "certificate.pem", "N_NO_AUTHORITY", said, hint="--ca CA.pem")
    elif anchors.authorities and not anchors.keys.keys:
        error = TrustError("E_CHAIN", "a CA is to vouch for the key, and there is no certificate")
        checks.failed("chain", "certificate.pem", error)
    if evidence.signed is None:
        checks.skipped("time", BOM_ENVELOPE, "N_NOT_SIGNED", "when it was signed is not known without a trusted bill")
        return
    with checks.trying("time", BOM_ENVELOPE):
        anchors.judge_time(evidence.signed)
        said = f"signed at {moment(evidence.signed)} by the signer's own word; no timestamp vouches for it"
        checks.skipped("time", BOM_ENVELOPE, "N_NO_TIMESTAMP", said)
