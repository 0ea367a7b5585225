"""The eighteen forgeries that AIBoMGen was tried with; its logic accepted fourteen."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import rfc8785

from functions.trust.documents import written
from functions.trust.dsse import Envelope
from functions.trust.evidence import BOM, LINK_SUFFIX
from functions.trust.keys import Signer
from tests.trust.signing import Signed

Json = dict[str, Any]
Edit = Callable[[Json], None]


def _component(bom: Json, kind: str) -> Json:
    return next(each for each in bom["components"] if each["type"] == kind)


def _model_hash(bom: Json) -> None:
    _component(bom, "machine-learning-model")["hashes"][0]["content"] = "0" * 64


def _property(bom: Json) -> None:
    bom["metadata"]["properties"][0]["value"] += "x"


def _timestamp(bom: Json) -> None:
    bom["metadata"]["timestamp"] = "2020-01-01T00:00:00+00:00"


def _model_card(bom: Json) -> None:
    card = _component(bom, "machine-learning-model").setdefault("modelCard", {})
    card.setdefault("considerations", {})["useCases"] = ["certified for medical use"]


def _governance(bom: Json) -> None:
    owner = {"organization": {"name": "somebody else"}}
    data = _component(bom, "data").setdefault("data", [{"type": "dataset"}])
    data[0]["governance"] = {"owners": [owner]}


EDITS: Mapping[str, Edit] = {
    "model hash": _model_hash,
    "property": _property,
    "vulnerability": lambda bom: bom.setdefault("vulnerabilities", []).append({"id": "CVE-2026-1"}),
    "timestamp": _timestamp,
    "modelCard": _model_card,
    "data governance": _governance,
    "formulation": lambda bom: bom.setdefault("formulation", []).append({"bom-ref": "another"}),
    "declarations": lambda bom: bom.update(declarations={"affirmation": {"statement": "EU AI Act conform"}}),
    "annotations": lambda bom: bom.setdefault("annotations", []).append({"text": "looked at and found good"}),
    "compositions": lambda bom: bom.setdefault("compositions", []).append({"aggregate": "complete"}),
    "component signature": lambda bom: bom["components"][0].update(signature={"algorithm": "ES256", "value": "AA"}),
    "second BOM signature": lambda bom: bom["metadata"]["properties"].append({"name": "BOM Signature", "value": "AA"}),
}
"""What is done to the bill of materials."""


def edit_bom(folder: Path, edit: Edit) -> None:
    """Edit the bill and leave everything else."""
    bom = json.loads((folder / BOM).read_bytes())
    before = rfc8785.dumps(bom)
    edit(bom)
    assert rfc8785.dumps(bom) != before
    (folder / BOM).write_bytes(rfc8785.dumps(bom))


def edit_payload(file: Path, edit: Edit) -> None:
    """Edit what an envelope holds and leave its signatures."""
    envelope = json.loads(file.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    edit(statement)
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    file.write_bytes(written(envelope))


def sign_again(file: Path, edit: Edit, signer: Signer) -> None:
    """Edit what an envelope holds and sign it."""
    statement = json.loads(Envelope.parse(file.read_bytes(), file.name).payload)
    edit(statement)
    file.write_bytes(Envelope.seal(json.dumps(statement).encode(), [signer]).data)


def link_of(folder: Path) -> Path:
    """Find the training's link."""
    return next(folder.glob(f"train-on-upload.*{LINK_SUFFIX}"))


def _product(link: Json) -> None:
    link["subject"].append({"name": "models-trained/out/backdoor.so", "digest": {"sha256": "0" * 64}})


def _no_dataset(link: Json) -> None:
    link["predicate"]["materials"] = [m for m in link["predicate"]["materials"] if not m["name"].endswith(".csv")]


def _command(link: Json) -> None:
    link["predicate"]["command"] = ["curl", "http://example.org/model"]


def _other_run(link: Json) -> None:
    link["predicate"]["byproducts"]["run"] = "train-on-upload/" + "f" * 64
    link["subject"][0]["digest"]["sha256"] = "e" * 64


LINKS: Mapping[str, Callable[[Signed, Signed], None]] = {
    "link edited": lambda ours, _: edit_payload(link_of(ours.folder), _product),
    "link of another job": lambda ours, theirs: _copy(link_of(theirs.folder), link_of(ours.folder)),
    "link with another product": lambda ours, _: sign_again(link_of(ours.folder), _product, ours.signer),
    "link without the data set": lambda ours, _: sign_again(link_of(ours.folder), _no_dataset, ours.signer),
    "link with another command": lambda ours, _: sign_again(link_of(ours.folder), _command, ours.signer),
    "link of another run": lambda ours, _: sign_again(link_of(ours.folder), _other_run, ours.signer),
}
"""What is done to the training's link, the worst of it by somebody who has the signing key and signs links with it."""


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())
