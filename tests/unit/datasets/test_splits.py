import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.splits import shuffled, split
from functions.runtime.errors import Rejected


def having(counts: list[int]) -> Arrays:
    """Give as many samples of each class as said."""
    y = np.repeat(np.arange(len(counts)), counts)
    names = tuple(str(number) for number in range(len(counts)))
    return Arrays(np.zeros((len(y), 1), np.float32), y, names, "")


def parted(seed: int = 1, **fields: object) -> Definition:
    return Definition.model_validate({"input_shape": [1], "output_shape": [3], "seed": seed, "split": fields})


def test_the_same_seed_gives_the_same_parts_on_every_machine_and_version() -> None:
    parts = split(having([5, 5]), parted(seed=7, validation=0.2, test=0.1))

    assert parts.validation.tolist() == [5, 7]
    assert parts.test.tolist() == [1]
    assert parts.sha256 == "927921abf324550db4521acc1eb9d3eff54b7dff356b1885e115c4d123b6f0d9"
    assert shuffled(np.arange(8), 1, 2).tolist() == [5, 6, 3, 2, 1, 0, 4, 7]


def test_another_seed_gives_other_parts() -> None:
    assert split(having([50, 50]), parted(seed=1)).sha256 != split(having([50, 50]), parted(seed=2)).sha256


def test_without_shuffling_the_last_rows_are_kept_apart() -> None:
    parts = split(having([10, 10]), parted(shuffle=False, validation=0.2, test=0.1))

    assert parts.train.tolist() == list(range(14))
    assert parts.validation.tolist() == [14, 15, 16, 17]
    assert parts.test.tolist() == [18, 19]


def test_stratified_parts_have_the_same_shares_of_each_class() -> None:
    arrays = having([100, 40, 10])

    parts = split(arrays, parted(stratify=True, validation=0.2, test=0.1))

    assert np.bincount(arrays.y[parts.train]).tolist() == [70, 28, 7]
    assert np.bincount(arrays.y[parts.validation]).tolist() == [20, 8, 2]
    assert np.bincount(arrays.y[parts.test]).tolist() == [10, 4, 1]


def test_a_part_that_is_asked_for_has_a_row_however_few_there_are() -> None:
    parts = split(having([2, 1]), parted(validation=0.1))

    assert (len(parts.train), len(parts.validation), len(parts.test)) == (2, 1, 0)


def test_too_few_rows_for_the_parts_are_refused() -> None:
    with pytest.raises(Rejected, match="1 rows are too few"):
        split(having([1]), parted())


@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=5).filter(lambda counts: sum(counts) > 4),
    validation=st.floats(0, 0.5),
    test=st.floats(0, 0.4),
    seed=st.integers(0, 2**32 - 1),
    shuffle=st.booleans(),
    stratify=st.booleans(),
)
def test_every_row_is_in_exactly_one_part(
    counts: list[int], validation: float, test: float, seed: int, *, shuffle: bool, stratify: bool
) -> None:
    arrays = having(counts)
    definition = parted(seed, validation=validation, test=test, shuffle=shuffle, stratify=stratify)

    parts = split(arrays, definition)

    assert sorted(np.concatenate([parts.train, parts.validation, parts.test])) == list(range(arrays.rows))
    assert abs(len(parts.test) - test * arrays.rows) <= 1
    assert abs(len(parts.validation) - validation * arrays.rows) <= 2


def test_an_epochs_order_is_a_permutation_that_depends_on_seed_and_epoch_alone() -> None:
    rows = np.array([3, 5, 8, 13, 21])

    first, again, second = shuffled(rows, 1, 0), shuffled(rows, 1, 0), shuffled(rows, 1, 1)

    assert first.tolist() == again.tolist()
    assert sorted(first) == rows.tolist()
    assert first.tolist() != second.tolist()
