"""A validator that is not of our library accepts the bills, and would not accept just anything."""

import json
from pathlib import Path

import pytest

from functions.training.stated import Stated
from functions.trust.bom import Spec, bill
from tests.foreign import cdxgen
from tests.trust.bom.samples import ABOUT, STATED, lineage, record


@pytest.mark.parametrize(("spec", "stated"), [("1.7", STATED), ("1.6", STATED), ("1.7", None)])
def test_cdx_validate_accepts_a_bill(tmp_path: Path, spec: Spec, stated: Stated | None) -> None:
    of = record(about=ABOUT if stated else None)
    place = tmp_path / "bom.cdx.json"
    place.write_bytes(bill(of, lineage(of), spec=spec, stated=stated))

    report = cdxgen.validate(place)

    assert (report.schema_valid, report.deep_valid) == (True, True), report.text


def test_cdx_validate_refuses_a_field_that_cyclonedx_has_not(tmp_path: Path) -> None:
    of = record()
    document = json.loads(bill(of, lineage(of)))
    document["components"][0]["certified"] = True
    place = tmp_path / "bom.cdx.json"
    place.write_text(json.dumps(document))

    report = cdxgen.validate(place)

    assert report.schema_valid is False
    assert "certified" in report.text
