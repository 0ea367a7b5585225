import json
from dataclasses import replace

import pytest

from functions.placement.answer import digest
from functions.placement.evaluation import evaluate
from functions.placement.exact import solve
from functions.placement.exact.figures import Figures
from functions.placement.exact.formulation import Formulation
from functions.placement.exact.leeway import Leeway
from functions.placement.exact.limits import limits
from functions.placement.exact.programme import Programme
from functions.placement.system import Candidate, Component, Domain, Partition, Placement, Queue, Resource, System
from tests.performance.folding import fold
from tests.unit.placement.enumeration import cheapest, fewest_changes, random_system, tightened
from tests.unit.placement.systems import CASES, cut, published, small, system_of

OPTIMA = {
    "Light/5Components/Ins1": None,
    "Light/7Components/Ins2": 18.7431,
    "Strict/10Components/Ins1": None,
    "Light/15Components/Ins2": 11.041,
    "Strict/15Components/Ins10": None,
}
"""Systems, and what programmes that share nothing with this one found where that is written down (continuum.md)."""


def assert_cheapest(system: System) -> None:
    """Compare with every placement that there is."""
    answer, least = solve(system), cheapest(system)

    assert answer.proven
    assert answer.certificate["confirmed"]
    assert answer.feasible is (least is not None)
    assert answer.cost == (None if least is None else pytest.approx(least, rel=2e-6))
    if answer.placement and answer.cost is not None:
        assert evaluate(system, answer.placement).feasible
        assert answer.bound <= answer.cost


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_no_placement_of_a_small_system_is_cheaper_than_the_answer(first: int) -> None:
    for seed in range(first, first + 20):
        assert_cheapest(random_system(seed, components=2))


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_nor_where_limits_of_time_exclude_what_would_be_cheapest(first: int) -> None:
    for seed in range(first, first + 20):
        assert_cheapest(tightened(random_system(seed, components=2), seed))


def test_nor_with_three_components_several_starts_and_paths() -> None:
    for seed in range(12):
        assert_cheapest(tightened(random_system(seed, components=3), seed))


def test_what_is_to_change_where_there_is_no_placement_is_as_little_as_any_placement_needs() -> None:
    impossible = 0
    for seed in range(40):
        system = tightened(random_system(seed, components=2), seed)
        relaxation = solve(system).relaxation
        if relaxation is None:
            continue
        impossible += 1
        fewest = fewest_changes(system, nodes=1)

        assert relaxation.proven
        assert relaxation.placement is not None
        assert relaxation.changes == evaluate(system, relaxation.placement).violations
        assert len(relaxation.changes) > 0
        assert fewest is None or len(relaxation.changes) <= fewest
    assert impossible > 10


@pytest.mark.skipif(not published(), reason="../shared is not here")
@pytest.mark.parametrize("name", OPTIMA)
def test_a_published_system_is_solved_and_proven_and_never_dearer_than_published(name: str) -> None:
    folder = CASES / name
    system = system_of(folder)

    answer = solve(system, seconds=60)

    assert answer.placement is not None
    assert answer.proven
    assert evaluate(system, answer.placement).feasible
    cost = float(json.loads((folder / "best_sol_1.8.json").read_text())["total_cost"])
    assert answer.cost is not None
    assert answer.cost <= cost * (1 + 1e-5)
    assert OPTIMA[name] is None or answer.cost == pytest.approx(OPTIMA[name], rel=3e-5)


@pytest.mark.skipif(not published(), reason="../shared is not here")
def test_thirty_components_are_solved_and_proven() -> None:
    system = fold(system_of(CASES / "Light/15Components/Ins1"), 2)

    answer = solve(system, seconds=60)

    assert answer.proven
    assert answer.cost == pytest.approx(15.7366, rel=3e-6)


def test_equal_seeds_give_equal_answers() -> None:
    first, second = solve(small(), seed=3), solve(small(), seed=3)

    assert first.placement == second.placement
    assert first.bound == second.bound
    assert first.certificate["placement"] == second.certificate["placement"]


def test_a_start_that_is_the_best_is_proven_and_kept() -> None:
    best = solve(small()).placement

    answer = solve(small(), start=best)

    assert answer.placement == best
    assert answer.proven
    assert answer.method == "the placement given to start with"


def test_a_start_that_breaks_rules_is_no_answer() -> None:
    start = cut(nodes={"pi": 2, "vm": 9})

    answer = solve(small(), start=start)

    assert answer.feasible
    assert answer.placement is not None
    assert evaluate(small(), answer.placement).feasible


def test_with_no_time_left_the_start_is_the_answer_and_nothing_is_claimed() -> None:
    start = solve(small()).placement

    answer = solve(small(), start=start, seconds=0)

    assert answer.placement == start
    assert (answer.bound, answer.gap, answer.proven) == (0.0, 1.0, False)


def test_with_no_time_and_no_start_nothing_is_known() -> None:
    answer = solve(small(), seconds=0)

    assert answer.feasible is None
    assert answer.cost is None
    assert answer.relaxation is None


def test_of_a_layer_that_is_kept_only_that_resource_is_used() -> None:
    free, kept = solve(small()), solve(small(), keep={"near": "jetson"})

    assert free.placement is not None
    assert kept.placement is not None
    assert "jetson" not in free.placement.resources.values()
    assert "pi" not in kept.placement.resources.values()
    assert kept.cost is not None
    assert free.cost is not None
    assert kept.cost > free.cost


def test_the_certificate_names_what_was_solved_and_what_was_found() -> None:
    system = small()

    answer = solve(system)

    assert answer.placement is not None
    assert answer.certificate["system"] == digest(system)
    assert answer.certificate["placement"] == digest(answer.placement)
    assert answer.certificate["cost"] == answer.cost
    assert answer.certificate["solver"]["name"] == "HiGHS"
    assert json.loads(json.dumps(answer.certificate)) == answer.certificate


def test_digests_tell_placements_and_systems_apart_and_look_at_no_order() -> None:
    system, placement = small(), cut()
    turned = Placement(
        deployments=dict(reversed(list(placement.deployments.items()))),
        resources=dict(reversed(list(placement.resources.items()))),
        nodes=dict(reversed(list(placement.nodes.items()))),
    )

    assert digest(placement) == digest(turned)
    assert digest(placement) != digest(replace(placement, nodes={"pi": 1, "vm": 1}))
    assert digest(system) != digest(replace(system, load=2.1))
    assert digest(system) != digest(replace(system, utilisation_limit=0.9))


def test_a_resource_of_a_million_nodes_takes_no_more_columns_and_rounds() -> None:
    system = _chain(demand=0.5, nodes=1_000_000, limit=0.6)
    written = Formulation.of(Figures(system, {}), Leeway(Programme()), limits(system).values())

    answer = solve(system)

    assert answer.proven
    assert answer.placement is not None
    assert answer.placement.nodes == {"vm": 3}
    assert len(written.nodes["vm"]) < 100
    assert answer.certificate["rounds"] < 10


def test_counts_of_nodes_go_on_where_a_limit_needs_more_than_most_do() -> None:
    system = _chain(demand=0.5, nodes=1_000_000, limit=0.5 / (1 - 0.5 / 500.5))

    answer = solve(system)

    assert answer.proven
    assert answer.placement is not None
    assert answer.placement.nodes == {"vm": 501}


def test_a_limit_below_what_a_request_takes_alone_is_named_with_the_time_it_would_need() -> None:
    answer = solve(_chain(demand=0.5, nodes=4, limit=0.4))

    assert answer.feasible is False
    assert answer.bound == float("inf")
    assert answer.relaxation is not None
    [change] = answer.relaxation.changes
    assert (change.rule, change.subject, change.limit) == ("local", "one", 0.4)
    assert change.value == pytest.approx(0.5 / (1 - 0.5 / 4))


def test_too_few_nodes_are_named_with_how_many_it_takes() -> None:
    answer = solve(_chain(demand=3.5, nodes=2, limit=1e6))

    assert answer.relaxation is not None
    assert answer.relaxation.reason == (
        "no placement keeps every limit; nearest is one where vm has 4 nodes on, where 1 to 2 may be"
    )


def test_a_component_with_nowhere_to_run_is_named() -> None:
    system = _chain(demand=0.5, nodes=2, limit=1.0)

    answer = solve(system, keep={"cloud": "another"})

    assert answer.feasible is False
    assert answer.relaxation is not None
    assert answer.relaxation.reason == (
        "component one can run nowhere: partition h fits on no resource that it may use"
    )


def test_going_back_to_the_edge_is_named_where_nothing_else_is_possible() -> None:
    answer = solve(_pair("cloud", "edge", joined=True))

    assert answer.relaxation is not None
    assert [each.rule for each in answer.relaxation.changes] == ["back_to_edge"]


def test_layers_that_no_network_joins_are_named() -> None:
    answer = solve(_pair("edge", "cloud", joined=False))

    assert answer.feasible is False
    assert answer.relaxation is not None
    assert "no network domain joins the layers" in answer.relaxation.reason


def test_the_reason_need_not_be_looked_for() -> None:
    answer = solve(_chain(demand=0.5, nodes=4, limit=0.4), explain=False)

    assert (answer.feasible, answer.proven) == (False, True)
    assert answer.relaxation is not None
    assert answer.relaxation.placement is None


def _chain(*, demand: float, nodes: int, limit: float) -> System:
    """One component on virtual machines, one request a second."""
    partition = Partition("h", {"vm": Candidate("vm", 100.0, Queue(demand))})
    return System(
        name="one",
        components={"one": Component("one", {"s": ("h",)}, {"h": partition})},
        resources={"vm": Resource("vm", "cloud", "cloud", cost=1.0, memory=1000.0, nodes=nodes)},
        domains=(Domain("all", frozenset({"cloud"}), 0.01, 1000.0),),
        load=1.0,
        local={"one": limit},
    )


def _pair(first: str, second: str, *, joined: bool) -> System:
    """Two components after one another that can only run on one layer each."""
    resources = {
        "edge": Resource("edge", "edge", "edge", cost=1.0, memory=1000.0),
        "cloud": Resource("cloud", "cloud", "cloud", cost=1.0, memory=1000.0),
    }
    return System(
        name="pair",
        components={
            "a": _single("a", first, following={"b": 1.0}),
            "b": _single("b", second, following={}),
        },
        resources=resources,
        domains=(Domain("all", frozenset(resources if joined else {"edge"}), 0.01, 1000.0),),
        load=1.0,
    )


def _single(name: str, resource: str, *, following: dict[str, float]) -> Component:
    candidates = {resource: Candidate(resource, 100.0, Queue(0.1))}
    partition = Partition("h", candidates, sizes=dict.fromkeys(following, 1.0))
    return Component(name, {"s": ("h",)}, {"h": partition}, following)
