"""What a bill must not have: what the schema refuses, and what it lets through."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.trust.bom import BomError, bill, check, read
from functions.trust.bom.schema import violations
from tests.trust.bom.samples import ABOUT, STATED, lineage, record, sha

Document = dict[str, Any]
OTHER = {"alg": "SHA-256", "content": sha("another")}


@cache
def good() -> bytes:
    of = record(about=ABOUT)
    return bill(of, lineage(of), stated=STATED)


def document() -> Document:
    found: Document = json.loads(good())
    return found


def named(of: Document, ref: str) -> Document:
    return next(each for each in of["components"] if each["bom-ref"] == ref)


def problems(bom: bytes) -> tuple[str, ...]:
    with pytest.raises(BomError) as failure:
        check(bom)
    return failure.value.problems


def one_name_twice(of: Document) -> None:
    named(of, "package/numpy")["bom-ref"] = "package/keras"


def dangling_dependency(of: Document) -> None:
    of["dependencies"][0]["dependsOn"].append("input/nothing")


def dangling_node(of: Document) -> None:
    of["dependencies"].append({"ref": "output/nothing", "dependsOn": []})


def dangling_data_set(of: Document) -> None:
    of["components"][0]["modelCard"]["modelParameters"]["datasets"][0]["ref"] = "input/other.csv"


def dangling_evidence(of: Document) -> None:
    of["declarations"]["claims"][0]["evidence"] = ["evidence/none"]


def dangling_task_input(of: Document) -> None:
    of["formulation"][0]["workflows"][0]["tasks"][0]["inputs"][0]["resource"]["ref"] = "input/gone"


def dangling_composition(of: Document) -> None:
    of["compositions"][1]["dependencies"] = ["output/gone"]


def two_digests(of: Document) -> None:
    named(of, "input/dataset.csv")["hashes"].append(OTHER)


def another_digest_for_the_ancestor(of: Document) -> None:
    of["components"][0]["pedigree"]["ancestors"][0]["hashes"] = [OTHER]


def another_digest_where_the_file_is_referred_to(of: Document) -> None:
    of["components"][0]["externalReferences"].append(
        {"type": "documentation", "url": "model_card.md", "hashes": [OTHER]}
    )


def unreached_component(of: Document) -> None:
    of["components"].append({"type": "library", "name": "backdoor", "bom-ref": "package/backdoor"})


def nameless_component(of: Document) -> None:
    del named(of, "input/model.keras")["bom-ref"]
    of["dependencies"] = [each for each in of["dependencies"] if each["ref"] != "input/model.keras"]
    for each in of["dependencies"]:
        each["dependsOn"] = [ref for ref in each["dependsOn"] if ref != "input/model.keras"]


def node_listed_twice(of: Document) -> None:
    of["dependencies"].append({"ref": "environment", "dependsOn": ["os"]})


FORGERIES: dict[Callable[[Document], None], str] = {
    one_name_twice: "the bom-ref 'package/keras' is given 2 times",
    dangling_dependency: "refers to 'input/nothing', which nothing has as bom-ref",
    dangling_node: "refers to 'output/nothing', which nothing has as bom-ref",
    dangling_data_set: "refers to 'input/other.csv', which nothing has as bom-ref",
    dangling_evidence: "refers to 'evidence/none', which nothing has as bom-ref",
    dangling_task_input: "refers to 'input/gone', which nothing has as bom-ref",
    dangling_composition: "refers to 'output/gone', which nothing has as bom-ref",
    two_digests: "'dataset.csv' has 2 digests of SHA-256",
    another_digest_for_the_ancestor: "'model.keras' has one SHA-256 in one place and another in another",
    another_digest_where_the_file_is_referred_to: "'model_card.md' has one SHA-256 in one place and another in another",
    unreached_component: "the subject of the bill does not depend on 'package/backdoor'",
    nameless_component: "the component 'model.keras' has no bom-ref",
    node_listed_twice: "the dependencies of 'environment' are listed twice",
}


@pytest.mark.parametrize("spoil", FORGERIES, ids=lambda each: each.__name__)
def test_what_the_schema_lets_through_is_named(spoil: Callable[[Document], None]) -> None:
    of = document()

    spoil(of)

    assert violations(of, "1.7") == ()
    assert any(FORGERIES[spoil] in each for each in problems(rfc8785.dumps(of)))


def test_several_problems_are_named_at_once() -> None:
    of = document()

    two_digests(of)
    dangling_evidence(of)

    assert len(problems(rfc8785.dumps(of))) >= 2


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("components", 0, "modelCard", "certified"), "for medical use", "$.components[0].modelCard: "),
        (("components", 0, "hashes", 0, "content"), "abc", "$.components[0].hashes[0].content: "),
        (("metadata", "timestamp"), "yesterday", "$.metadata.timestamp: "),
        (("serialNumber",), "1", "$.serialNumber: "),
        (
            ("formulation", 0, "workflows", 0, "trigger", "type"),
            "magic",
            "$.formulation[0].workflows[0].trigger.type: ",
        ),
    ],
)
def test_what_the_schema_refuses_is_named_with_its_place(path: tuple[str | int, ...], value: str, place: str) -> None:
    of = document()
    holder: Any = of
    for step in path[:-1]:
        holder = holder[step]

    holder[path[-1]] = value

    assert problems(rfc8785.dumps(of))[0].startswith(place)


def test_one_byte_of_layout_is_no_canonical_bill() -> None:
    assert problems(rfc8785.dumps(document()) + b"\n") == ("its bytes are not the canonical form of RFC 8785",)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_whatever_is_put_into_a_bill_it_is_judged_and_nothing_breaks(data: st.DataObject) -> None:
    of = document()
    holder: Any = of
    for _ in range(data.draw(st.integers(0, 8))):
        inner = [
            each for each in (holder.values() if isinstance(holder, dict) else holder) if isinstance(each, dict | list)
        ]
        if not inner:
            break
        holder = data.draw(st.sampled_from(inner))
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    strange: st.SearchStrategy[object] = (
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just([]) | st.just({})
    )
    if keys:
        holder[data.draw(st.sampled_from(keys))] = data.draw(strange)
    bom = rfc8785.dumps(of)

    for ask in (check, read):
        with suppress(BomError):
            ask(bom)


@pytest.mark.parametrize(
    ("bom", "problem"),
    [
        (b"", "is not plain JSON"),
        (b"\xff\xfe", "is not plain JSON"),
        (b"[" * 100_000, "is not plain JSON"),
        (b'{"components":' * 70 + b"1" + b"}" * 70, "nested deeper than 64 levels"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.7","x":9007199254740993}', "not the canonical form"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.7","x":1e400}', "greater than any number"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.7","x":"\\ud800"}', "not the canonical form"),
        (b"[]", "is not a JSON object"),
        (b'{"bomFormat":"CycloneDX","bomFormat":"CycloneDX"}', "an object has 'bomFormat' twice"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.7","version":NaN}', "NaN is no number"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.4"}', "not CycloneDX 1.7 or 1.6"),
        (b'{"bomFormat":"SPDX","specVersion":"1.7"}', "not CycloneDX 1.7 or 1.6"),
        (b" " * 16_000_001, "more than 16,000,000"),
    ],
)
def test_what_is_no_bill_at_all_is_refused_in_a_sentence(bom: bytes, problem: str) -> None:
    assert any(problem in each for each in problems(bom))
