"""The threats T1 to T15 to a training and its bill of materials: for each at least one test that has its name."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import fdl
from events import ObjectCreated
from functions.datasets.definition import read_definition
from functions.models.inspection import ModelRefused, inspect
from functions.runtime import Context
from functions.runtime.context import OutputNameError
from functions.runtime.errors import Rejected
from functions.runtime.local_desk import LocalDesk
from functions.runtime.outputs import written
from functions.runtime.publication import watched
from functions.runtime.runs import run_id
from functions.runtime.settings import Settings
from functions.train_on_upload.pinning import ChangedError, local_name, pin
from functions.train_on_upload.settings import TrainOnUpload
from functions.train_on_upload.surroundings import environ, facts, variables
from functions.training.record import job_of
from functions.trust.documents import encoded, safe_name
from functions.trust.documents import written as document
from functions.trust.dsse import Envelope, pae
from functions.trust.errors import TrustError
from functions.trust.evidence import BOM, BOM_ENVELOPE, BOM_SIGNATURE, MODEL_SIGNATURE, PROVENANCE
from functions.trust.examination import examine
from functions.trust.keyset import Entry, KeySet
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.trust.conftest import NOW, Judge
from tests.trust.desks import event_of, key_file, signing
from tests.trust.forgeries import edit_bom, link_of, sign_again
from tests.trust.signing import SIGNED, Signed, examined, sign, signed
from tests.trust.trainings import VERSION, trained
from tests.unit.training.keras_files import layer, write

Json = dict[str, Any]


def refusal(what: Callable[[], object]) -> TrustError:
    with pytest.raises(TrustError) as error:
        what()
    return error.value


# T1: code in model and data files.


@pytest.mark.parametrize(("kind", "code"), [("Lambda", "E_LAMBDA"), ("TorchModuleWrapper", "E_CLASS_NOT_ALLOWED")])
def test_t01_code_in_a_model_is_refused_with_its_place(tmp_path: Path, kind: str, code: str) -> None:
    layers = [layer("InputLayer", "in", batch_shape=[None, 13]), layer(kind, "evil", function="os.system")]
    model = write(tmp_path / "model.keras", layers, {})

    with pytest.raises(ModelRefused, match=kind) as error:
        inspect(model)
    assert error.value.code == code
    assert "config.json" in error.value.where


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model.h5", "model.keras"])
def test_t01_a_pickle_is_refused_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n(X\x04\x00\x00\x00true\x85R.")

    with pytest.raises(ModelRefused):
        inspect(tmp_path / name)


# T2: resource bombs.


def test_t02_a_definition_that_grows_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(20)
    ]
    (tmp_path / "dataset_definition.yaml").write_text("\n".join(lines))

    with pytest.raises(Rejected, match=r"(?i)alias|anchor"):
        read_definition(tmp_path / "dataset_definition.yaml")


def test_t02_a_model_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 50_000_000)

    with pytest.raises(ModelRefused):
        inspect(tmp_path / "model.keras")


# T3: path tricks.

TRICKS = ["../x", "/etc/passwd", "a/../../x", "a\0b", "..", ""]


@pytest.mark.parametrize("name", TRICKS)
def test_t03_a_name_that_leads_elsewhere_names_no_output_and_no_file(tmp_path: Path, name: str) -> None:
    ctx = Context(settings=Settings(), folder=tmp_path, desk=LocalDesk(tmp_path))

    with pytest.raises((OutputNameError, Rejected)):
        ctx.output(name)
    assert refusal(lambda: safe_name(name)).code == "E_PATH"


@pytest.mark.parametrize(
    "name", ["..", "a/b.csv", "a\\b.csv", "\u202egnp.csv", "x" * 1024 + ".csv", "-rf.csv", "a\nb.csv"]
)
def test_t03_an_uploaded_name_is_used_on_disk_only_if_it_is_plain(name: str) -> None:
    kept = local_name(name, "dataset")

    assert kept in {"dataset", "dataset.csv"}


# T4: wrong facts.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label: label\ninput_shape: [13]\noutput_shape: [1]\nepoch: 3\n", "epochs"),
        ("label: label\ninput_shape: [13]\noutput_shape: [1]\nlabel: other\n", "label"),
        (
            "label: label\ninput_shape: [13]\noutput_shape: [1]\noptimizer: {name: adam, learning_rate: .nan}\n",
            "learning_rate",
        ),
    ],
)
def test_t04_a_wrong_fact_in_the_definition_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "dataset_definition.yaml").write_text(text)

    with pytest.raises(Rejected, match=said):
        read_definition(tmp_path / "dataset_definition.yaml")


# T5: the data is swapped between hashing and use.


def test_t05_data_that_changes_after_it_was_hashed_is_noticed_by_the_trainer(tmp_path: Path) -> None:
    (tmp_path / "dataset.csv").write_text("label\n1\n")
    (tmp_path / "pinned").mkdir()
    pinned = pin(tmp_path / "dataset.csv", tmp_path / "pinned", "dataset", name="dataset.csv", limit=100)
    (tmp_path / "dataset.csv").write_text("label\n0\n")
    pinned.check()
    pinned.path.chmod(0o600)
    pinned.path.write_text("label\n0\n")

    with pytest.raises(ChangedError, match=r"dataset\.csv was changed while it was trained on"):
        pinned.check()


def test_t05_data_other_than_the_ledgers_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    swapped = training.record.input("dataset").model_copy(update={"sha256": "0" * 64})
    inputs = tuple(swapped if each.role == "dataset" else each for each in training.record.inputs)
    lied = trained(tmp_path / "lied", inputs=inputs, job=job_of(inputs))

    assert refusal(lambda: examined(lied)).code == "E_INPUT_CHANGED"


# T6: model swapped after training, bill edited, bill of another model.


def test_t06_a_swapped_model_an_edited_bill_and_another_jobs_bill_are_told_apart(
    genuine: Signed, other: Signed, judged: Judge, tmp_path: Path
) -> None:
    def after(change: Callable[[Path], object]) -> set[tuple[str, str]]:
        folder = shutil.copytree(genuine.folder, tmp_path / "changed", dirs_exist_ok=True)
        change(folder)
        verdict = verify(folder, Anchors(keys=genuine.keys, now=NOW))
        return {(each.subject, each.code) for each in verdict.having("failed")}

    model = "trained_model.safetensors"
    assert after(lambda folder: shutil.copyfile(other.folder / model, folder / model)) == {(model, "E_FILE_CHANGED")}
    assert (BOM, "E_FILE_CHANGED") in after(lambda folder: edit_bom(folder, lambda bom: bom.update(version=2)))
    found = after(
        lambda folder: [shutil.copyfile(other.folder / n, folder / n) for n in (BOM, BOM_ENVELOPE, BOM_SIGNATURE)]
    )
    assert {(model, "E_FILE_CHANGED"), ("run.json", "E_FILE_CHANGED"), (PROVENANCE, "E_AGREEMENT")} <= found
    assert judged().is_good


def test_t06_unknown_fields_are_within_the_signed_bytes(genuine: Signed, judged: Judge) -> None:
    edit_bom(genuine.folder, lambda bom: bom.update({"$comment": "certified"}))

    assert not judged().is_good


# T7: another valid attestation in the place of the right one.


@pytest.mark.parametrize("which", [PROVENANCE, "link"])
def test_t07_a_valid_attestation_of_another_job_is_named(
    genuine: Signed, other: Signed, judged: Judge, which: str
) -> None:
    ours, theirs = (link_of(s.folder) if which == "link" else s.folder / which for s in (genuine, other))
    shutil.copyfile(theirs, ours)

    assert (ours.name, "E_ATTESTATION_SWAPPED") in {(e.subject, e.code) for e in judged().having("failed")}


# T8: no training took place, or another one than was asked for.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"steps": 0, "samples": 0, "epochs_run": 0}, "E_NO_STEPS"),
        ({"weights_distance": 0.0}, "E_WEIGHTS_UNCHANGED"),
        ({"definition": {"batch_size": 8}}, "E_RECIPE_NOT_USED"),
    ],
)
def test_t08_a_training_that_did_nothing_or_something_else_is_not_signed(
    tmp_path: Path, changes: Json, code: str
) -> None:
    assert refusal(lambda: examined(trained(tmp_path, **changes))).code == code


def test_t08_such_a_record_is_not_verified_though_a_trusted_key_signed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as careless:
        careless.setattr("functions.trust.examination.doubts", lambda record: iter(()))
        careless.setattr("functions.trust.examination.doubts_of_definition", lambda record, file: iter(()))
        made = sign(trained(tmp_path, definition={"batch_size": 8}), tmp_path / "signed", PemSigner.new())

    assert verify(made.folder, Anchors(keys=made.keys, now=NOW)).codes == ("E_RECIPE_NOT_USED",)


# T9: replayed, duplicated or reordered events.


def test_t09_an_event_that_comes_again_is_the_same_run_and_the_same_job(tmp_path: Path) -> None:
    training = trained(tmp_path)
    one = training.run.input
    event = ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag)
    again = event.model_copy(update={"hops": 3})

    assert run_id("train-on-upload", event) == run_id("train-on-upload", again) == training.run.id
    assert run_id("train-on-upload", event.model_copy(update={"etag": "newer"})) != training.run.id
    assert job_of(reversed(training.record.inputs)) == training.record.job


def test_t09_signing_again_at_the_same_time_gives_the_same_bytes(tmp_path: Path) -> None:
    training, key = trained(tmp_path), key_file(tmp_path)

    results = []
    for _ in range(2):
        folder = signing(training, tmp_path, event_of(training), training.run, key_file=key)
        results.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert results[0] == results[1]


# T10: forged events.


def test_t10_an_event_about_what_no_run_made_signs_nothing(tmp_path: Path) -> None:
    training = trained(tmp_path)
    forged = ObjectCreated(bucket="models-trained", key="out/job/123456789abc/run.json", etag="forged")

    key = key_file(tmp_path)
    assert refusal(lambda: signing(training, tmp_path, forged, None, key_file=key)).code == "E_NOT_COMMITTED"
    assert refusal(lambda: signing(training, tmp_path, forged, training.run, key_file=key)).code == "E_NOT_COMMITTED"


def test_t10_an_event_of_another_bucket_or_folder_is_for_no_service_and_no_service_feeds_itself() -> None:
    services = {each.name: each for each in fdl.load(Path(fdl.__path__[0], "trusted-training.yaml")).services}

    for bucket, key in (("models", "out/job/run.json"), ("models-trained", "elsewhere/run.json")):
        event = ObjectCreated(bucket=bucket, key=key, etag="e")
        assert watched(services["sign-bom"], event) is None
    for each in services.values():
        places = {(path.bucket, path.prefix) for path in each.inputs}
        assert not places & {(path.bucket, path.prefix) for path in each.outputs}


# T11: the trainer has something signed that it should not.


def test_t11_the_trainer_has_no_key_and_does_not_write_where_signed_results_lie() -> None:
    services = {each.name: each for each in fdl.load(Path(fdl.__path__[0], "trusted-training.yaml")).services}
    trainer, signer = services["train-on-upload"], services["sign-bom"]

    assert not {path.bucket for path in trainer.outputs if ".failure.json" not in path.suffixes} & {
        path.bucket for path in signer.outputs
    }
    assert not [name for name in trainer.environment if name.startswith("SIGN_BOM")]
    assert not [name for name in TrainOnUpload.model_fields if "key" in name]
    root = Path(next(iter(__import__("functions").__path__)))
    sources = [path.read_text() for path in (root / "train_on_upload").rglob("*.py")]
    assert sources
    assert not [text for text in sources if "functions.trust" in text or "sign_bom" in text]


def test_t11_a_record_that_was_written_into_a_set_of_another_function_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    run = training.run.model_copy(update={"function": "blur-faces"})
    known = {"functions": {"train-on-upload"}, "versions": {VERSION}}

    assert refusal(lambda: examine(run, training.shelf, **known)).code == "E_FUNCTION_UNKNOWN"


# T12: rotation, revocation, theft.


def test_t12_a_revoked_key_is_named_with_the_time_whatever_time_it_signed_at(genuine: Signed, judged: Judge) -> None:
    for signed_before in (True, False):
        at = SIGNED + timedelta(days=1 if signed_before else -1)
        entry = Entry.of(genuine.signer.public).model_copy(update={"revoked_at": at, "reason": "stolen"})
        verdict = judged(anchors=Anchors(keys=KeySet(keys=(entry,)), now=NOW))

        assert verdict.codes == ("E_KEY_REVOKED",)
        failed = verdict.having("failed")[0].sentence
        assert f"signed by the key {genuine.signer.key_id[:16]}, which was revoked at {at.isoformat()[:19]}" in failed


def test_t12_two_keys_are_valid_in_their_overlap(tmp_path: Path) -> None:
    old, new = signed(tmp_path / "old"), signed(tmp_path / "new")
    keys = KeySet(
        keys=(
            Entry.of(old.signer.public, not_after=SIGNED + timedelta(days=1)),
            Entry.of(new.signer.public, not_before=SIGNED - timedelta(days=1)),
        )
    )

    assert verify(old.folder, Anchors(keys=keys, now=NOW)).is_good
    assert verify(new.folder, Anchors(keys=keys, now=NOW)).is_good
    later = sign(old.training, tmp_path / "later", old.signer, made=SIGNED + timedelta(days=2))
    assert verify(later.folder, Anchors(keys=keys, now=NOW + timedelta(days=9))).codes == ("E_KEY_EXPIRED",)


def test_t12_a_signing_time_is_said_to_be_the_signers_own_word(judged: Judge) -> None:
    said = {each.check: each for each in judged().having("not_checked")}["time"]

    assert said.code == "N_NO_TIMESTAMP"


# T13: downgrades.


def _bundle(change: Callable[[Json], object]) -> Callable[[Path, PemSigner], None]:
    def edit(folder: Path, _: PemSigner) -> None:
        found = json.loads((folder / MODEL_SIGNATURE).read_bytes())
        change(found)
        (folder / MODEL_SIGNATURE).write_bytes(document(found))

    return edit


def _envelope(change: Callable[[Json], object]) -> Callable[[Path, PemSigner], None]:
    def edit(folder: Path, _: PemSigner) -> None:
        found = json.loads((folder / BOM_ENVELOPE).read_bytes())
        change(found)
        (folder / BOM_ENVELOPE).write_bytes(document(found))

    return edit


def _predicate(folder: Path, signer: PemSigner) -> None:
    sign_again(
        folder / BOM_ENVELOPE, lambda statement: statement.update(predicateType="https://spdx.dev/Document"), signer
    )


def _weaker(folder: Path, signer: PemSigner) -> None:
    payload = Envelope.parse((folder / BOM_ENVELOPE).read_bytes(), BOM_ENVELOPE).payload
    assert isinstance(signer.private, ec.EllipticCurvePrivateKey)
    weak = signer.private.sign(pae(payload), ec.ECDSA(hashes.SHA1()))
    _envelope(lambda found: found["signatures"][0].update(sig=encoded(weak)))(folder, signer)


DOWNGRADES: dict[str, tuple[str, str, Callable[[Path, PemSigner], None]]] = {
    "another payload type": (BOM_ENVELOPE, "E_PAYLOAD_TYPE", _envelope(lambda e: e.update(payloadType="text/plain"))),
    "another predicate": (BOM_ENVELOPE, "E_PREDICATE_TYPE", _predicate),
    "no signatures": (BOM_ENVELOPE, "E_NO_SIGNATURE", _envelope(lambda e: e.update(signatures=[]))),
    "no key id": (BOM_ENVELOPE, "E_KEY_ID_REMOVED", _envelope(lambda e: e["signatures"][0].update(keyid=""))),
    "a weaker hash": (BOM_ENVELOPE, "E_ALGORITHM", _weaker),
    "no hint": (
        MODEL_SIGNATURE,
        "E_HINT_REMOVED",
        _bundle(lambda b: b["verificationMaterial"].update(publicKey={"hint": ""})),
    ),
    "another media type": (MODEL_SIGNATURE, "E_MEDIA_TYPE", _bundle(lambda b: b.update(mediaType="application/json"))),
    "no model signature": (MODEL_SIGNATURE, "E_FILE_MISSING", lambda folder, _: (folder / MODEL_SIGNATURE).unlink()),
    "no raw signature": (BOM_SIGNATURE, "E_FILE_MISSING", lambda folder, _: (folder / BOM_SIGNATURE).unlink()),
}


@pytest.mark.parametrize("what", DOWNGRADES)
def test_t13_a_downgrade_is_refused_with_a_message_of_its_own(genuine: Signed, judged: Judge, what: str) -> None:
    subject, code, change = DOWNGRADES[what]
    assert isinstance(genuine.signer, PemSigner)
    change(genuine.folder, genuine.signer)

    verdict = judged()
    assert not verdict.is_good
    assert (subject, code) in {(each.subject, each.code) for each in verdict.having("failed")}


# T14: secrets in what is published.


def test_t14_of_the_environment_only_a_fixed_list_is_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "NORIA_STORE_SECRET_KEY", "SIGN_BOM_PASSPHRASE_FILE", "TF_SECRET"):
        monkeypatch.setenv(name, "hunter2-hunter2")
    wanted = variables(threads=(1, 1), isa="AVX2")

    assert "hunter2" not in facts(wanted, threads=(1, 1), image="").model_dump_json()
    assert "hunter2" not in json.dumps(environ(wanted, code=tmp_path, spare=tmp_path))


def test_t14_nothing_of_the_key_is_in_what_is_signed(tmp_path: Path) -> None:
    signer = PemSigner.new()
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    (tmp_path / "key.pem").write_bytes(signer.pem(b"correct horse battery staple"))
    training = trained(tmp_path / "job")
    given = {"key_file": tmp_path / "key.pem", "passphrase_file": secret}

    folder = signing(training, tmp_path, event_of(training), training.run, **given)
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"correct horse" not in everything
    assert b"PRIVATE KEY" not in everything
    assert os.fsencode(tmp_path) not in everything


# T15: links.


def test_t15_a_link_in_a_folder_is_named_and_not_followed(genuine: Signed, judged: Judge, tmp_path: Path) -> None:
    kept = shutil.move(genuine.folder / "metrics.json", tmp_path / "metrics.json")
    (genuine.folder / "metrics.json").symlink_to(kept)

    failed = {(each.subject, each.code) for each in judged().having("failed")}
    assert {("metrics.json", "E_FILE_MISSING"), ("metrics.json", "E_FILE_ADDED")} <= failed


def test_t15_a_link_is_neither_trained_on_nor_published_nor_inspected(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("dataset.csv", "out/link.json", "model.keras"):
        (tmp_path / name).symlink_to("/etc/passwd")

    with pytest.raises(Rejected, match="cannot be read"):
        pin(tmp_path / "dataset.csv", tmp_path / "out", "dataset", name="dataset.csv", limit=10_000)
    with pytest.raises(Rejected, match="is not a regular file"):
        written(tmp_path / "out")
    with pytest.raises(ModelRefused):
        inspect(tmp_path / "model.keras")


def test_every_row_has_a_test_named_after_it() -> None:
    rows = {name[5:8] for name in globals() if name.startswith("test_t") and name[6:8].isdigit()}

    assert rows == {f"t{number:02}" for number in range(1, 16)}
