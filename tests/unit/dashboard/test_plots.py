"""Plots are laid out so that everything is inside, whatever the numbers are."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.dashboard.plots import HEIGHT, MOST_POINTS, WIDTH, plot, thinned, ticks

VALUES = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e299, max_value=1e299)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e9))
def test_ticks_are_few_round_numbers_within_the_range(low: float, width: float) -> None:
    found = ticks(low, low + width)

    steps = [after - before for before, after in pairwise(found)]
    assert 2 <= len(found) <= 12
    assert all(low - width * 1e-6 <= each <= low + width * (1 + 1e-6) for each in found)
    assert all(math.isclose(step, steps[0], rel_tol=1e-3, abs_tol=1e-6) for step in steps)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20), st.booleans())
def test_no_point_lies_outside_of_the_picture(points: list[tuple[float, float]], is_logarithmic: bool) -> None:
    made = plot("loss", "epoch", {"a": sorted(points)}, level=0.5, is_logarithmic=is_logarithmic)

    assert made is not None
    places = [float(number) for number in re.findall(r"-?[\d.]+", made.lines[0].path)]
    assert all(0 <= x <= WIDTH for x in places[::2])
    assert all(0 <= y <= HEIGHT for y in places[1::2])
    assert made.level is not None
    assert 0 <= made.level <= HEIGHT


def test_what_is_no_number_is_left_out_and_nothing_is_drawn_of_nothing() -> None:
    made = plot("loss", "epoch", {"a": [(1, math.nan), (2, 3.0), (3, math.inf)], "b": []})

    assert made is not None
    assert [(line.name, line.last) for line in made.lines] == [("a", 3.0)]
    assert plot("loss", "epoch", {"a": [(1, math.nan)]}) is None


def test_numbers_near_the_end_of_the_range_are_left_out_wherever_they_stand() -> None:
    huge = 1.7e308

    made = plot("loss", "epoch", {"a": [(1, huge), (2, -huge), (3, 1.0), (4, 2.0)]}, level=huge, marks=[(1, huge, "x")])

    assert made is not None
    assert (made.lines[0].last, made.level, made.marks) == (2.0, None, ())
    assert plot("loss", "epoch", {"a": [(1, huge), (2, -huge)]}) is None


def test_a_picture_is_told_in_words_with_where_each_line_ends() -> None:
    made = plot("loss", "epoch", {"training": [(1, 1.0), (2, 0.25)]}, marks=[(2, 0.25, "kept")])

    assert made is not None
    assert made.said == "loss over epoch: at the end training 0.25; 1 marked"


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 100_000])
def test_many_points_become_few_and_the_last_stays(count: int) -> None:
    found = thinned([(float(place), 0.0) for place in range(count)])

    assert len(found) <= MOST_POINTS + 1
    assert found[-1] == (count - 1, 0.0)
    assert found[0] == (0, 0.0)
