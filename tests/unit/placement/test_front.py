from dataclasses import replace
from itertools import pairwise

import pytest

from functions.placement.evaluation import evaluate
from functions.placement.exact.solving import solve
from functions.placement.front import front, with_paths
from functions.placement.system import Component
from tests.unit.placement.enumeration import placements
from tests.unit.placement.systems import small


def test_of_two_points_of_the_front_the_quicker_one_is_the_dearer_one() -> None:
    points = front(small(), points=5, seconds=120)

    assert len(points) >= 3
    for one, other in pairwise(points):
        assert one.response_time < other.response_time
        assert one.cost > other.cost


def test_each_point_is_the_cheapest_placement_that_keeps_its_limit() -> None:
    system = small()
    feasible = [verdict for each in placements(system) if (verdict := evaluate(system, each)).feasible]

    points = front(system, points=4, seconds=120)

    for point in points:
        quick = [each.cost for each in feasible if max(each.path_times.values()) <= point.limit]
        assert point.answer.proven
        assert point.cost == pytest.approx(min(quick), rel=1e-6)
        assert point.answer.placement is not None
        verdict = evaluate(system, point.answer.placement)
        assert verdict.feasible
        assert max(verdict.path_times.values()) == pytest.approx(point.response_time)


def test_the_front_begins_with_the_cheapest_placement_of_all() -> None:
    system = small()

    points = front(system, points=2, seconds=120)

    assert points[-1].cost == solve(system).cost


def test_a_system_without_paths_has_the_chains_that_most_requests_take() -> None:
    system = replace(small(), paths=())

    chains = [path.components for path in with_paths(system).paths]

    assert chains == [("camera", "fuse"), ("sensor", "fuse")]
    assert front(system, points=2, seconds=120)


def test_a_chain_of_as_many_components_as_may_be_is_followed_to_its_end() -> None:
    names = [f"c{index}" for index in range(1000)]
    components = {
        name: Component(name, {}, {}, dict.fromkeys(following, 1.0))
        for name, following in zip(names, [*([each] for each in names[1:]), []], strict=True)
    }

    [path] = with_paths(replace(small(), components=components, paths=())).paths

    assert path.components == tuple(names)


def test_a_system_without_a_feasible_placement_has_no_front() -> None:
    system = replace(small(), local={"camera": 1e-6})

    assert front(system, points=3, seconds=120) == ()
