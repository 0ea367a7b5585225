import pytest

from functions.placement.evaluation import Evaluator, evaluate, with_load
from functions.placement.exact.solving import solve
from functions.placement.heuristics import incumbent
from functions.placement.system import Placement
from functions.redeployment.reoptimise import kept_resources, reoptimise
from functions.redeployment.settling import settled
from tests.unit.placement.enumeration import placements
from tests.unit.placement.systems import CASES, cut, published, small, system_of


@pytest.mark.skipif(not published(), reason="../shared is not here")
@pytest.mark.parametrize("name", ["Light/15Components/Ins2", "Strict/15Components/Ins8"])
def test_a_system_of_15_components_is_placed_anew_with_a_bound_in_the_time_that_an_event_has(name: str) -> None:
    system = system_of(CASES / name)
    current = incumbent(system, seconds=60, rounds=20)
    assert current is not None

    for load in (1.2, 2.4):
        # How long that takes is measured where nothing else runs: python -m tests.performance placement.
        answer = reoptimise(system, current, load=load)

        assert answer.placement is not None
        assert answer.cost is not None
        assert evaluate(with_load(system, load), answer.placement).feasible
        assert 0 < answer.bound <= answer.cost
        kept = kept_resources(system, current)
        assert all(kept.get(system.resources[each].layer, each) == each for each in answer.placement.resources.values())


def test_a_device_that_is_in_use_stays_in_its_layer_though_another_would_be_cheaper() -> None:
    system = small()
    current = cut(resources={**cut().resources, ("camera", "a"): "jetson"}, nodes={"jetson": 1, "vm": 1})

    answer = reoptimise(system, current, seconds=60)

    kept = [each for each in placements(system) if "pi" not in each.resources.values()]
    judged = Evaluator(system)
    feasible = [verdict.cost for each in kept if (verdict := judged.evaluate(each)).feasible]
    assert kept_resources(system, current) == {"near": "jetson"}
    assert answer.cost == pytest.approx(min(feasible))
    assert answer.proven


def test_which_layers_keep_their_resource_can_be_said() -> None:
    assert kept_resources(small(), cut()) == {"near": "pi"}
    assert kept_resources(small(), cut(), ["far"]) == {"far": "vm"}
    assert kept_resources(small(), cut(), []) == {}


def test_what_runs_stays_if_nothing_is_cheaper() -> None:
    system = small()
    best = solve(system).placement
    assert best is not None

    answer = reoptimise(system, best, seconds=60)

    assert answer.placement == best
    assert answer.proven


def test_a_change_that_saves_too_little_is_not_made_and_the_bound_says_what_it_would_have_saved() -> None:
    system = small()
    dear = cut(nodes={"pi": 2, "vm": 2})
    best = solve(system)
    assert best.cost is not None
    saving = 1 - best.cost / evaluate(system, dear).cost

    stayed = reoptimise(system, dear, least_saving=saving * 1.01, keep=[], seconds=60)
    changed = reoptimise(system, dear, least_saving=saving * 0.99, keep=[], seconds=60)

    assert stayed.placement == dear
    assert not stayed.proven
    assert stayed.gap == pytest.approx(saving)
    assert changed.cost == pytest.approx(best.cost)


def test_what_runs_may_be_of_an_application_that_is_there_no_more() -> None:
    stranger = Placement({"radar": "only"}, {("radar", "r"): "moon"}, {"moon": 3})

    answer = reoptimise(small(), stranger, seconds=60)

    assert answer.cost == pytest.approx(solve(small()).cost)


def test_where_nothing_is_feasible_there_is_no_placement_and_that_is_proven() -> None:
    answer = reoptimise(small(), cut(), load=500.0)

    assert answer.placement is None
    assert answer.feasible is False


def test_of_placements_that_cost_the_same_the_one_that_changes_least_is_taken() -> None:
    system = small()
    current = cut()
    same = cut(resources={**current.resources, ("fuse", "f"): "vm", ("sensor", "s"): "vm", ("camera", "b"): "vm"})
    assert evaluate(system, same).feasible

    nearer = settled(system, same, current)

    assert evaluate(system, nearer).cost <= evaluate(system, current).cost
    assert nearer.resources["camera", "b"] == "vm"
