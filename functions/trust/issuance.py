"""Issuance: the evidence for one training result, written beside its files.

Each document binds those before it: links and provenance, the bill of materials that names them by digest, the signed
statement about the bill and every file, and last the model signature over all that is there.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from functions.runtime.hashing import sha256_of
from functions.training.stated import Stated
from functions.trust import bom, oms
from functions.trust.documents import parsed
from functions.trust.dsse import Envelope
from functions.trust.evidence import (
    BOM,
    BOM_ENVELOPE,
    BOM_SIGNATURE,
    CERTIFICATE,
    KEYLESS,
    MODEL_SIGNATURE,
    OWN_LINK,
    PROVENANCE,
    link_name,
)
from functions.trust.examination import Examined
from functions.trust.keys import Signer
from functions.trust.lineage import Lineage
from functions.trust.statements import CYCLONEDX, Statement, link, own_link, provenance

FUNCTION = "sign-bom"


def issue(
    examined: Examined,
    lineage: Lineage,
    folder: Path,
    signers: Sequence[Signer],
    *,
    made: datetime,
    version: str,
    spec: bom.Spec = "1.7",
    stated: Stated | None = None,
    countersign: Callable[[bytes], bytes] | None = None,
) -> tuple[str, ...]:
    """Write all evidence into ``folder`` and name it.

    Args:
        examined: What passed the signer's examination; nothing else is signed.
        signers: Whose signatures the envelopes bear; the first one's alone are the bill's and the model's.
        made: The signing time.
        version: Of the signing function.
        countersign: Gives a Sigstore bundle over the bill.

    Raises:
        BomError: No valid bill can be made of it.
    """
    first = signers[0]
    made_before = {PROVENANCE: provenance(examined.record, lineage, examined.digests)}
    made_before |= {link_name(each.function, each.run.partition("/")[2]): link(each) for each in lineage.steps}
    evidence = {name: Envelope.seal(each.data, signers).data for name, each in made_before.items()}
    attestations = {name: sha256_of(data) for name, data in evidence.items()}
    record = examined.record
    bill = bom.bill(record, lineage, spec=spec, stated=stated, made=made, attestations=attestations)
    bom.check(bill)
    evidence |= {BOM: bill, BOM_SIGNATURE: first.sign(bill)}
    subjects = {**examined.digests, BOM: sha256_of(bill)}
    inputs = {each.name: each.sha256 for each in record.inputs}
    about = Statement(subjects, CYCLONEDX, parsed(bill, BOM))
    own = own_link(FUNCTION, version, {**examined.digests, **inputs}, {BOM: subjects[BOM]})
    evidence |= {BOM_ENVELOPE: Envelope.seal(about.data, signers).data}
    evidence |= {OWN_LINK: Envelope.seal(own.data, signers).data}
    if countersign:
        evidence[KEYLESS] = countersign(bill)
    if first.certificates:
        evidence[CERTIFICATE] = b"".join(each.public_bytes(Encoding.PEM) for each in first.certificates)
    if first.algorithm != "ed25519":  # which the model signing specification has no place for
        everything = {**examined.digests, **{name: sha256_of(data) for name, data in evidence.items()}}
        evidence[MODEL_SIGNATURE] = oms.sign(everything, f"{record.job[:12]}", first)
    return _written(evidence, folder)


def _written(evidence: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    for name, data in evidence.items():
        (folder / name).write_bytes(data)
    return tuple(evidence)
