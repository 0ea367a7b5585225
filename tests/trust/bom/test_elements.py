"""The G7's fifty elements: where each is in a bill, and what a bill says of those that it lacks."""

import json
from collections import Counter
from typing import Any

import pytest

from functions.training.stated import Stated
from functions.trust.bom import bill, read
from functions.trust.bom.elements import ELEMENTS, Element, found, missing
from tests.trust.bom.samples import ABOUT, STATED, lineage, record, sha

EVERYTHING = STATED.model_copy(
    update={
        "standards": ("ISO/IEC 42001",),
        "security_policy": "https://example.org/.well-known/security.txt",
        "advisories": "https://example.org/advisories",
        "security_metrics": {"accuracy under FGSM, 0.1": "0.61"},
    }
)


def document(stated: Stated | None, about: dict[str, str] | None) -> dict[str, Any]:
    of = record(about=about)
    made: dict[str, Any] = json.loads(bill(of, lineage(of), stated=stated))
    return made


def test_the_fifty_elements_are_those_of_the_seven_clusters() -> None:
    clusters = Counter(each.code.partition("-")[0] for each in ELEMENTS)

    assert clusters == {"MD": 10, "SLP": 9, "MDL": 13, "DP": 10, "INF": 2, "SP": 4, "KPI": 2}
    assert len({each.code for each in ELEMENTS}) == len({each.name for each in ELEMENTS}) == 50


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda each: each.code)
def test_each_element_has_a_value_once_people_have_stated_theirs(element: Element) -> None:
    assert found(document(EVERYTHING, ABOUT), element.path)


@pytest.mark.parametrize(
    ("stated", "about", "least"), [(None, None, 40), (None, ABOUT, 41), (STATED, ABOUT, 46), (EVERYTHING, ABOUT, 50)]
)
def test_at_least_forty_are_reached_without_any_statement(
    stated: Stated | None, about: dict[str, str] | None, least: int
) -> None:
    made = document(stated, about)

    assert 50 - len(missing(made)) == least


def test_each_missing_element_is_named_in_the_bill_with_its_reason() -> None:
    of = record()
    bom = bill(of, lineage(of))
    made = json.loads(bom)

    said = {each["name"]: each["value"] for each in made["metadata"]["properties"]}

    assert {name: text for name, text in said.items() if "missing" in name} == {
        "noria:missing:G7AI-SLP-03": "System producer: not stated",
        "noria:missing:G7AI-SLP-09": "Intended application area: not stated",
        "noria:missing:G7AI-MDL-05": "Model producer: not stated",
        "noria:missing:G7AI-MDL-12": "Model license: not stated",
        "noria:missing:G7AI-DP-08": "Dataset sensitivity: not stated",
        "noria:missing:G7AI-DP-10": "Dataset license: its owner states none",
        "noria:missing:G7AI-SP-02": "Security compliance: nothing was assessed",
        "noria:missing:G7AI-SP-03": "Cybersecurity policy: not stated",
        "noria:missing:G7AI-SP-04": "Vulnerability referencing: none was looked for",
        "noria:missing:G7AI-KPI-01": "Security metrics: none was measured",
    }
    assert set(read(bom).missing) == set(missing(made))


def test_an_element_leads_to_the_value_that_was_recorded_or_stated() -> None:
    made = document(EVERYTHING, ABOUT)
    paths = {each.code: each.path for each in ELEMENTS}

    assert {code: found(made, paths[code]) for code in ("SLP-01", "SLP-09", "MDL-07", "DP-01", "DP-07", "INF-02")} == {
        "SLP-01": "Triage",
        "SLP-09": "healthcare",
        "MDL-07": sha("trained_model.keras"),
        "DP-01": "Heart records",
        "DP-07": '{"test":40,"train":280,"validation":80}',
        "INF-02": "Intel(R) Xeon(R) Platinum 8488C",
    }


def test_a_path_that_leads_nowhere_finds_nothing() -> None:
    made = document(None, None)

    assert [found(made, path) for path in ("nothing", "components[999]", "components[type=firmware].name")] == [
        None
    ] * 3
