from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.placement import capacity
from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate, with_load
from functions.placement.system import Placement, System
from tests.unit.placement.systems import cut, described, published, small, solution_of, system_of

FOLDERS = published()
WIDER = Placement(cut().deployments, cut().resources, {"pi": 2, "vm": 4})


def solver(*placements: Placement, calls: list[float] | None = None) -> Callable[[System], Answer]:
    """Give a solver that takes the first of these placements that is feasible, and knows that there is no other."""

    def solve(system: System) -> Answer:
        (calls if calls is not None else []).append(system.load)
        for placement in placements:
            verdict = evaluate(system, placement)
            if verdict.feasible:
                return Answer(True, placement, verdict, verdict.cost, verdict.cost, 0.0, 0.0, True, "list")
        return Answer(False, None, None, None, float("inf"), None, 0.0, True, "list")

    return solve


def test_a_queue_bears_what_fills_it_to_the_limit() -> None:
    unlimited = small(LocalConstraints={}, GlobalConstraints={})

    found = capacity.of(unlimited, cut())

    assert found.load == pytest.approx(0.995 / (0.01 + 0.05 * 1.5), rel=1e-6)
    assert [(each.rule, each.subject) for each in found.limited_by] == [("utilisation", "vm")]
    assert found.evaluation.feasible


def test_the_answer_is_feasible_and_a_millionth_more_is_not() -> None:
    for system in (small(), small(GlobalConstraints={"p": {"components": ["camera", "fuse"], "global_res_time": 2.9}})):
        load = capacity.of_placement(system, cut())

        assert evaluate(with_load(system, load), cut()).feasible
        assert not evaluate(with_load(system, load * (1 + 2e-6)), cut()).feasible


def test_a_time_limit_can_be_what_gives_way_first() -> None:
    system = small(LocalConstraints={"fuse": {"local_res_time": 0.1}}, GlobalConstraints={})

    found = capacity.of(system, cut())

    # 0.05 / (1 - 0.085 load) is 0.1 where half of the time is in use.
    assert found.load == pytest.approx(0.5 / 0.085, rel=1e-6)
    assert [each.rule for each in found.limited_by] == ["local"]


def test_what_breaks_a_rule_at_any_load_bears_nothing() -> None:
    found = capacity.of(small(), cut(nodes={"pi": 3, "vm": 1}))

    assert found.load == 0
    assert ("nodes", "pi") in [(each.rule, each.subject) for each in found.limited_by]


def test_what_nothing_limits_bears_as_much_as_is_asked_for() -> None:
    text = described()
    text["Components"] = {"fuse": text["Components"]["fuse"]}
    for section in ("CompatibilityMatrix", "Performance"):
        text[section] = {"fuse": text[section]["fuse"]}
    text |= {"LocalConstraints": {}, "GlobalConstraints": {}, "DirectedAcyclicGraph": {}}
    system = small(**text)
    placement = Placement({"fuse": "only"}, {("fuse", "f"): "lambda"}, {})

    found = capacity.of(system, placement, upper=500)

    assert (found.load, found.limited_by) == (500, ())


def test_a_function_that_is_too_cold_at_little_load_may_bear_more() -> None:
    limit = {"camera": {"local_res_time": 2.5}}
    system = small(LocalConstraints=limit, GlobalConstraints={}, Lambda=2.0)
    slow = replace(
        system, resources=dict(system.resources) | {"lambda": replace(system.resources["lambda"], idle_time=5)}
    )

    found = capacity.of(slow, cut())

    assert not evaluate(with_load(slow, 0.01), cut()).feasible
    assert found.load > 2
    assert evaluate(with_load(slow, found.load), cut()).feasible


@pytest.mark.skipif(not FOLDERS, reason="../shared is not here")
def test_published_solutions_bear_at_least_the_load_for_which_they_were_found() -> None:
    for folder in FOLDERS[::10]:
        system = system_of(folder)

        assert capacity.of_placement(system, solution_of(folder, system)) >= 1.8


def test_a_system_bears_what_its_best_placement_bears() -> None:
    calls: list[float] = []
    system = small(LocalConstraints={}, GlobalConstraints={})

    found = capacity.of_system(system, solver(cut(), WIDER, calls=calls))

    assert found.load == pytest.approx(capacity.of_placement(system, WIDER), rel=1e-3)
    assert found.load <= found.bound <= found.load * 1.001
    assert found.proven
    assert found.calls == len(calls) < 20


def test_a_system_for_which_nothing_is_found_bears_nothing() -> None:
    found = capacity.of_system(small(LocalConstraints={}, GlobalConstraints={}), solver())

    assert (found.load, found.answer, found.calls, found.proven) == (0, None, 1, True)


def test_a_system_whose_functions_are_too_cold_at_its_load_is_known_to_bear_more() -> None:
    text = described()
    text["Components"] = {"fuse": text["Components"]["fuse"]}
    for section in ("CompatibilityMatrix", "Performance"):
        text[section] = {"fuse": text[section]["fuse"]}
    text |= {"GlobalConstraints": {}, "DirectedAcyclicGraph": {}, "Lambda": 0.001}
    text["LocalConstraints"] = {"fuse": {"local_res_time": 0.5}}
    system = small(**text)
    placement = Placement({"fuse": "only"}, {("fuse", "f"): "lambda"}, {})
    assert not evaluate(system, placement).feasible
    assert evaluate(with_load(system, 10), placement).feasible

    found = capacity.of_system(system, solver(placement))
    nothing = capacity.of_system(system, solver())

    assert found.load > 10
    assert (nothing.load, nothing.proven) == (0, False)


def test_a_bound_is_not_proven_where_more_load_may_be_easier() -> None:
    found = capacity.of_system(small(), solver(cut(), WIDER))

    assert found.load == pytest.approx(capacity.of_placement(small(), WIDER), rel=1e-3)
    assert not found.proven


def test_a_solver_that_is_not_sure_proves_nothing() -> None:
    sure = solver(cut())
    system = small(LocalConstraints={}, GlobalConstraints={})

    def unsure(system: System) -> Answer:
        return replace(answer, feasible=None, proven=False) if not (answer := sure(system)).feasible else answer

    found = capacity.of_system(system, unsure)

    assert found.load > 0
    assert not found.proven
