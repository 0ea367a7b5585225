"""A data set that another function made: every step back to the first upload is vouched for, or named as missing."""

import shutil
from pathlib import Path

import pytest

from functions.runtime.runs import Run, StoredObject
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.trust.conftest import NOW
from tests.trust.forgeries import sign_again
from tests.trust.signing import Signed, sign
from tests.trust.trainings import VERSION, Training, sha256, trained

MAKER = "clean-data/" + "c" * 64


def cleaned(training: Training) -> tuple[Training, Run]:
    """Let the data set come from a run that made it of a first upload, and be what the training fired on."""
    data = next(one for one in training.run.members if one.key.endswith(".csv"))
    raw = StoredObject(bucket="raw", key="in/rows.csv", etag="r", size=9, sha256=sha256(b"raw rows"))
    maker = Run(
        state="committed",
        id="c" * 64,
        function="clean-data",
        version=VERSION,
        input=raw,
        outputs=(data,),
        trace="0" * 32,
    )
    run = training.run.model_copy(update={"input": data, "parent": MAKER})
    return Training(training.inputs, training.outputs, training.record, run, training.shelf), maker


@pytest.fixture
def made(tmp_path: Path) -> Signed:
    training, maker = cleaned(trained(tmp_path))
    return sign(training, tmp_path / "signed", PemSigner.new(), find={MAKER: maker}.get)


def failures(made: Signed) -> set[tuple[str, str]]:
    verdict = verify(made.folder, Anchors(keys=made.keys, now=NOW))
    return {(each.check, each.code) for each in verdict.having("failed")}


def test_each_step_has_a_link_and_the_first_uploads_are_known(made: Signed) -> None:
    verdict = verify(made.folder, Anchors(keys=made.keys, now=NOW))

    lineage = next(each for each in verdict.checks if each.check == "lineage")
    assert verdict.is_good
    assert lineage.sentence == "steps known: 2, back to first uploads: 3"
    assert (made.folder / "clean-data.cccccccc.link.dsse.json").exists()


def test_a_step_without_its_link_is_named(made: Signed) -> None:
    (made.folder / "clean-data.cccccccc.link.dsse.json").unlink()

    assert ("lineage", "E_LINEAGE") in failures(made)
    assert ("file", "E_FILE_MISSING") in failures(made)


def test_a_maker_that_the_ledger_had_forgotten_is_named(tmp_path: Path) -> None:
    training, _ = cleaned(trained(tmp_path))
    made = sign(training, tmp_path / "signed", PemSigner.new())

    assert failures(made) == {("lineage", "E_LINEAGE")}


def test_a_step_that_made_something_else_does_not_stand_for_the_data(made: Signed) -> None:
    def other(link: dict[str, list[dict[str, dict[str, str]]]]) -> None:
        link["subject"][0]["digest"]["sha256"] = "0" * 64

    assert isinstance(made.signer, PemSigner)
    sign_again(made.folder / "clean-data.cccccccc.link.dsse.json", other, made.signer)

    assert ("lineage", "E_LINEAGE") in failures(made)
    assert ("attestation", "E_ATTESTATION_SWAPPED") in failures(made)


def test_a_link_of_a_step_that_the_bill_does_not_name_is_an_added_file(made: Signed) -> None:
    link = made.folder / "clean-data.cccccccc.link.dsse.json"
    shutil.copyfile(link, made.folder / "clean-data.dddddddd.link.dsse.json")

    assert ("folder", "E_FILE_ADDED") in failures(made)
