"""The eighteen forgeries of AIBoMGen's bills and links: none is accepted, and each is named."""

import json

import pytest

from functions.trust.evidence import BOM, BOM_ENVELOPE, BOM_SIGNATURE
from functions.trust.pem import PemSigner
from tests.trust.conftest import Judge
from tests.trust.forgeries import EDITS, LINKS, edit_bom, edit_payload, link_of, sign_again
from tests.trust.signing import Signed


def test_there_are_eighteen_forgeries_and_the_genuine_folder_passes(judged: Judge) -> None:
    assert len(EDITS) + len(LINKS) == 18
    assert judged().is_good


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_bill_of_materials_is_named(genuine: Signed, judged: Judge, edit: str) -> None:
    edit_bom(genuine.folder, EDITS[edit])

    verdict = judged()
    assert not verdict.is_good
    failed = {(each.check, each.subject, each.code) for each in verdict.having("failed")}
    assert ("bom", BOM, "E_FILE_CHANGED") in failed
    assert ("signature", BOM_SIGNATURE, "E_SIGNATURE") in failed


@pytest.mark.parametrize("edit", EDITS)
def test_a_bill_edited_in_its_envelope_too_is_named(genuine: Signed, judged: Judge, edit: str) -> None:
    edit_bom(genuine.folder, EDITS[edit])
    edit_payload(genuine.folder / BOM_ENVELOPE, lambda statement: EDITS[edit](statement["predicate"]))

    verdict = judged()
    assert not verdict.is_good
    assert ("signature", BOM_ENVELOPE, "E_SIGNATURE") in {
        (e.check, e.subject, e.code) for e in verdict.having("failed")
    }
    assert not verdict.job


@pytest.mark.parametrize("edit", EDITS)
def test_a_bill_edited_and_signed_by_another_key_is_named(genuine: Signed, judged: Judge, edit: str) -> None:
    forger = PemSigner.new()
    edit_bom(genuine.folder, EDITS[edit])
    data = (genuine.folder / BOM).read_bytes()
    (genuine.folder / BOM_SIGNATURE).write_bytes(forger.sign(data))
    sign_again(genuine.folder / BOM_ENVELOPE, lambda statement: statement.update(predicate=json.loads(data)), forger)

    verdict = judged()
    assert not verdict.is_good
    unknown = [each for each in verdict.having("failed") if each.code == "E_KEY_UNKNOWN"]
    assert {each.subject for each in unknown} == {BOM_ENVELOPE}
    assert forger.key_id[:16] in unknown[0].sentence


@pytest.mark.parametrize("forgery", LINKS)
def test_a_link_that_is_not_the_one_of_the_bill_is_named(
    genuine: Signed, other: Signed, judged: Judge, forgery: str
) -> None:
    LINKS[forgery](genuine, other)

    name = link_of(genuine.folder).name
    verdict = judged()
    assert not verdict.is_good
    assert ("attestation", name, "E_ATTESTATION_SWAPPED") in {
        (each.check, each.subject, each.code) for each in verdict.having("failed")
    }
