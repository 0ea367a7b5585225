"""How complete OWASP's AIBOM generator finds a bill; the figures are what its own code gave for these samples."""

import json
from typing import Any

import pytest

from functions.training.stated import Stated
from functions.trust.bom import Spec, bill
from tests.trust.bom.completeness import FIELDS, is_advanced, score
from tests.trust.bom.samples import ABOUT, STATED, lineage, record


def document(stated: Stated | None, *, spec: Spec = "1.7", **changed: Any) -> dict[str, Any]:
    of = record(about=ABOUT if stated else None, **changed)
    made: dict[str, Any] = json.loads(bill(of, lineage(of), spec=spec, stated=stated))
    return made


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_a_stated_bill_scores_at_least_85_and_reaches_the_highest_profile(spec: Spec) -> None:
    made = document(STATED, spec=spec)

    assert score(made) == 89.6
    assert is_advanced(made)


def test_measured_energy_gives_what_is_lacking_of_the_model_card() -> None:
    assert score(document(STATED, energy_joules=7_200.0)) == 93.1


def test_a_bill_without_any_statement_scores_less_and_invents_nothing() -> None:
    made = document(None)

    assert score(made) == 68.5
    assert not is_advanced(made)


def test_a_bill_that_is_hardly_one_scores_next_to_nothing() -> None:
    assert score({"components": [{"name": "m", "type": "data"}], "metadata": {}}) == 4.3


def test_the_fields_are_those_of_the_registry_without_ggufs() -> None:
    assert {category: len(fields) for category, fields in FIELDS.items()} == {
        "required_fields": 4,
        "metadata": 5,
        "component_basic": 7,
        "component_model_card": 17,
        "external_references": 4,
    }
