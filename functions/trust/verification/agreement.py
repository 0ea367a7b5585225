"""Agreement: the signed documents belong to one another, and to one job."""

from collections.abc import Mapping

from functions.training.record import RECORD, TrainingRecord
from functions.trust.errors import TrustError
from functions.trust.evidence import BOM, BOM_ENVELOPE, PROVENANCE
from functions.trust.keyset import moment
from functions.trust.plausibility import doubts
from functions.trust.statements import Statement, resources
from functions.trust.verification.anchors import SKEW
from functions.trust.verification.evidence import Evidence
from functions.trust.verification.folder import Folder
from functions.trust.verification.verdict import Checks


def check_agreement(folder: Folder, evidence: Evidence, job: str, checks: Checks) -> None:
    """Compare what bill, statements, provenance and record say of one another; ``job`` is the expected one, if any."""
    facts, provenance = evidence.facts, evidence.statements.get(PROVENANCE)
    if facts is None:
        checks.skipped(
            "job", BOM, "N_NOT_SIGNED", "which job it is of is not known without a trusted bill of materials"
        )
        return
    with checks.trying("statement", BOM_ENVELOPE):
        subjects = {k: v for k, v in evidence.statements[BOM_ENVELOPE].subjects.items() if k != BOM}
        _same(subjects, facts.outputs, f"{BOM_ENVELOPE} and {BOM}")
    if provenance is not None:
        with checks.trying("statement", PROVENANCE):
            _same(provenance.subjects, facts.outputs, f"{PROVENANCE} and {BOM}")
            _same(dependencies(provenance), facts.inputs, f"{PROVENANCE} and {BOM}")
            checks.ok("statement", PROVENANCE, f"{BOM} and it name the same inputs and outputs")
    _check_attestations(folder, evidence.attestations, checks)
    record = _check_record(folder, evidence, checks)
    _check_job(evidence, record, job, checks)


def dependencies(provenance: Statement) -> dict[str, str]:
    """Give what the training was given, by the provenance: name -> SHA-256.

    Raises:
        TrustError: It does not list that.
    """
    return resources(_at(provenance.predicate, "buildDefinition", "resolvedDependencies"), PROVENANCE)


def _same(one: Mapping[str, str], other: Mapping[str, str], who: str) -> None:
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    if differing:
        raise TrustError("E_AGREEMENT", f"{who} do not say the same of {differing[0]}")


def _check_attestations(folder: Folder, named: Mapping[str, str], checks: Checks) -> None:
    """Hold the attestations against the digests that the bill names them by: another valid one will not do."""
    for name, sha256 in sorted(named.items()):
        with checks.trying("attestation", name):
            if folder.digest(name) != sha256:
                raise TrustError("E_ATTESTATION_SWAPPED", f"{name} is not the attestation that {BOM} names")
            checks.ok("attestation", name, f"the one that {BOM} names")
    if PROVENANCE not in named:
        checks.failed("attestation", PROVENANCE, TrustError("E_AGREEMENT", f"{BOM} does not name {PROVENANCE}"))


def _check_record(folder: Folder, evidence: Evidence, checks: Checks) -> TrainingRecord | None:
    """Read the record, if it is the signed one, and hold it against itself, as the signer did."""
    facts = evidence.facts
    assert facts is not None
    with checks.trying("record", RECORD):
        if folder.digest(RECORD) != facts.outputs.get(RECORD):
            raise TrustError("E_FILE_CHANGED", f"{RECORD} is not the one that was signed")
        record = TrainingRecord.from_json(folder.read(RECORD))
        for doubt in doubts(record):
            raise doubt
        made, given = {e.name: e.sha256 for e in record.outputs}, {e.name: e.sha256 for e in record.inputs}
        if evidence.signed and evidence.signed + SKEW < record.finished:
            said = f"it says that it was signed at {moment(evidence.signed)}, before the training ended"
            raise TrustError("E_TIME", said)
        _same({**made, RECORD: folder.digest(RECORD)}, facts.outputs, f"{RECORD} and {BOM}")
        _same(given, facts.inputs, f"{RECORD} and {BOM}")
        checks.ok(
            "record", RECORD, f"{record.steps} steps; weights changed by {record.weights_distance:.3g}; consistent"
        )
        return record
    return None


def _check_job(evidence: Evidence, record: TrainingRecord | None, job: str, checks: Checks) -> None:
    facts, provenance = evidence.facts, evidence.statements.get(PROVENANCE)
    assert facts is not None
    named = {BOM: facts.job}
    if record is not None:
        named[RECORD] = record.job
    if provenance is not None:
        named[PROVENANCE] = str(_at(provenance.predicate, "buildDefinition", "externalParameters", "job"))
    with checks.trying("job", BOM):
        if len(set(named.values())) > 1:
            listed = ", ".join(f"{name} {value[:12]}" for name, value in named.items())
            raise TrustError("E_JOB", f"the documents are of different jobs: {listed}")
        if job and not facts.job.startswith(job):
            raise TrustError("E_JOB", f"it is of the job {facts.job[:12]}, not of {job[:12]}")
        run = str(_at(provenance.predicate, "runDetails", "metadata", "invocationId")) if provenance else facts.run
        if run != facts.run:
            raise TrustError("E_JOB", f"{PROVENANCE} is of the run {run[-12:]}, {BOM} of {facts.run[-12:]}")
        checks.ok("job", BOM, f"all documents are of the job {facts.job[:12]}")


def _at(document: object, *path: str) -> object:
    for part in path:
        document = document.get(part) if isinstance(document, dict) else None
    return document
