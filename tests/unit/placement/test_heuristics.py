import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from functions.placement.evaluation import Evaluator, evaluate
from functions.placement.heuristics.incumbent import incumbent
from functions.placement.heuristics.landscape import Landscape
from functions.placement.heuristics.point import Point
from functions.placement.heuristics.survey import Survey
from functions.placement.heuristics.ways import MOST_WAYS
from functions.placement.system import Candidate, Component, Domain, Partition, Placement, Queue, Resource, System
from tests.unit.placement.enumeration import cheapest, random_system
from tests.unit.placement.systems import CASES, cut, published, small, system_of

SECONDS = 60.0


def drawn(landscape: Landscape, random: np.random.Generator) -> Point:
    ways = random.integers(landscape.starts[:-1], landscape.starts[1:])
    layers = range(len(landscape.places.layers))
    kinds = [random.choice(np.flatnonzero(landscape.layer_of == layer)) for layer in layers]
    return Point.free(ways, np.array(kinds, dtype=np.int64))


@pytest.mark.parametrize("seed", range(25))
def test_every_neighbour_is_judged_as_the_exact_evaluator_judges_it(seed: int) -> None:
    landscape = Landscape(random_system(seed))
    judge = Evaluator(landscape.system)
    point = drawn(landscape, np.random.default_rng(seed))

    verdicts = Survey(landscape, point).ways(np.arange(len(landscape.owner)))

    for way, owner in enumerate(landscape.owner):
        changed = point.with_way(int(owner), way)
        exact = judge.evaluate(landscape.placement(changed, verdicts.nodes[way]))
        assert verdicts.feasible[way] == exact.feasible, exact.violations
        assert not exact.feasible or verdicts.cost[way] == pytest.approx(exact.cost, rel=1e-9)


@pytest.mark.parametrize("seed", range(25, 35))
def test_other_resources_and_nodes_are_judged_as_the_exact_evaluator_judges_them(seed: int) -> None:
    landscape = Landscape(random_system(seed))
    judge = Evaluator(landscape.system)
    random = np.random.default_rng(seed)
    point = drawn(landscape, random)
    others = [drawn(landscape, random).kinds for _ in range(10)]
    floors = random.integers(0, 3, size=(10, len(point.kinds))).astype(float)

    verdicts = Survey(landscape, point).layers(np.array(others), floors)

    for row, kinds in enumerate(others):
        placement = landscape.placement(replace(point, kinds=kinds), verdicts.nodes[row])
        assert verdicts.feasible[row] == judge.evaluate(placement).feasible


def test_of_twenty_small_random_systems_nearly_all_are_solved_to_the_optimum_that_trying_everything_finds() -> None:
    missed = 0
    for seed in range(20):
        system = random_system(seed)
        best = cheapest(system)

        found = incumbent(system, seconds=SECONDS, rounds=30)

        verdict = evaluate(system, found) if found else None
        assert verdict is None or (best is not None and verdict.feasible and verdict.cost >= best * (1 - 1e-9))
        missed += best is not None and (verdict is None or verdict.cost > best * (1 + 1e-9))
    assert missed <= 1


@pytest.mark.skipif(not published(), reason="../shared is not here")
def test_on_systems_of_15_components_forty_rounds_reach_the_proven_optimum() -> None:
    optima = {"Light/15Components/Ins2": 11.0406787, "Strict/15Components/Ins5": 10.2518695}
    for name, optimum in optima.items():
        system = system_of(CASES / name)

        found = incumbent(system, seconds=SECONDS, rounds=40)

        assert found is not None
        verdict = evaluate(system, found)
        assert verdict.feasible
        assert verdict.cost == pytest.approx(optimum, rel=1e-6)


def test_equal_seeds_give_equal_placements() -> None:
    system = random_system(3, components=6)

    first, second = (incumbent(system, seconds=SECONDS, rounds=15, seed=7) for _ in range(2))

    assert first == second


def test_a_placement_to_start_from_may_be_the_optimum_already_break_rules_or_speak_of_what_is_not_there() -> None:
    system = small()
    best = incumbent(system, seconds=SECONDS, rounds=20)
    broken = cut(nodes={"pi": 1, "vm": 1})
    stranger = Placement({"camera": "thrice", "radar": "only"}, {("radar", "r"): "moon"}, {"moon": 3})

    for start in (best, broken, stranger):
        again = incumbent(system, seconds=SECONDS, rounds=20, start=start)

        assert again is not None
        assert best is not None
        assert evaluate(system, again).cost == pytest.approx(evaluate(system, best).cost)


def test_without_time_the_feasible_placement_that_it_starts_from_is_not_lost() -> None:
    system = small()
    start = cut()
    assert evaluate(system, start).feasible

    found = incumbent(system, seconds=0.0, start=start)

    assert found is not None
    assert evaluate(system, found).feasible


def test_where_a_component_fits_nowhere_there_is_no_placement() -> None:
    system = small()
    camera = system.components["camera"]
    nowhere = {name: replace(part, candidates={}) for name, part in camera.partitions.items()}
    components = {**system.components, "camera": replace(camera, partitions=nowhere)}

    assert incumbent(replace(system, components=components), seconds=SECONDS) is None


def test_of_a_long_chain_of_partitions_only_so_many_ways_are_looked_at_those_that_change_place_least_first() -> None:
    system = long_chain(partitions=9)

    landscape = Landscape(system)

    assert len(landscape.owner) <= MOST_WAYS + 1
    changes = [sum(one != other for one, other in pairwise(way.places)) for way in landscape.choices[0]]
    assert changes == sorted(changes)
    assert incumbent(system, seconds=SECONDS, rounds=5) is not None


def long_chain(*, partitions: int) -> System:
    base = random_system(0)
    names = [f"h{number}" for number in range(partitions)]
    candidates = {name: Candidate(name, 1.0, Queue(0.01)) for name in base.resources}
    parts = {name: Partition(name, candidates) for name in names}
    wide = tuple(replace(each, layers=frozenset({"l1", "l2", "l3", "l4"})) for each in base.domains)
    component = Component("c0", {"s1": tuple(names)}, parts)
    return replace(base, components={"c0": component}, domains=wide, local={}, paths=())


def test_where_time_is_up_before_the_ways_are_listed_nothing_is_looked_for() -> None:
    system = small()

    assert Landscape(system, deadline=time.monotonic() - 1).is_barren
    assert not Landscape(system).is_barren
    assert incumbent(system, seconds=0.0) is None


def test_what_one_component_of_a_long_chain_costs_to_judge_does_not_grow_with_the_square_of_the_chain() -> None:
    landscape = Landscape(_chain(999))
    network = landscape.network

    grown = [name for name, held in vars(network).items() if isinstance(held, np.ndarray) and held.size > 999 * 100]

    assert grown == []
    assert network.clashes(landscape.starts[:-1]) == 0


def test_a_chain_of_hundreds_of_components_has_a_first_placement_after_one_round() -> None:
    system = _chain(300)

    found = incumbent(system, seconds=SECONDS, rounds=1)

    assert found is not None
    assert evaluate(system, found).feasible


def _chain(length: int) -> System:
    """Give components one after the other, each on either of two layers."""
    near = {"pi": Resource("pi", "near", "edge", 1.0, 1e6, nodes=50)}
    resources = near | {"vm": Resource("vm", "far", "cloud", 2.0, 1e6, nodes=50)}
    components = {}
    for index in range(length):
        following = {f"c{index + 1}": 1.0} if index + 1 < length else {}
        candidates = {name: Candidate(name, 1.0, Queue(0.01)) for name in resources}
        partition = Partition("p", candidates, sizes=dict.fromkeys(following, 1.0))
        components[f"c{index}"] = Component(f"c{index}", {"d": ("p",)}, {"p": partition}, following)
    domain = Domain("lan", frozenset({"near", "far"}), 0.001, 1000.0)
    return System("chain", components, resources, (domain,), 0.5)
