import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.datasets.definition import Definition
from tests.unit.datasets.files import ARRAYS, arrays, changed, npy, npz, refused, zipped

X = np.arange(12, dtype=np.float64).reshape(4, 3)
Y = np.array([0, 1, 0, 1])
LABELS = npy("(4,)", "<i8", Y.astype("<i8").tobytes())


def with_value(value: float) -> NDArray[np.float64]:
    changed = X.copy()
    changed[2, 1] = value
    return changed


@pytest.mark.parametrize("kind", ["<f8", ">f4", "<f2", "<i8", ">u2", "|u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_are_the_same_in_every_type_and_order(tmp_path: Path, kind: str, order: Any) -> None:
    read = arrays(tmp_path / "d.npz", npz(x=np.array(X, kind, order=order), y=Y.astype(">i2")), ARRAYS)

    assert np.array_equal(read.x, X.astype(np.float32))
    assert read.y.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array(["b", "a", "b", "a"]), ("a", "b")),
        (np.array([True, False, True, False]), ("false", "true")),
        (np.array([[1], [0], [1], [0]]), ("0", "1")),
        (np.array([1.0, 0.0, 1.0, 0.0]), ("0", "1")),
    ],
)
def test_labels_may_be_text_booleans_or_numbers(tmp_path: Path, labels: Any, classes: tuple[str, ...]) -> None:
    read = arrays(tmp_path / "d.npz", npz(x=X, y=labels), ARRAYS)

    assert read.classes == classes
    assert read.class_numbers is not None
    assert read.class_numbers.tolist() == [1, 0, 1, 0]


def test_several_numbers_may_be_learned_at_once(tmp_path: Path) -> None:
    definition = Definition(input_shape=(3,), output_shape=(2, 2), task="regression")
    targets = np.arange(16, dtype=np.float64).reshape(4, 2, 2)

    read = arrays(tmp_path / "d.npz", npz(x=X, y=targets), definition)

    assert np.array_equal(read.y, targets.astype(np.float32))
    assert read.classes == ()


def test_arrays_may_be_the_columns_of_a_table(tmp_path: Path) -> None:
    definition = Definition.model_validate(
        {"columns": {"b": "float", "a": "int", "y": "int"}, "label": "y", "input_shape": [2], "output_shape": [1]}
    )

    read = arrays(tmp_path / "d.npz", npz(a=np.arange(4), b=X[:, 0], y=Y), definition)

    assert read.x.tolist() == [[0, 0], [3, 1], [6, 2], [9, 3]]
    assert refused(tmp_path / "d.npz", npz(a=X[:, 0], b=X[:, 0], y=Y), definition) == (
        "column 'a' holds float64, but is declared int"
    )
    assert refused(tmp_path / "d.npz", npz(a=np.arange(3), b=X[:, 0], y=Y), definition) == (
        "array 'a' has shape [3], but the label has [4]"
    )
    assert refused(tmp_path / "d.npz", npz(b=X[:, 0], y=Y), definition) == "column 'a' is missing"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"x": with_value(np.nan), "y": Y}, "row 3: x[1] is NaN, a missing value"),
        ({"x": np.asfortranarray(with_value(np.nan)), "y": Y}, "row 3: x[1] is NaN, a missing value"),
        ({"x": with_value(-np.inf), "y": Y}, "row 3: x[1] is -inf, which is not finite"),
        ({"x": with_value(1e39), "y": Y}, "row 3: x[1] is 1e+39, beyond 32-bit decimals"),
        ({"x": with_value(np.inf).astype("<f2"), "y": Y}, "row 3: x[1] is inf, which is not finite"),
        ({"x": X, "y": Y, "z": Y}, "array 'z' is not declared"),
        ({"x": X}, "array 'y' is missing; there is 'x'"),
        ({"x": X, "y": Y[:3]}, "there are 4 inputs, but labels of shape [3]"),
        ({"x": X[:, :2], "y": Y}, "array 'x' has samples of shape [2], but input_shape is [3]"),
        ({"x": X[:0], "y": Y[:0]}, "its arrays have no rows"),
        ({"x": np.array(3.0), "y": Y}, "its arrays have no rows"),
        ({"x": X.astype(complex), "y": Y}, "array 'x' holds type c16, which is not read"),
        ({"x": X.astype("M8[s]"), "y": Y}, "array 'x' has a header that is not read"),
        ({"x": np.array([object()] * 4), "y": Y}, "array 'x' holds Python objects, which are never read"),
        ({"x": X, "y": np.array([{}, 1, 2, 3])}, "array 'y' holds Python objects, which are never read"),
        ({"x": np.zeros(4, [("a", "f4")]), "y": Y}, "array 'x' has a header that is not read"),
        ({"x": X.astype(str), "y": Y}, "array 'x' holds str"),
        ({"x": X, "y": np.eye(4)[:, :2]}, "array 'y' has labels of shape [2]"),
        ({"x": X, "y": Y + 0.5}, "row 2: label 1.5 is outside 0 to 1"),
        ({"x": X, "y": Y.astype(np.uint64) + (2**64 - 2)}, "row 1: column 'y' is 18446744073709551614, beyond 64"),
        ({"x": X, "y": np.array(["a" * 201, "b", "a", "b"])}, "array 'y' holds type U201, which is not read"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path: Path, content: Any, sentence: str) -> None:
    assert refused(tmp_path / "d.npz", npz(**content), ARRAYS).startswith(sentence)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (npy("(1000000000000,)", "<f8"), "array 'x' says [1000000000000] numbers of float64, but holds 0 bytes"),
        (npy("(" + "9999999999999999999, " * 400 + ")", "<f8"), "array 'x' says [9999999999999999999,"),
        (npy("(4, 3)", "<f8", bytes(95)), "array 'x' says [4, 3] numbers of float64, but holds 95 bytes"),
        (npy("(4, 3)", "<f8", bytes(97)), "array 'x' says [4, 3] numbers of float64, but holds 97 bytes"),
        (npy("(4, 3)", "|O", b"\x80\x04."), "array 'x' holds Python objects, which are never read"),
        (npy("(4, 3)", "<U999999"), "array 'x' holds type U999999, which is not read"),
        (npy("(-4, 3)", "<f8", bytes(96)), "array 'x' has a header that is not read"),
        (npy("__import__('os').system('id')", "<f8"), "array 'x' has a header that is not read"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 99, "array 'x' has a header of 4,294,967,295 bytes"),
        (b"\x93NUMPY\x09\x00\x10\x00" + b" " * 99, "array 'x' is not in numpy's format"),
        (b"\x80\x04K\x01.", "array 'x' is not in numpy's format"),
        (b"", "array 'x' is not in numpy's format"),
    ],
)
def test_a_hostile_array_is_refused_before_memory_is_taken_for_it(tmp_path: Path, array: bytes, sentence: str) -> None:
    data = zipped([("x.npy", array), ("y.npy", LABELS)])

    assert refused(tmp_path / "d.npz", data, ARRAYS).startswith(sentence)


def test_an_array_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    array = npy("(25000000,)", "<f4", bytes(100_000_000))

    found = refused(tmp_path / "d.npz", zipped([("x.npy", array), ("y.npy", LABELS)]), changed(ARRAYS, input_shape=[1]))

    assert found.startswith("'x.npy' unpacks to 100,000,")
    assert found.endswith("more than 200 times as many")


def test_more_numbers_than_the_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    assert refused(tmp_path / "d.npz", npz(x=X, y=Y), ARRAYS, values=11) == (
        "4 samples of 3 numbers are more than the limit of 11 numbers"
    )


def test_what_is_no_archive_of_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    bare = io.BytesIO()
    np.save(bare, X)

    assert refused(path, b"\x80\x04K\x01.", ARRAYS) == "it is a Python pickle, not a zip archive with files"
    assert refused(path, bare.getvalue(), ARRAYS) == "it is a bare .npy array, not a zip archive with files"
    assert refused(path, zipped([("x.pkl", b"")]), ARRAYS) == "'x.pkl' in the archive is no array"
