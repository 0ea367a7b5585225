"""sign-bom: what it signs, and that it signs nothing else."""

import json
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from functions.runtime.settings import SettingsError
from functions.training.record import RECORD
from functions.trust.errors import TrustError
from functions.trust.evidence import BOM, CERTIFICATE, MODEL_SIGNATURE
from functions.trust.keys import ALGORITHMS, Algorithm, KeyFileError
from functions.trust.keyset import KeySet
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.trust.authority import Authority, pem
from tests.trust.conftest import NOW
from tests.trust.desks import event_of, key_file, signing
from tests.trust.trainings import Training, committed, trained


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return trained(tmp_path)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_committed_training_is_signed_whole(training: Training, tmp_path: Path, algorithm: Algorithm) -> None:
    signer = PemSigner.new(algorithm)
    folder = signing(training, tmp_path, event_of(training), training.run, key_file=key_file(tmp_path, signer))

    verdict = verify(folder, Anchors(keys=KeySet.of(signer.public), now=NOW))
    assert verdict.is_good
    assert (folder / MODEL_SIGNATURE).exists() == (algorithm != "ed25519")
    assert {path.name for path in training.outputs.iterdir()} <= {path.name for path in folder.iterdir()}


def test_the_version_of_cyclonedx_can_be_chosen(training: Training, tmp_path: Path) -> None:
    signer = PemSigner.new()
    given = {"key_file": key_file(tmp_path, signer), "spec": "1.6"}
    folder = signing(training, tmp_path, event_of(training), training.run, **given)

    assert json.loads((folder / BOM).read_bytes())["specVersion"] == "1.6"
    assert verify(folder, Anchors(keys=KeySet.of(signer.public), now=NOW)).is_good


def test_a_signer_with_a_certificate_is_believed_by_its_ca_alone(training: Training, tmp_path: Path) -> None:
    root = Authority.root()
    signer = root.below("between").leaf("sign-bom.example.org")
    chain = pem(tmp_path / "chain.pem", *signer.certificates)
    given = {"key_file": key_file(tmp_path, signer), "certificate_file": chain}
    folder = signing(training, tmp_path, event_of(training), training.run, **given)

    assert (folder / CERTIFICATE).exists()
    assert verify(folder, Anchors(authorities=(root.anchor,), identity="sign-bom.example.org", now=NOW)).is_good
    other = Anchors(authorities=(root.anchor,), identity="somebody.example.org", now=NOW)
    assert verify(folder, other).codes == ("E_IDENTITY",)
    stranger = Anchors(authorities=(Authority.root().anchor,), now=NOW)
    assert verify(folder, stranger).codes == ("E_CHAIN",)


def test_the_other_files_of_a_result_start_nothing(training: Training, tmp_path: Path) -> None:
    for path in training.outputs.iterdir():
        if path.name != RECORD:
            folder = signing(
                training, tmp_path, event_of(training, path.name), training.run, key_file=tmp_path / "none"
            )
            assert not list(folder.iterdir())


def test_a_record_that_nobody_committed_is_not_signed(training: Training, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="no run that the ledger knows made models-trained/out/job") as error:
        signing(training, tmp_path, event_of(training), None, key_file=key_file(tmp_path))

    assert error.value.code == "E_NOT_COMMITTED"
    assert error.value.retry is False


def test_a_record_that_its_named_maker_did_not_make_is_not_signed(training: Training, tmp_path: Path) -> None:
    event = event_of(training).model_copy(update={"etag": "another"})

    with pytest.raises(TrustError) as error:
        signing(training, tmp_path, event, training.run, key_file=key_file(tmp_path))
    assert error.value.code == "E_NOT_COMMITTED"


def test_what_a_person_states_of_the_model_is_in_the_bill(training: Training, tmp_path: Path) -> None:
    (tmp_path / "statements.json").write_text('{"supplier": "Example GmbH", "license": "Apache-2.0"}')
    given = {"key_file": key_file(tmp_path), "statements_file": tmp_path / "statements.json"}

    folder = signing(training, tmp_path, event_of(training), training.run, **given)
    assert json.loads((folder / BOM).read_bytes())["metadata"]["supplier"]["name"] == "Example GmbH"


def test_statements_with_an_unknown_field_are_refused(training: Training, tmp_path: Path) -> None:
    (tmp_path / "statements.json").write_text('{"suplier": "Example GmbH"}')
    given = {"key_file": key_file(tmp_path), "statements_file": tmp_path / "statements.json"}

    with pytest.raises(SettingsError, match="suplier"):
        signing(training, tmp_path, event_of(training), training.run, **given)


WRONG: dict[str, tuple[type[Rejected], str, dict[str, object]]] = {
    "no key": (SettingsError, "there is no key to sign with", {}),
    "a key left empty": (SettingsError, "there is no key to sign with", {"key_file": "", "pkcs11_module": ""}),
    "a key that is not there": (KeyFileError, "cannot read /nowhere/key.pem", {"key_file": "/nowhere/key.pem"}),
    "two keys": (SettingsError, "are both set", {"key_file": "/a", "pkcs11_module": "/b"}),
    "half a token": (SettingsError, "alone does not name a key", {"pkcs11_module": "/b"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_key_that_cannot_be_used_is_named_before_anything_is_written(
    training: Training, tmp_path: Path, what: str
) -> None:
    kind, said, given = WRONG[what]

    with pytest.raises(kind, match=said):
        signing(training, tmp_path, event_of(training), training.run, **given)


def test_a_key_that_was_replaced_signs_from_the_next_event_on(training: Training, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    for _ in range(2):
        signer = PemSigner.new()
        (tmp_path / "new.pem").write_bytes(signer.pem())
        (tmp_path / "new.pem").replace(key)
        folder = signing(training, tmp_path, event_of(training), training.run, key_file=key)

        assert verify(folder, Anchors(keys=KeySet.of(signer.public), now=NOW)).is_good


def test_a_result_without_a_trained_model_is_not_signed(tmp_path: Path) -> None:
    base = trained(tmp_path / "base")
    (base.outputs / "trained_model.safetensors").unlink()
    kept = tuple(each for each in base.record.outputs if not each.name.startswith("trained_model"))
    record = base.record.model_copy(update={"outputs": kept})
    (base.outputs / RECORD).write_text(record.to_json())
    training = committed(base.inputs, base.outputs, record)

    with pytest.raises(TrustError, match=r"there is no trained_model\.safetensors, the trained model"):
        signing(training, tmp_path, event_of(training), training.run, key_file=key_file(tmp_path))
