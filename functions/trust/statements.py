"""in-toto statements: which files, and what is said of them (https://in-toto.io/Statement/v1).

Predicates: a CycloneDX bill (https://cyclonedx.org/bom), SLSA provenance v1 of a training run
(https://slsa.dev/spec/v1.0/provenance) and one in-toto link v0.3 a step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from functions.runtime.runs import StoredObject
from functions.training.record import RECORD, Input, TrainingRecord
from functions.trust.documents import digest, fields, parsed, written
from functions.trust.errors import TrustError
from functions.trust.lineage import Lineage, Step

STATEMENT = "https://in-toto.io/Statement/v1"
CYCLONEDX = "https://cyclonedx.org/bom"
PROVENANCE = "https://slsa.dev/provenance/v1"
LINK = "https://in-toto.io/attestation/link/v0.3"
BUILD = "urn:noria:build-type:training:1"


@dataclass(frozen=True)
class Statement:
    """``subjects``: file name -> SHA-256. What the predicate says is said of all of them."""

    subjects: Mapping[str, str]
    predicate_type: str
    predicate: Mapping[str, object]

    @classmethod
    def parse(cls, payload: bytes, name: str, predicate_type: str) -> Self:
        """Read the payload of an envelope whose signature was checked.

        Raises:
            TrustError: It is no statement, or says another kind of thing than the file's name promises.
        """
        known = {"_type": str, "subject": list, "predicateType": str, "predicate": dict}
        found = fields(
            parsed(payload, f"the statement in {name}"), f"the statement in {name}", known, code="E_STATEMENT"
        )
        if found["_type"] != STATEMENT:
            raise TrustError("E_STATEMENT", f"{name} holds a {found['_type']!r} and not an in-toto statement v1")
        if found["predicateType"] != predicate_type:
            said = f"{name} says {found['predicateType']!r} where {predicate_type!r} belongs"
            raise TrustError("E_PREDICATE_TYPE", said)
        subjects, predicate = found["subject"], found["predicate"]
        assert isinstance(subjects, list)
        assert isinstance(predicate, dict)
        return cls(resources(subjects, name), predicate_type, predicate)

    @property
    def data(self) -> bytes:
        """The statement as it is signed."""
        return written(
            {
                "_type": STATEMENT,
                "subject": [described(name, sha256) for name, sha256 in sorted(self.subjects.items())],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )


def resources(listed: object, name: str) -> dict[str, str]:
    """Read resource descriptors: name -> SHA-256.

    Raises:
        TrustError: There are none, or one has no name, no digest or comes twice.
    """
    if not isinstance(listed, list) or not listed:
        raise TrustError("E_STATEMENT", f"{name} is about nothing: it lists no files")
    found: dict[str, str] = {}
    for each in listed:
        title = each.get("name") if isinstance(each, dict) else None
        digests = each.get("digest") if isinstance(each, dict) else None
        if not isinstance(title, str) or not isinstance(digests, dict) or title in found:
            raise TrustError("E_STATEMENT", f"{name} lists a file without name and digest, or twice: {title!r}")
        if set(digests) != {"sha256"}:
            raise TrustError("E_DIGEST", f"{name} has not exactly one SHA-256 of {title}")
        found[title] = digest(digests["sha256"], f"{title} in {name}")
    return found


def described(name: str, sha256: str) -> dict[str, object]:
    """Give one resource descriptor."""
    return {"name": name, "digest": {"sha256": sha256}}


def outputs_of(record: TrainingRecord, record_sha256: str) -> dict[str, str]:
    """Give every file of a training result, the record included: name -> SHA-256."""
    return {**{each.name: each.sha256 for each in record.outputs}, RECORD: record_sha256}


def provenance(record: TrainingRecord, lineage: Lineage, outputs: Mapping[str, str]) -> Statement:
    """Say how the training run came to its outputs, and from what: enough to run it again."""
    step = lineage.steps[-1]
    where = {one.sha256: one for one in step.inputs}
    effective = record.recipe.model_dump(mode="json")
    training = {"steps": record.steps, "samples": record.samples, "epochs_run": record.epochs_run}
    weights = {"initial": record.initial_weights, "final": record.final_weights}
    origins = {"uploads": _stored(lineage.uploads), "missing": list(lineage.missing)}
    observed = {"recipe": effective, "training": training, "weights": weights, "lineage": origins}
    definition = {
        "buildType": BUILD,
        "externalParameters": {"job": record.job, "definition": dict(record.definition)},
        "internalParameters": observed,
        "resolvedDependencies": [_dependency(each, where.get(each.sha256)) for each in record.inputs],
    }
    details = {
        "builder": {"id": builder(step), "version": {step.function: step.version}},
        "metadata": {"invocationId": step.run, **_times(step.started, step.finished)},
    }
    return Statement(outputs, PROVENANCE, {"buildDefinition": definition, "runDetails": details})


def link(step: Step) -> Statement:
    """Say what one step of the pipeline read and made, by the ledger's record of it."""
    environment = {"image": step.image, "host": step.host, "version": step.version}
    predicate = {
        "name": step.function,
        "command": [step.function, f"{step.inputs[0].bucket}/{step.inputs[0].key}"],
        "materials": _stored(step.inputs),
        "byproducts": {"run": step.run, "attempt": step.attempt, **_times(step.started, step.finished)},
        "environment": {name: value for name, value in environment.items() if value},
    }
    return Statement({f"{one.bucket}/{one.key}": one.sha256 for one in step.outputs}, LINK, predicate)


def own_link(function: str, version: str, materials: Mapping[str, str], products: Mapping[str, str]) -> Statement:
    """Say what the signing step itself read and made; its run is not committed yet."""
    predicate = {
        "name": function,
        "command": [function, RECORD],
        "materials": [described(name, sha256) for name, sha256 in sorted(materials.items())],
        "byproducts": {},
        "environment": {"version": version},
    }
    return Statement(products, LINK, predicate)


def builder(step: Step) -> str:
    """Name what ran a step, by its image where there is one."""
    return f"urn:noria:builder:{step.function}@{step.image or step.version}"


def _dependency(one: Input, stored: StoredObject | None) -> dict[str, object]:
    annotations: dict[str, object] = {"role": one.role, "size": one.size}
    if stored is None:
        return {**described(one.name, one.sha256), "annotations": annotations}
    uri = f"s3://{stored.bucket}/{stored.key}"
    return {**described(one.name, one.sha256), "uri": uri, "annotations": {**annotations, "etag": stored.etag}}


def _stored(objects: Iterable[StoredObject]) -> list[dict[str, object]]:
    return [described(f"{one.bucket}/{one.key}", one.sha256) for one in objects]


def _times(started: datetime | None, finished: datetime | None) -> dict[str, str]:
    times = {"startedOn": started, "finishedOn": finished}
    return {name: at.isoformat().replace("+00:00", "Z") for name, at in times.items() if at}
