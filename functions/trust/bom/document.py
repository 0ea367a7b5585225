"""The bill as a whole: the library writes what it has words for, and the rest is laid into its JSON."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version as installed
from uuid import NAMESPACE_URL, uuid5

import rfc8785
from cyclonedx.model import ExternalReference
from cyclonedx.model import ExternalReferenceType as Kind
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalContact
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6, JsonV1Dot7

from functions.training.record import File, TrainingRecord
from functions.training.stated import Stated
from functions.trust.bom import elements, files
from functions.trust.bom.declarations import compositions, declarations
from functions.trust.bom.environment import environment
from functions.trust.bom.facts import MISSING, SYSTEM
from functions.trust.bom.formulation import formulation
from functions.trust.bom.model import trained
from functions.trust.bom.parts import INPUT, OUTPUT, Json, Part, entity, link, properties, purl
from functions.trust.bom.schema import Spec
from functions.trust.lineage import Lineage

WRITERS = {"1.7": JsonV1Dot7, "1.6": JsonV1Dot6}
CONTROLS = "uploads inspected before use; inputs hashed as read; signing key apart from training; sandbox: "


def bill(
    record: TrainingRecord,
    lineage: Lineage,
    *,
    spec: Spec = "1.7",
    made: datetime | None = None,
    attestations: Mapping[str, str] | None = None,
    stated: Stated | None = None,
) -> bytes:
    """Make the bill of materials of one training: canonical bytes (RFC 8785) of a file to be named ``*.cdx.json``.

    Everything comes from the arguments, so that the same ones give the same bytes.

    Args:
        record: What the training was, from its ``run.json``.
        lineage: The commit record of the training's run, and of all runs before it.
        spec: Version of CycloneDX.
        made: When the bill is made; when the training ended by default.
        attestations: Envelopes made before the bill, file name -> SHA-256. None signs the bill.
        stated: What a person states.

    Raises:
        BomError: The record has no trained model, or the commit record says other things than it.
    """
    stated = stated or Stated()
    own = files.own(record, lineage)
    parts = [
        trained(record, stated),
        *files.given(record, lineage, stated),
        *files.exports(record),
        *environment(record),
    ]
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"urn:noria:job:{record.job}"),
        metadata=_metadata(record, lineage, stated, _system(record, own, stated), made or record.finished),
        components=[part.component for part in parts if isinstance(part.component, Component)],
        external_references=_signatures(attestations or {}),
    )
    assert bom.metadata.component is not None
    bom.register_dependency(bom.metadata.component, bom.components)  # the library warns of a system that needs nothing
    document: Json = json.loads(WRITERS[spec](bom).output_as_string())
    _lay_in(document, parts)
    document["dependencies"] = _dependencies(parts)
    document["formulation"] = [formulation(record, lineage, own)]
    document["declarations"] = declarations(record)
    document["compositions"] = compositions(record, lineage)
    document["metadata"]["properties"] += [
        {"name": MISSING + code, "value": text} for code, text in elements.missing(document).items()
    ]
    return rfc8785.dumps(document)


def _signatures(attestations: Mapping[str, str]) -> list[ExternalReference]:
    """Name what signs the bill, which cannot be named by digest, and what was signed before it, which can."""
    return [
        link(Kind.DIGITAL_SIGNATURE, "bom.sig", comment="over these bytes"),
        link(Kind.ATTESTATION, "bom.dsse.json", comment="over this file and what it lists"),
        *(link(Kind.ATTESTATION, name, sha256=sha256) for name, sha256 in sorted(attestations.items())),
    ]


def _system(record: TrainingRecord, own: File, stated: Stated) -> Component:
    """Give the whole that the job made: it is put together from files, and needs models and data."""
    about = record.definition.get("about")
    named = about.get("name") if isinstance(about, Mapping) else None
    name = stated.name or f"model of {named or record.input('dataset').name}"
    policy = stated.security_policy
    return Component(
        type=ComponentType.APPLICATION,
        name=name,
        version=record.job[:12],
        bom_ref=SYSTEM,
        purl=purl(name, record.job[:12]),
        supplier=entity(stated.supplier, stated.supplier_url),
        components=files.papers(record, own),
        external_references=[link(Kind.RFC_9166, policy)] if policy else [],
    )


def _metadata(
    record: TrainingRecord, lineage: Lineage, stated: Stated, system: Component, made: datetime
) -> BomMetaData:
    ours = {
        "job": record.job,
        "controls": CONTROLS + record.sandbox,
        "lineage:missing": ", ".join(lineage.missing),
        "security-metrics": json.dumps(dict(stated.security_metrics)) if stated.security_metrics else "",
        "notes": "; ".join(record.notes),
    }
    return BomMetaData(
        timestamp=made,
        tools=ToolRepository(components=[Component(type=ComponentType.APPLICATION, name="noria", version=_version())]),
        authors=[OrganizationalContact(name=stated.author, email=stated.contact or None)] if stated.author else [],
        component=system,
        supplier=system.supplier,
        manufacturer=system.supplier,
        lifecycles=[PredefinedLifecycle(LifecyclePhase.BUILD)],
        properties=properties(ours),
    )


def _lay_in(document: Json, parts: list[Part]) -> None:
    """Put the components in our order, the model first, and into each what the library cannot express."""
    written = {each["bom-ref"]: each for each in document["components"]}
    document["components"] = [
        (each.component if isinstance(each.component, dict) else written[each.ref]) | dict(each.extra) for each in parts
    ]


def _dependencies(parts: list[Part]) -> list[Json]:
    """Draw the graph: the system needs the models and their data, a model what it was made from and in.

    What packages and the machine need is not known here, so they are not listed; where there are none, the list is
    there and empty, as cdxgen wants it.
    """
    job = [part.ref for part in parts if part.ref.startswith((INPUT, OUTPUT))]
    needs = {SYSTEM: job} | {part.ref: part.needs for part in parts if part.needs or part.ref in job}
    return [{"ref": ref, "dependsOn": sorted(needs[ref])} for ref in sorted(needs)]


@cache
def _version() -> str:
    return installed("noria")
