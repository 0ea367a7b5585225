import pytest

from functions.continuum.data_sizes import read_data_sizes, write_data_sizes
from functions.continuum.reading import MalformedError
from tests.continuum_samples import DATA_SIZES


def test_sizes_are_kilobytes_by_component_or_partition() -> None:
    sizes = read_data_sizes(DATA_SIZES)

    assert sizes.root["filter_partition1_1"] == 13000
    assert read_data_sizes(write_data_sizes(sizes)) == sizes


def test_a_component_that_is_called_like_a_number_keeps_its_name() -> None:
    sizes = read_data_sizes("'08': 1\n'1e5': 2\n'12': 3\n'no': 4\n'null': 5\n")

    assert list(sizes.root) == ["08", "1e5", "12", "no", "null"]
    assert read_data_sizes(write_data_sizes(sizes)) == sizes


@pytest.mark.parametrize("said", ["-1", ".nan", "large", "[1]", "{dataSize: 0.1}", "true", ""])
def test_a_size_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(MalformedError, match=r"^sizes\.yaml: line 1: filter "):
        read_data_sizes(DATA_SIZES.replace("filter: 415.0", f"filter: {said}"), source="sizes.yaml")
