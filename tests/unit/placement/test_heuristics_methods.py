import pytest

from functions.placement.capacity import of as capacity
from functions.placement.evaluation import evaluate
from functions.placement.heuristics import METHODS, incumbent, run
from functions.runtime.errors import Rejected
from tests.unit.placement.systems import cut, small

SECONDS = 60.0


@pytest.mark.parametrize("method", [name for name in METHODS if name != "BinarySearch"])
def test_every_method_finds_a_feasible_placement_the_same_one_for_the_same_seed(method: str) -> None:
    system = small()

    first, second = (run(system, method, seed=5, iterations=60, seconds=SECONDS) for _ in range(2))

    assert first is not None
    assert first == second
    assert evaluate(system, first).feasible


@pytest.mark.parametrize("method", ["LocalSearch", "TabuSearch", "SimulatedAnnealing", "GeneticAlgorithm"])
def test_no_method_ends_above_the_placement_that_it_was_given(method: str) -> None:
    system = small()
    start = cut()

    found = run(system, method, iterations=30, seconds=SECONDS, parameters={"starting_points": 1}, start=start)

    assert found is not None
    assert evaluate(system, found).cost <= evaluate(system, start).cost


@pytest.mark.parametrize("spelling", ["TS", "tabu_search", "tabusearch", "TabuSearch"])
def test_methods_go_by_all_the_names_that_the_original_knows(spelling: str) -> None:
    found = run(small(), spelling, iterations=10, seconds=SECONDS, parameters={"tabu_size": 3})

    assert found is not None


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        ("TabuSerch", {}, "there is no method 'TabuSerch'; did you mean TabuSearch"),
        (
            "LocalSearch",
            {"startin_points": 2},
            "LocalSearch has no parameter 'startin_points'; did you mean starting_p",
        ),
        ("GeneticAlgorithm", {"mutation_rate": 1.5}, "mutation_rate is from 0 to 1, not 1.5"),
        ("TabuSearch", {"tabu_size": 2.5}, "tabu_size is a whole number, not 2.5"),
        ("SimulatedAnnealing", {"schedule": "steep"}, "schedule is one of exponential, linear, not 'steep'"),
        ("SimulatedAnnealing", {"temperature": float("nan")}, "temperature is a number, not nan"),
    ],
)
def test_what_a_method_does_not_take_is_refused_with_what_it_takes(
    method: str, parameters: dict[str, float | str], message: str
) -> None:
    with pytest.raises(Rejected, match=message):
        run(small(), method, parameters=parameters)


def test_a_method_stops_at_a_cost_that_is_low_enough() -> None:
    # So many generations would not end within anybody's patience, and the time that is given does not end them.
    found = run(small(), "GA", iterations=10**9, seconds=1e9, parameters={"min_fitness": 1e9})

    assert found is not None


def test_binary_search_finds_a_placement_that_bears_more_than_the_cheapest_one_does() -> None:
    system = small()
    cheapest = incumbent(system, seconds=SECONDS, rounds=20)

    found = run(system, "BinarySearch", seconds=SECONDS, parameters={"upper_bound": 20.0, "epsilon": 0.1})

    assert found is not None
    assert cheapest is not None
    assert capacity(system, found).load > capacity(system, cheapest).load


def test_time_ends_a_method_before_its_iterations_do() -> None:
    found = run(small(), "RandomGreedy", iterations=10**9, seconds=5)

    assert found is not None
