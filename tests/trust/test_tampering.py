"""Whatever is done to a signed folder is caught, and the file it was done to is named."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.trust.evidence import (
    BOM,
    BOM_ENVELOPE,
    BOM_SIGNATURE,
    MODEL_SIGNATURE,
    OWN_LINK,
    PROVENANCE,
)
from functions.trust.keyset import Entry, KeySet
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, Verification, verify
from tests.trust.conftest import NOW, Judge
from tests.trust.forgeries import link_of
from tests.trust.signing import SIGNED, Signed, sign, signed
from tests.trust.trainings import trained

RESULTS = ("trained_model.safetensors", "metrics.json", "run.json", "logs.txt", "model_card.json", "model_card.md")
EVIDENCE = (BOM, BOM_ENVELOPE, BOM_SIGNATURE, PROVENANCE, MODEL_SIGNATURE, OWN_LINK, "link")
REGIONS = 8


def failures(verdict: Verification) -> set[tuple[str, str]]:
    assert not verdict.is_good
    return {(each.subject, each.code) for each in verdict.having("failed")}


def named(verdict: Verification) -> set[str]:
    return {subject for subject, _ in failures(verdict)}


@pytest.mark.parametrize("name", [*RESULTS, *EVIDENCE])
@pytest.mark.parametrize("region", range(REGIONS))
def test_a_byte_that_flipped_anywhere_is_named_by_its_file(
    genuine: Signed, judged: Judge, name: str, region: int
) -> None:
    path = link_of(genuine.folder) if name == "link" else genuine.folder / name
    data = bytearray(path.read_bytes())
    data[(len(data) - 1) * region // (REGIONS - 1)] ^= 1 << region
    path.write_bytes(data)

    assert path.name in named(judged())


@pytest.mark.parametrize("name", [*RESULTS, *EVIDENCE])
def test_a_missing_file_is_named(genuine: Signed, judged: Judge, name: str) -> None:
    path = link_of(genuine.folder) if name == "link" else genuine.folder / name
    path.unlink()

    assert (path.name, "E_FILE_MISSING") in failures(judged())


@pytest.mark.parametrize("name", [*RESULTS, *EVIDENCE])
def test_a_truncated_file_is_named(genuine: Signed, judged: Judge, name: str) -> None:
    path = link_of(genuine.folder) if name == "link" else genuine.folder / name
    path.write_bytes(path.read_bytes()[:-1])

    assert path.name in named(judged())


@pytest.mark.parametrize(
    "name", ["backdoor.so", "sub/trained_model.safetensors", "certificate.pem", "é.txt", ".hidden"]
)
def test_an_added_file_is_named(genuine: Signed, judged: Judge, name: str) -> None:
    path = genuine.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"#!/bin/sh\n")

    assert (name, "E_FILE_ADDED") in failures(judged())


@pytest.mark.parametrize("name", [BOM_ENVELOPE, PROVENANCE, MODEL_SIGNATURE, OWN_LINK])
def test_white_space_that_no_signature_covers_is_named(genuine: Signed, judged: Judge, name: str) -> None:
    path = genuine.folder / name
    path.write_bytes(path.read_bytes() + b"\n")

    assert (name, "E_FORM") in failures(judged())


def test_an_added_file_whose_name_is_no_text_is_named(genuine: Signed, judged: Judge) -> None:
    (genuine.folder / os.fsdecode(b"a\xffb")).write_bytes(b"")

    verdict = judged()
    assert "E_FILE_ADDED" in verdict.codes
    assert verdict.model_dump_json()


@pytest.mark.parametrize("name", RESULTS)
def test_a_renamed_file_is_named_with_both_names(genuine: Signed, judged: Judge, name: str) -> None:
    (genuine.folder / name).rename(genuine.folder / "renamed.bin")

    found = [each for each in judged().having("failed") if each.code == "E_FILE_RENAMED"]
    assert {each.subject for each in found} == {name}
    assert "renamed.bin" in found[0].sentence


def test_two_files_that_changed_names_are_both_named(genuine: Signed, judged: Judge) -> None:
    one, two = genuine.folder / "metrics.json", genuine.folder / "model_card.json"
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)

    assert {("metrics.json", "E_FILE_RENAMED"), ("model_card.json", "E_FILE_RENAMED")} <= failures(judged())


def test_the_model_of_another_job_is_named(genuine: Signed, other: Signed, judged: Judge) -> None:
    name = "trained_model.safetensors"
    shutil.copyfile(other.folder / name, genuine.folder / name)

    assert (name, "E_FILE_CHANGED") in failures(judged())
    assert judged(model=other.folder / name).codes[-1] == "E_MODEL_UNKNOWN"
    assert judged(model=genuine.training.outputs / name).having("ok")[-1].check == "model"


@pytest.mark.parametrize("name", [BOM, BOM_ENVELOPE, BOM_SIGNATURE, PROVENANCE, MODEL_SIGNATURE, OWN_LINK, "run.json"])
def test_a_document_of_another_job_by_the_same_signer_is_named(
    genuine: Signed, other: Signed, judged: Judge, name: str
) -> None:
    shutil.copyfile(other.folder / name, genuine.folder / name)

    assert named(judged())


def test_a_whole_other_job_is_not_the_one_that_was_asked_for(other: Signed) -> None:
    anchors = Anchors(keys=other.keys, now=NOW)
    mine, theirs = "0" * 12, other.training.record.job

    assert verify(other.folder, anchors, job=theirs).is_good
    assert verify(other.folder, anchors, job=theirs[:12]).is_good
    assert verify(other.folder, anchors, job=mine).codes == ("E_JOB",)


def test_a_bill_of_an_older_version_beside_a_newer_model_is_named(tmp_path: Path) -> None:
    signer = PemSigner.new()
    old = signed(tmp_path / "old", signer)
    new = sign(trained(tmp_path / "new", notes=("trained again",)), tmp_path / "new/signed", signer)
    for path in new.folder.iterdir():
        if path.name in {BOM, BOM_ENVELOPE, BOM_SIGNATURE}:
            shutil.copyfile(old.folder / path.name, path)

    found = failures(verify(new.folder, Anchors(keys=new.keys, now=NOW)))
    assert ("run.json", "E_FILE_CHANGED") in found
    assert (PROVENANCE, "E_ATTESTATION_SWAPPED") in found


def test_a_bill_of_a_version_of_cyclonedx_before_is_named(genuine: Signed, judged: Judge) -> None:
    bom = json.loads((genuine.folder / BOM).read_bytes())
    (genuine.folder / BOM).write_bytes(json.dumps({**bom, "specVersion": "1.4"}).encode())

    assert (BOM, "E_FILE_CHANGED") in failures(judged())


def test_the_whole_folder_signed_again_by_somebody_else_is_named(tmp_path: Path, original: Signed) -> None:
    forged = sign(original.training, tmp_path / "forged", PemSigner.new())

    verdict = verify(forged.folder, Anchors(keys=original.keys, now=NOW))
    assert not verdict.is_good
    assert set(verdict.codes) == {"E_KEY_UNKNOWN", "E_SIGNATURE"}
    assert verdict.job == ""


def _with(signed_: Signed, **given: object) -> Anchors:
    entry = Entry.model_validate({"keyid": signed_.signer.key_id, "public": signed_.signer.public.pem, **given})
    return Anchors(keys=KeySet(keys=(entry,)), now=NOW)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"not_after": SIGNED - timedelta(seconds=1)}, "E_KEY_EXPIRED"),
        ({"not_before": SIGNED + timedelta(seconds=1)}, "E_KEY_NOT_YET_VALID"),
        ({"revoked_at": NOW, "reason": "stolen"}, "E_KEY_REVOKED"),
        ({"revoked_at": SIGNED - timedelta(days=1)}, "E_KEY_REVOKED"),
        ({"roles": ("sign-model",)}, "E_KEY_ROLE"),
    ],
)
def test_a_key_that_may_not_have_signed_is_named(
    genuine: Signed, judged: Judge, given: dict[str, object], code: str
) -> None:
    verdict = judged(anchors=_with(genuine, **given))

    assert failures(verdict) == {(genuine.signer.key_id[:16], code)}


def test_a_key_that_expired_since_is_good_unless_it_must_be_good_now(genuine: Signed, judged: Judge) -> None:
    anchors = _with(genuine, not_after=SIGNED + timedelta(seconds=1))

    assert judged(anchors=anchors).is_good
    assert judged(anchors=replace(anchors, strict_time=True)).codes == ("E_KEY_EXPIRED",)


def test_a_signing_time_that_is_to_come_is_named(genuine: Signed, judged: Judge) -> None:
    early = Anchors(keys=genuine.keys, now=SIGNED - timedelta(hours=1))

    assert failures(judged(anchors=early)) == {(BOM_ENVELOPE, "E_TIME")}


def test_nothing_is_believed_without_a_trusted_key(judged: Judge) -> None:
    verdict = judged(anchors=Anchors(now=NOW))

    assert not verdict.is_good
    assert set(verdict.codes) == {"E_KEY_UNKNOWN", "E_SIGNATURE"}
    assert "N_NOT_SIGNED" in {each.code for each in verdict.having("not_checked")}


Change = Callable[[Path], object]
DATA: dict[str, tuple[str, Change]] = {
    "a cell": ("dataset.csv", lambda path: path.write_text(path.read_text().replace("label", "lable", 1))),
    "a line more": ("dataset.csv", lambda path: path.write_text(path.read_text() + "1\n")),
    "nothing left": ("dataset.csv", lambda path: path.write_bytes(b"")),
    "the definition": ("dataset_definition.yaml", lambda path: path.write_text(path.read_text() + "epochs: 1\n")),
    "the model": ("model.safetensors", lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\1\2\3\4")),
}


@pytest.mark.parametrize("what", DATA)
def test_data_that_is_not_what_was_trained_on_is_named(
    genuine: Signed, judged: Judge, tmp_path: Path, what: str
) -> None:
    inputs = shutil.copytree(genuine.training.inputs, tmp_path / "inputs")
    assert judged(inputs=(inputs,)).is_good
    name, change = DATA[what]
    change(inputs / name)

    assert failures(judged(inputs=(inputs,))) == {(name, "E_DATA_CHANGED")}


def test_data_that_is_not_here_is_said_to_be_unchecked(judged: Judge) -> None:
    unchecked = {(each.subject, each.code) for each in judged().having("not_checked")}

    assert {("dataset.csv", "N_NOT_HERE"), ("run.json", "N_NOT_ASKED"), (BOM_ENVELOPE, "N_NO_TIMESTAMP")} <= unchecked


def test_a_copy_of_the_data_in_the_folder_is_checked_and_does_no_harm(genuine: Signed, judged: Judge) -> None:
    shutil.copyfile(genuine.training.inputs / "dataset.csv", genuine.folder / "dataset.csv")

    verdict = judged()
    assert verdict.is_good
    assert ("data", "dataset.csv") in {(each.check, each.subject) for each in verdict.having("ok")}


@pytest.mark.parametrize(
    "name", ["trained_model.keras", "best/trained_model.safetensors", "model.onnx", "sub/model.safetensors"]
)
def test_the_untrained_model_under_another_name_is_no_result(genuine: Signed, judged: Judge, name: str) -> None:
    target = genuine.folder / name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(genuine.training.inputs / "model.safetensors", target)

    assert failures(judged()) == {(name, "E_FILE_ADDED")}


@pytest.mark.parametrize("name", ["model.safetensors", "inputs/model.safetensors"])
def test_a_copy_of_an_input_is_counted_and_named(genuine: Signed, judged: Judge, name: str) -> None:
    (genuine.folder / "inputs").mkdir()
    shutil.copyfile(genuine.training.inputs / "model.safetensors", genuine.folder / name)

    verdict = judged()
    said = next(each.sentence for each in verdict.checks if each.check == "folder")
    assert verdict.is_good
    assert said.endswith(f"and 1 of what was trained on: {name}")


def test_an_input_under_another_inputs_name_was_added(genuine: Signed, judged: Judge) -> None:
    shutil.copyfile(genuine.training.inputs / "model.safetensors", genuine.folder / "dataset.csv")

    assert ("dataset.csv", "E_FILE_ADDED") in failures(judged())


def test_a_model_that_was_trained_on_from_a_result_keeps_its_name(tmp_path: Path) -> None:
    made = sign(trained(tmp_path, model="trained_model.safetensors"), tmp_path / "signed", PemSigner.new())
    anchors = Anchors(keys=made.keys, now=NOW)
    assert verify(made.folder, anchors).is_good

    (made.folder / "inputs").mkdir()
    shutil.copyfile(
        made.training.inputs / "trained_model.safetensors", made.folder / "inputs/trained_model.safetensors"
    )
    assert verify(made.folder, anchors).is_good
    shutil.copyfile(made.training.inputs / "trained_model.safetensors", made.folder / "trained_model.safetensors")
    assert ("trained_model.safetensors", "E_FILE_CHANGED") in failures(verify(made.folder, anchors))


def test_changed_data_in_the_folder_is_named(genuine: Signed, judged: Judge) -> None:
    (genuine.folder / "dataset.csv").write_text("label\n1\n")

    assert failures(judged()) == {("dataset.csv", "E_FILE_ADDED"), ("dataset.csv", "E_DATA_CHANGED")}


NAMES = (*RESULTS, *(name for name in EVIDENCE if name != "link"))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.integers(0, 4), st.binary(max_size=6) | st.just(b" "))
def test_no_edit_of_any_bytes_passes_or_ends_in_a_traceback(
    original: Signed, tmp_path: Path, name: str, place: float, cut: int, added: bytes
) -> None:
    data = (original.folder / name).read_bytes()
    where = int(place * len(data))
    edited = data[:where] + added + data[where + cut :]
    folder = tmp_path / "edited"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original.folder, folder)
    (folder / name).write_bytes(edited)

    assert verify(folder, Anchors(keys=original.keys, now=NOW)).is_good == (edited == data)


def test_a_signing_time_before_the_training_ended_is_named(tmp_path: Path) -> None:
    early = signed(tmp_path, made=SIGNED - timedelta(days=1))

    assert failures(verify(early.folder, Anchors(keys=early.keys, now=NOW))) == {("run.json", "E_TIME")}


def test_a_document_of_a_size_that_no_document_has_is_not_read(genuine: Signed, judged: Judge) -> None:
    with (genuine.folder / PROVENANCE).open("r+b") as file:
        file.truncate(65 * 2**20)

    assert (PROVENANCE, "E_TOO_LARGE") in failures(judged())


def test_a_pipe_in_the_folder_holds_nobody_up(genuine: Signed, judged: Judge) -> None:
    os.mkfifo(genuine.folder / "pipe")

    assert failures(judged()) == {("pipe", "E_FILE_ADDED")}


def test_folders_within_folders_without_end_are_looked_through(genuine: Signed, judged: Judge) -> None:
    before = Path.cwd()
    os.chdir(genuine.folder)
    try:
        for _ in range(1200):
            Path("a").mkdir()
            os.chdir("a")
        Path("b").write_text("")
    finally:
        os.chdir(before)
    codes = judged().codes
    subprocess.run(["rm", "-rf", genuine.folder / "a"], check=True)  # deeper than pytest could clear away

    assert codes == ("E_FILE_ADDED",)
