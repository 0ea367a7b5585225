"""Components for the files of a job: what it was given and what it gave."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cyclonedx.model import ExternalReferenceType as Kind
from cyclonedx.model.component import Component, ComponentType

from functions.training.record import RECORD, File, Input, TrainingRecord
from functions.training.stated import Stated
from functions.trust.bom.parts import (
    INPUT,
    OUTPUT,
    Json,
    Part,
    compact,
    digests,
    entity,
    licenses,
    link,
    plain,
    purl,
    stored,
)
from functions.trust.bom.reading import BomError
from functions.trust.lineage import Lineage

MODEL_NAME = "trained_model"
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII)
"""Addresses that need no escaping; any other source is kept as the text that it is."""
FORMS = (".keras", ".safetensors", ".pt2", ".onnx")
"""Forms of a trained model; the first of them that is there is the subject, others are exports of it."""


def subject(record: TrainingRecord) -> File:
    """Give the trained model among the outputs.

    Raises:
        BomError: There is none.
    """
    for form in FORMS:
        for each in record.outputs:
            if each.name == MODEL_NAME + form:
                return each
    raise BomError(f"the record of job {record.job[:12]} lists no trained model")


def exports(record: TrainingRecord) -> Iterator[Part]:
    """Give the other forms of the trained model."""
    model = subject(record)
    for each in record.outputs:
        if is_model(each) and each != model:
            component = Component(
                type=ComponentType.MACHINE_LEARNING_MODEL,
                name=each.name,
                bom_ref=OUTPUT + each.name,
                description=f"{model.name} in another form",
                hashes=digests(each.sha256),
            )
            yield Part(component, needs=(OUTPUT + model.name,))


def papers(record: TrainingRecord, own: File) -> Iterator[Component]:
    """Give every file of the job that is no model, the record itself (``own``) among them."""
    for each in (*record.outputs, own):
        if not is_model(each):
            ref = OUTPUT + each.name
            yield Component(type=ComponentType.FILE, name=each.name, bom_ref=ref, hashes=digests(each.sha256))


def is_model(file: File) -> bool:
    """Whether an output is the trained model in one of its forms."""
    return any(file.name == MODEL_NAME + form for form in FORMS)


def given(record: TrainingRecord, lineage: Lineage, stated: Stated) -> Iterator[Part]:
    """Give every file that the job was given: the data set first, then its definition, then the uploaded model."""
    about = _about(record)
    for each in sorted(record.inputs, key=lambda one: ("dataset", "definition", "model").index(one.role)):
        if each.role == "dataset":
            yield _dataset(each, record, about, lineage, stated)
        elif each.role == "definition":
            data = [{"type": "definition", "name": "data set definition and recipe, as asked for"}]
            yield Part(_input(each, ComponentType.DATA), {"data": data})
        else:
            layers = f"{record.model.parameters:,} parameters in {len(record.model.layers)} layers"
            text = f"The model as it was uploaded, before training: {record.model.form}, {layers}"
            yield Part(_input(each, ComponentType.MACHINE_LEARNING_MODEL, description=text))


def _input(each: Input, kind: ComponentType, **more: Any) -> Component:  # noqa: ANN401 - fields of the library's
    return Component(
        type=kind,
        name=each.name,
        version=each.sha256[:12],
        bom_ref=INPUT + each.name,
        hashes=digests(each.sha256),
        **more,
    )


def _dataset(each: Input, record: TrainingRecord, about: Mapping[str, str], lineage: Lineage, stated: Stated) -> Part:
    """Describe the data set by what was counted in it, and by what its owner says in the definition's ``about``."""
    data, source = record.data, about.get("source", "")
    shape = f"{data.rows:,} rows" + (f", {len(data.columns)} columns" if data.columns else "")
    counted = f"{shape}, label {data.label!r}" if data.label else shape
    component = _input(
        each,
        ComponentType.DATA,
        purl=purl(each.name, each.sha256[:12]),
        supplier=entity(about.get("owner", "")),
        description=f"{about['description']} ({counted})" if about.get("description") else counted,
        licenses=licenses(about.get("license", "")),
        external_references=[link(Kind.SOURCE_DISTRIBUTION, source)] if ADDRESS.fullmatch(source) else [],
    )
    found: Json = {
        "type": "dataset",
        "name": about.get("name") or each.name,
        "contents": {"properties": plain({"size": each.size} | _statistics(record, source))},
    }
    uploads = [stored(one) for one in lineage.uploads if one.sha256 == each.sha256]
    if uploads:
        found["contents"]["url"] = uploads[0]
    if stated.sensitivity:
        found["classification"] = stated.sensitivity
    if stated.personal_data:
        found["sensitiveData"] = [stated.personal_data]
    if about.get("owner"):
        found["governance"] = {"owners": [{"organization": {"name": about["owner"]}}]}
    return Part(component, {"data": [found]})


def _statistics(record: TrainingRecord, source: str) -> dict[str, object]:
    data = record.data
    return {
        "source": source,
        "rows": data.rows,
        "parts": compact(data.parts),
        "columns": compact(Counter(data.columns.values())) if data.columns else "",
        "classes": compact(data.classes) if data.classes else "",
    }


def _about(record: TrainingRecord) -> dict[str, str]:
    """Give what the definition says of the data set; everything in it is a short text or left out."""
    about = record.definition.get("about")
    found = about if isinstance(about, Mapping) else {}
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def own(record: TrainingRecord, lineage: Lineage) -> File:
    """Give the record itself as a file, by what the ledger says of it.

    Raises:
        BomError: The ledger does not have it, or has another digest than the record for one of its files.
    """
    names = {each.key.rpartition("/")[2]: each for each in lineage.steps[-1].outputs}
    for each in record.outputs:
        committed = names.get(each.name)
        if committed is not None and committed.sha256 not in ("", each.sha256):
            raise BomError(f"the commit record has another digest of {each.name} than {RECORD}")
    if RECORD not in names or not names[RECORD].sha256:
        raise BomError(f"the commit record of {lineage.steps[-1].run} has no digest of {RECORD}")
    return File(name=RECORD, sha256=names[RECORD].sha256, size=names[RECORD].size)
