"""What is read back from a bill."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785

from functions.trust.bom import BomError, Spec, bill, read
from tests.trust.bom.samples import ABOUT, STATED, lineage, record, sha


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_the_facts_of_a_bill_are_those_of_its_record(spec: Spec) -> None:
    of = record(about=ABOUT)
    run = lineage(of).steps[-1]

    bom = bill(of, lineage(of), spec=spec, stated=STATED)
    facts = read(bom)

    assert facts.sha256 == hashlib.sha256(bom).hexdigest()
    assert (facts.spec, facts.job, facts.run, facts.steps) == (spec, of.job, run.run, (run.run,))
    assert facts.record == hashlib.sha256(of.to_json().encode()).hexdigest()
    assert facts.model == "trained_model.keras"
    assert facts.outputs == {each.name: each.sha256 for each in of.outputs} | {"run.json": facts.record}
    assert facts.inputs == {each.name: each.sha256 for each in of.inputs}
    assert facts.datasets == {"dataset.csv": sha("dataset.csv")}


@pytest.mark.parametrize(
    "path",
    [
        ("serialNumber",),
        ("metadata", "timestamp"),
        ("metadata", "properties"),
        ("components",),
        ("formulation",),
        ("components", 0, "hashes"),
    ],
)
def test_a_bill_that_lacks_a_fact_is_refused(path: tuple[str | int, ...]) -> None:
    of = record()
    document: Any = json.loads(bill(of, lineage(of)))
    holder = document
    for step in path[:-1]:
        holder = holder[step]

    del holder[path[-1]]

    with pytest.raises(BomError):
        read(rfc8785.dumps(document))
