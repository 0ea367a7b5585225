"""The bill as a whole."""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import rfc8785
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6, JsonV1Dot7

from functions.training.record import RECORD, File, TrainingRecord
from functions.trust.bom.options import Options
from functions.trust.bom.parts import INPUT, OUTPUT, Part, digests, properties
from functions.trust.bom.schema import Spec
from functions.trust.lineage import Lineage


def bill(record: TrainingRecord, lineage: Lineage, *, spec: Spec = "1.7", options: Options | None = None) -> bytes:
    """Make the bill of materials of one training, in canonical bytes (RFC 8785) for a file named ``*.cdx.json``."""
    run = lineage.steps[-1]
    own = next(each for each in run.outputs if each.key.rpartition("/")[2] == RECORD)
    files = (*record.outputs, File(name=RECORD, sha256=own.sha256, size=own.size))
    parts = [_file(each, OUTPUT, ComponentType.FILE) for each in files]
    parts += [_file(each, INPUT, ComponentType.DATA) for each in record.inputs]
    subject = Component(name=(options or Options()).name or "model", type=ComponentType.APPLICATION, bom_ref="system")
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, own.sha256),
        metadata=BomMetaData(
            timestamp=record.finished, component=subject, properties=properties({"job": record.job, "run": run.run})
        ),
        components=[part.component for part in parts],
    )
    bom.register_dependency(subject, [part.component for part in parts])
    output = (JsonV1Dot7 if spec == "1.7" else JsonV1Dot6)(bom)
    document: dict[str, Any] = json.loads(output.output_as_string())
    return rfc8785.dumps(document)


def _file(file: File, prefix: str, kind: ComponentType) -> Part:
    return Part(Component(name=file.name, type=kind, bom_ref=prefix + file.name, hashes=digests(file.sha256)))
