from pathlib import Path

import numpy as np
import pytest

from functions.datasets.arrays import Arrays, digest, read
from functions.datasets.definition import Definition, read_definition
from functions.datasets.preprocessing import Statistics, apply, prepare
from functions.datasets.splits import Splits, split
from functions.datasets.summary import DataSummary, summarize
from functions.datasets.weights import class_weights
from functions.runtime.errors import Rejected
from tests.datasets_samples import tabular


def learned(shape: list[int], **preprocessing: object) -> Definition:
    return Definition.model_validate({"input_shape": shape, "output_shape": [2], "preprocessing": preprocessing})


def holding(x: object, y: list[int] | None = None) -> Arrays:
    inputs = np.array(x, np.float32)
    return Arrays(inputs, np.array(y or [0] * len(inputs)), ("0", "1"), "as read")


def parts(train: list[int], validation: list[int]) -> Splits:
    return Splits(np.array(train), np.array(validation), np.array([], np.int64))


def test_mean_and_deviation_come_from_the_training_part_alone() -> None:
    arrays = holding([[1.0, 10], [3, 10], [1000, 1000]])

    prepared, statistics = prepare(arrays, parts([0, 1], [2]), learned([2], normalize=True))

    assert statistics.mean == (2.0, 10.0)
    assert statistics.deviation == (1.0, 1.0)
    assert prepared.x.tolist() == [[-1, 0], [1, 0], [998, 990]]
    assert prepared.digest == "as read"


def test_inputs_are_normalized_then_scaled_then_clipped() -> None:
    arrays = holding([[1.0], [3], [20]])

    prepared, _ = prepare(arrays, parts([0, 1], [2]), learned([1], normalize=True, scale=0.25, clip=[-0.1, 2]))

    assert prepared.x[:, 0].tolist() == pytest.approx([-0.1, 0.25, 2])


def test_nothing_is_done_to_inputs_when_nothing_is_asked_for() -> None:
    prepared, statistics = prepare(holding([[1.5], [3]]), parts([0], [1]), learned([1]))

    assert prepared.x.tolist() == [[1.5], [3]]
    assert statistics == Statistics()


@pytest.mark.parametrize("channels", ["first", "last"])
def test_pictures_have_one_mean_for_each_channel(channels: str) -> None:
    random = np.random.Generator(np.random.PCG64(0))
    x = (random.random((6, 4, 5, 3)) * [1, 10, 100]).astype(np.float32)
    shape = [4, 5, 3] if channels == "last" else [3, 4, 5]
    turned = x if channels == "last" else np.ascontiguousarray(np.moveaxis(x, 3, 1))

    prepared, statistics = prepare(holding(turned), parts([0, 1, 2, 3], [4, 5]), learned(shape, normalize=True))

    assert statistics.mean == pytest.approx(x[:4].mean(axis=(0, 1, 2), dtype=np.float64).tolist())
    assert statistics.deviation == pytest.approx(x[:4].std(axis=(0, 1, 2), dtype=np.float64).tolist())
    axes = (0, 1, 2) if channels == "last" else (0, 2, 3)
    assert prepared.x[:4].mean(axis=axes) == pytest.approx([0, 0, 0], abs=1e-5)
    assert prepared.x[:4].std(axis=axes) == pytest.approx([1, 1, 1], abs=1e-5)


def test_statistics_that_were_kept_do_the_same_to_the_same_inputs(tmp_path: Path) -> None:
    dataset, path = tabular(tmp_path)
    definition = read_definition(path)
    arrays = read(dataset, definition)
    raw = arrays.x.copy()

    prepared, statistics = prepare(arrays, split(arrays, definition), definition)
    kept = Statistics.model_validate_json(statistics.model_dump_json())

    assert np.array_equal(apply(raw, kept), prepared.x)


def test_the_digest_depends_on_every_value_shape_and_class() -> None:
    x, y = np.zeros((2, 3), np.float32), np.zeros(2, np.int64)
    changed = x.copy()
    changed[1, 2] = 1e-30

    digests = {
        digest(x, y, ("a", "b")), digest(changed, y, ("a", "b")), digest(x.reshape(3, 2), y, ("a", "b")),
        digest(x, y + 1, ("a", "b")), digest(x, y.astype(np.float32), ("a", "b")), digest(x, y, ("a", "c")),
    }  # fmt: skip

    assert len(digests) == 6
    assert digest(np.asfortranarray(x), y.astype(">i8"), ("a", "b")) == digest(x, y, ("a", "b"))


def test_a_summary_counts_and_says_nothing_of_the_content(tmp_path: Path) -> None:
    dataset, path = tabular(tmp_path, rows=100, classes=4, more="split: {test: 0.1, stratify: true}\n")
    definition = read_definition(path)
    arrays = read(dataset, definition)
    rows = split(arrays, definition)

    summary = summarize(arrays, rows, definition, Statistics())

    assert (summary.rows, summary.train, summary.validation, summary.test) == (100, 70, 20, 10)
    assert [each.train + each.validation + each.test for each in summary.classes] == [25, 25, 25, 25]
    assert summary.arrays_sha256 == arrays.digest
    assert summary.splits_sha256 == rows.sha256
    assert DataSummary.model_validate_json(summary.model_dump_json()) == summary


def weighted(weights: object, rows: Splits) -> list[float] | None:
    definition = Definition.model_validate({"input_shape": [1], "output_shape": [2], "class_weights": weights})
    given = class_weights(holding([[0]] * 6, [0, 0, 0, 1, 1, 1]), rows, definition)
    return None if given is None else given.tolist()


def test_balanced_classes_weigh_the_same_in_the_training_part() -> None:
    assert weighted("balanced", parts([0, 1, 2, 3], [4, 5])) == [4 / (2 * 3), 4 / (2 * 1)]


def test_weights_are_given_by_the_names_of_the_classes() -> None:
    assert weighted({"1": 3, "0": 0.5}, parts([0, 3], [1])) == [0.5, 3]
    assert weighted(None, parts([0, 3], [1])) is None


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"0": 1, "1": 1, "11": 1}, "class_weights has '11', which is not a class; did you mean 1"),
        ({"0": 1}, "class_weights has no weight for class '1'"),
        ("balanced", "class '1' has no row to train on, so it cannot be balanced"),
    ],
)
def test_weights_that_fit_no_class_are_refused(weights: object, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        weighted(weights, parts([0, 1], [4, 5]))
