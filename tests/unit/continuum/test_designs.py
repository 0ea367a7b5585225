import pytest

from functions.continuum.designs import read_containers, read_partitions
from functions.continuum.reading import MalformedError
from tests.continuum_application import CONTAINERS, PARTITIONS


def test_a_cut_has_its_parts_in_their_order() -> None:
    designs = read_partitions(PARTITIONS.replace("partition1_2,", "partition1_2, partition2_2, partition2_1,"))

    assert designs.components["filter"].cuts == {
        "partition1": ("partition1_1", "partition1_2"),
        "partition2": ("partition2_1", "partition2_2"),
    }
    assert designs.components["classifier"].cuts == {}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[base, partition1_2, partition1_1]", "[base, partition1_2]", "have of partition1 only partition1_2"),
        ("partition1_2", "partition1_3", "have of partition1 only partition1_1, partition1_3"),
        ("partition1_2", "part1_2", "line 3: components.filter.partitions.1 is 'part1_2', neither base nor such as"),
        ("partition1_2", "partition1_0", "is 'partition1_0', neither base"),
        ("partition1_2", "partition1_²", "is 'partition1_²', neither base"),
        ("partition1_2", "partition1_1", "partitions.2 is partition1_1, a second time"),
        ("[base]", "[]", "classifier.partitions has no entries"),
    ],
)
def test_a_cut_that_lacks_a_part_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(MalformedError, match=sentence):
        read_partitions(PARTITIONS.replace(old, new))


def test_images_are_listed_by_component() -> None:
    images = read_containers(CONTAINERS).components["filter"].docker_images

    assert images == ("registry.example.org/apps/filter_base_amd64:latest",)
