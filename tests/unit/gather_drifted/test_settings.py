"""Settings that contradict one another are told before the first event."""

import pytest

from functions.gather_drifted.settings import GatherDrifted
from functions.runtime.settings import SettingsError


@pytest.mark.parametrize(
    "given", [{"GATHER_DRIFTED_ROWS": "600", "GATHER_DRIFTED_MOST_ROWS": "500"}, {"GATHER_DRIFTED_ROWS": "200001"}]
)
def test_a_set_has_room_for_the_rows_that_it_takes_to_make_one(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"GATHER_DRIFTED_MOST_ROWS .*less than the [0-9,]+ new rows that a set"):
        GatherDrifted.from_environment("gather_drifted", given)


def test_room_for_just_these_is_enough() -> None:
    given = {"GATHER_DRIFTED_ROWS": "500", "GATHER_DRIFTED_MOST_ROWS": "500"}

    assert GatherDrifted.from_environment("gather_drifted", given).most_rows == 500
