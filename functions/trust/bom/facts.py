"""What a bill of materials says, as far as it can be held against files, records and attestations."""

import hashlib
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from functions.training.record import RECORD
from functions.trust.bom.parts import INPUT, OUTPUT
from functions.trust.bom.reading import BomError, Document, components, parse, version
from functions.trust.bom.schema import Spec

SYSTEM, RUN = "system", "run/"
MISSING = "noria:missing:G7AI-"
DIGEST = "SHA-256"


class BomFacts(BaseModel):
    """The checkable contents of one bill; digests are SHA-256 in 64 hex digits.

    Attributes:
        sha256: Of the bill's own bytes.
        job: The job that it is of, 64 hex digits.
        run: The run that trained, ``<function>/<id>``; empty without a ledger.
        record: Digest of the training record ``run.json``.
        model: File name of the trained model that is the bill's subject.
        outputs: File name -> digest of everything the job gave, ``run.json`` included.
        inputs: File name -> digest of everything the job was given.
        datasets: The data sets among the inputs.
        steps: The runs of the lineage, makers first.
        missing: The elements of the G7's list that the bill says it has not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    spec: Spec
    serial: str
    timestamp: str
    job: str
    run: str
    record: str
    model: str
    outputs: Mapping[str, str]
    inputs: Mapping[str, str]
    datasets: Mapping[str, str]
    steps: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, bom: bytes) -> Self:
        """Read them; the bill is not checked beyond what is read (``check`` does).

        Raises:
            BomError: What is wanted is not there.
        """
        document = parse(bom)
        try:
            return cls(sha256=hashlib.sha256(bom).hexdigest(), **_facts(document))
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise BomError(f"it is no bill of a training of ours: {type(error).__name__} {error}") from error


def read(bom: bytes) -> BomFacts:
    """Read what a bill of materials says; see ``BomFacts``.

    Raises:
        BomError: It is no bill of ours.
    """
    return BomFacts.of(bom)


def _facts(document: Document) -> dict[str, Any]:
    """Find them where ``document.py`` puts them."""
    listed = [one for one in components(document) if "bom-ref" in one]
    outputs, inputs = _digests(listed, OUTPUT), _digests(listed, INPUT)
    data = {one["bom-ref"] for one in listed if one.get("data", [{}])[0].get("type") == "dataset"}
    properties = {each["name"]: each.get("value", "") for each in document["metadata"]["properties"]}
    steps = tuple(each["uid"] for each in document["formulation"][0]["workflows"][0]["tasks"])
    model = document["components"][0]["bom-ref"].removeprefix(OUTPUT)
    if model not in outputs:
        raise LookupError(f"{model!r} is none of its outputs")
    return {
        "spec": version(document),
        "serial": document["serialNumber"],
        "timestamp": document["metadata"]["timestamp"],
        "job": properties["noria:job"],
        "run": steps[-1],
        "record": outputs[RECORD],
        "model": model,
        "outputs": outputs,
        "inputs": inputs,
        "datasets": {name: digest for name, digest in inputs.items() if INPUT + name in data},
        "steps": steps,
        "missing": tuple(name.removeprefix(MISSING) for name in sorted(properties) if name.startswith(MISSING)),
    }


def _digests(listed: list[Document], prefix: str) -> dict[str, str]:
    """Map the file names of the components below ``prefix`` to their digests."""
    found: dict[str, str] = {}
    for one in listed:
        if one["bom-ref"].startswith(prefix):
            name = one["bom-ref"].removeprefix(prefix)
            digests = [each["content"] for each in one.get("hashes", ()) if each["alg"] == DIGEST]
            if len(digests) != 1 or name in found:
                raise BomError(f"the bill of materials has not one digest of {one['bom-ref']!r} but none or several")
            found[name] = digests[0]
    return found
