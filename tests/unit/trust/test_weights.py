"""Weights in files: digested without a framework as the trainer digests them, and held against the record."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from functions.training import tensors as arrays
from functions.training.record import Checkpoint, Form, TrainingRecord, chained
from functions.training.tensors import Tensors
from functions.trust import tensors
from functions.trust.errors import TrustError
from tests.trust.keras_files import BIAS, KERNEL, write_keras
from tests.trust.signing import examined
from tests.trust.trainings import Training, recommitted, sha256, trained, write_model

FORMS: tuple[Form, ...] = ("keras", "safetensors")
WEIGHTS = {KERNEL: np.arange(26, dtype=np.float32).reshape(2, 13), BIAS: np.ones(13, np.float32)}


def digest_of(path: Path, form: Form) -> str:
    with tensors.weights_in(path, form) as found:
        return tensors.digest(found)


def code(training: Training) -> str:
    with pytest.raises(TrustError) as error:
        examined(training)
    return error.value.code


@pytest.mark.parametrize("form", FORMS)
def test_a_file_has_the_digest_and_the_distance_of_its_arrays(tmp_path: Path, form: Form) -> None:
    after = {name: (each * 1.25 + 0.5).astype(each.dtype) for name, each in WEIGHTS.items()}
    write_model(tmp_path / "a", WEIGHTS, form)
    write_model(tmp_path / "b", after, form)

    assert digest_of(tmp_path / "a", form) == arrays.digest(WEIGHTS)
    with tensors.weights_in(tmp_path / "a", form) as one, tensors.weights_in(tmp_path / "b", form) as other:
        assert tensors.distance(one, other) == pytest.approx(arrays.distance(WEIGHTS, after), rel=1e-9)


@pytest.mark.parametrize(
    "kind", ["float64", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"]
)
def test_tensors_of_every_type_have_the_digest_and_the_distance_of_their_arrays(tmp_path: Path, kind: str) -> None:
    before, after = ({"a": np.arange(n, n + 70).reshape(7, 10).astype(kind), "b": np.array(n, kind)} for n in (0, 1))
    save_file(before, tmp_path / "a")
    save_file(after, tmp_path / "b")

    assert digest_of(tmp_path / "a", "safetensors") == arrays.digest(before)
    with tensors.weights_in(tmp_path / "a", "safetensors") as one:
        assert tensors.is_measurable(one)
        if kind != "bool":  # numpy does not subtract them, and nothing trains them
            with tensors.weights_in(tmp_path / "b", "safetensors") as other:
                assert tensors.distance(one, other) == pytest.approx(arrays.distance(before, after), rel=1e-9)


def test_larger_tensors_than_what_is_read_at_once_count_whole(tmp_path: Path) -> None:
    before = {"a": np.random.default_rng(1).normal(size=700_001).astype(np.float32)}
    after = {"a": before["a"] * np.float32(1.5)}
    save_file(before, tmp_path / "a")
    save_file(after, tmp_path / "b")

    assert digest_of(tmp_path / "a", "safetensors") == arrays.digest(before)
    with (
        tensors.weights_in(tmp_path / "a", "safetensors") as one,
        tensors.weights_in(tmp_path / "b", "safetensors") as two,
    ):
        assert tensors.distance(one, two) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_a_training_with_its_own_weights_passes(tmp_path: Path, form: Form) -> None:
    assert examined(trained(tmp_path, form=form)).record.model.form == form


@pytest.mark.parametrize("form", FORMS)
def test_weights_other_than_the_recorded_ones_are_not_signed(tmp_path: Path, form: Form) -> None:
    training = trained(tmp_path, form=form)
    others = {name: each + np.float32(0.5) for name, each in uploaded(training, form).items()}
    write_model(training.outputs / f"trained_model.{form}", others, form)

    assert code(recommitted(training, training.record)) == "E_WEIGHTS"


@pytest.mark.parametrize("form", FORMS)
def test_weights_that_the_training_did_not_begin_with_are_not_signed(tmp_path: Path, form: Form) -> None:
    training = trained(tmp_path, form=form)

    assert code(recommitted(training, begun_with(training.record, sha256(b"other")))) == "E_WEIGHTS"


@pytest.mark.parametrize("form", FORMS)
def test_a_distance_that_the_weights_did_not_move_is_not_signed(tmp_path: Path, form: Form) -> None:
    training = trained(tmp_path, form=form)

    assert code(recommitted(training, training.record.model_copy(update={"weights_distance": 1e9}))) == "E_WEIGHTS"


def test_keras_weights_that_did_not_change_are_not_signed_though_their_names_did(tmp_path: Path) -> None:
    training = trained(tmp_path, form="keras")
    given = uploaded(training, "keras")
    renamed = {name.replace("dense", "other"): each for name, each in given.items()}
    write_keras(training.outputs / "trained_model.keras", renamed)
    record = begun_with(training.record, arrays.digest(given), arrays.digest(renamed))

    assert code(recommitted(training, record)) == "E_WEIGHTS_UNCHANGED"


def test_a_counter_that_the_upload_leaves_out_began_with_zero(tmp_path: Path) -> None:
    training = trained(tmp_path)
    given, name = uploaded(training, "safetensors"), "1.num_batches_tracked"
    before = {**given, name: np.array(0)}
    after = {**load_file(training.outputs / "trained_model.safetensors"), name: np.array(9)}
    save_file(after, training.outputs / "trained_model.safetensors")
    record = begun_with(training.record, arrays.digest(before), arrays.digest(after))
    moved = arrays.distance(before, after)

    passed = examined(recommitted(training, record.model_copy(update={"weights_distance": moved})))
    assert passed.record.weights_distance == moved


def test_packed_keras_weights_are_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path, form="keras")
    with tensors.weights_in(training.outputs / "trained_model.keras", "keras") as found:
        assert {each.name for each in found} == {KERNEL, BIAS}
    write_keras(training.outputs / "trained_model.keras", uploaded(training, "keras"), packed=True)

    assert code(recommitted(training, training.record)) == "E_WEIGHTS"


Change = Callable[[Training], object]
FILES: dict[str, tuple[Form, str, Change]] = {
    "no model": ("safetensors", "E_FILE_MISSING", lambda t: (t.outputs / "trained_model.safetensors").unlink()),
    "no Keras model": ("keras", "E_FILE_MISSING", lambda t: (t.outputs / "trained_model.keras").unlink()),
    "an onnx that is none": ("safetensors", "E_MODEL_REFUSED", lambda t: _write(t, "trained_model.onnx", b"anything")),
    "an empty onnx": ("keras", "E_MODEL_REFUSED", lambda t: _write(t, "trained_model.onnx", b"")),
    "a Lambda": ("keras", "E_MODEL_REFUSED", lambda t: _with_lambda(t)),
    "a Keras model of a torch training": ("safetensors", "E_FILE_ADDED", lambda t: _with_lambda(t)),
    "a pt2 of an onnx training": ("safetensors", "E_FILE_ADDED", lambda t: _write(t, "trained_model.pt2", b"PK")),
    "a second model": ("safetensors", "E_FILE_ADDED", lambda t: _write(t, "model.pt2", b"\x80\x04.")),
    "a pickle": ("keras", "E_FILE_ADDED", lambda t: _write(t, "best.pkl", b"\x80\x04.")),
    "a file without ending": ("keras", "E_FILE_ADDED", lambda t: _write(t, "model", b"\x80\x04.")),
}


@pytest.mark.parametrize("what", FILES)
def test_a_model_that_nobody_may_open_is_not_signed(tmp_path: Path, what: str) -> None:
    form, expected, change = FILES[what]
    training = trained(tmp_path, form=form)
    change(training)

    assert code(recommitted(training, training.record)) == expected


def test_the_refusal_names_the_file_and_what_is_in_it(tmp_path: Path) -> None:
    training = trained(tmp_path, form="keras")
    _with_lambda(training)

    with pytest.raises(TrustError, match=r"trained_model.keras may not be opened: E_LAMBDA, .*Lambda"):
        examined(recommitted(training, training.record))


HEAD = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        b"\x02\0\0\0\0\0\0\0[]",
        b"\x02\0\0\0\0\0\0\0{}",
        b'\x05\0\0\0\0\0\0\0{"a":',
        len(HEAD).to_bytes(8, "little") + HEAD + b"\0" * 3,
        len(HEAD).to_bytes(8, "little") + HEAD + b"\0" * 5,
        len(HEAD).to_bytes(8, "little") + HEAD.replace(b"[1]", b"[2]") + b"\0" * 4,
        len(HEAD).to_bytes(8, "little") + HEAD.replace(b"F32", b"F33") + b"\0" * 4,
    ],
)
def test_a_file_that_is_no_safetensors_has_no_digest(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(data)

    with pytest.raises(TrustError) as error:
        digest_of(tmp_path / "a.safetensors", "safetensors")
    assert error.value.code == "E_WEIGHTS"


def test_a_keras_file_whose_weights_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_bytes(b"PK nothing")

    with pytest.raises(TrustError, match="is not a keras model whose weights can be read"):
        digest_of(tmp_path / "broken.keras", "keras")


def uploaded(training: Training, form: Form) -> Tensors:
    """Read what was uploaded; the files of these tests hold float32 alone."""
    with tensors.weights_in(training.inputs / f"model.{form}", form) as found:
        return {
            each.name: np.frombuffer(b"".join(each.pieces()), each.dtype).reshape(each.shape)
            for each in found
            if each.pieces
        }


def begun_with(record: TrainingRecord, weights: str, last: str = "") -> TrainingRecord:
    """Give a record whose chain begins with other weights, and ends with ``last``."""
    chain, checkpoints = weights, []
    digests = [each.weights for each in record.checkpoints]
    for epoch, each in enumerate([*digests[:-1], last or digests[-1]], start=1):
        chain = chained(chain, each)
        checkpoints.append(Checkpoint(epoch=epoch, weights=each, chain=chain))
    changes = {"initial_weights": weights, "checkpoints": tuple(checkpoints), "final_weights": last or digests[-1]}
    return record.model_copy(update=changes)


def _write(training: Training, name: str, data: bytes) -> None:
    (training.outputs / name).write_bytes(data)


def _with_lambda(training: Training) -> None:
    write_keras(training.outputs / "trained_model.keras", WEIGHTS, lambda_layer=True)
