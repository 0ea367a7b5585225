import pytest

from functions.continuum.optimiser_settings import (
    Method,
    OptimiserSettings,
    read_optimiser_settings,
    write_optimiser_settings,
)
from functions.continuum.reading import MalformedError
from tests.continuum_samples import OPTIMISER_SETTINGS

SPELLINGS = {
    "RandomGreedy": ["RG", "RandomGreedy", "random_greedy", "randomgreedy"],
    "TabuSearch": ["TS", "TabuSearch", "tabu_search", "tabusearch"],
    "LocalSearch": ["LS", "LocalSearch", "local_search", "localsearch", "local search"],
    "SimulatedAnnealing": ["SA", "SimulatedAnnealing", "simulated_annealing", "simulatedannealing"],
    "GeneticAlgorithm": ["GA", "GeneticAlgorithm", "genetic_algorithm", "geneticalgorithm"],
    "BinarySearch": ["BS", "BinarySearch", "binary_search", "binarysearch"],
}
"""As the pool of algorithms of ai-sprint-eu-project/space4ai-d @8c2ceb3 has them, and one of its older settings."""

ANNEALING = """\
    name: SimulatedAnnealing
    startingPointNumber: 5
    iterations: 1
    duration: 1
    specialParameters:
      temperature: 10
      scheduleConstant: 0.99
"""
GENETIC = OPTIMISER_SETTINGS[OPTIMISER_SETTINGS.index("    name: Gen") : OPTIMISER_SETTINGS.index("  method3")]


def settings(old: str = "", new: str = "") -> OptimiserSettings:
    assert old in OPTIMISER_SETTINGS
    return read_optimiser_settings(OPTIMISER_SETTINGS.replace(old, new, 1), source="SPACE4AI-D.yaml")


def test_the_guides_example_is_read() -> None:
    read = settings()

    assert (read.edge, read.cloud, read.faas) == (
        ("computationalLayer1",),
        ("computationalLayer2",),
        ("computationalLayer3",),
    )
    assert (read.hours, read.seed) == (1, 1)
    assert read.heuristic is not None
    assert read.heuristic.parameters == {"crossover_rate": 0.5, "mutation_rate": 0.7}
    search = read.method("BinarySearch")
    assert search is not None
    assert (search.upper_bound, search.epsilon) == (2, 1e-5)


def test_what_is_written_is_read_as_the_same() -> None:
    assert read_optimiser_settings(write_optimiser_settings(settings())) == settings()


@pytest.mark.parametrize(("name", "spelling"), [(name, each) for name, all_ in SPELLINGS.items() for each in all_])
def test_methods_go_by_every_name_that_the_original_takes(name: str, spelling: str) -> None:
    assert Method.model_validate({"name": spelling}).name == name


def test_a_misspelt_method_is_refused_with_the_nearest() -> None:
    with pytest.raises(MalformedError, match=r"line 13: Methods.method2.name is 'Taboo.*did you mean TabuSearch"):
        settings("GeneticAlgorithm", "TabooSearch")


@pytest.mark.parametrize("word", ["temperature", "tempBegin"])
def test_the_guides_and_the_codes_name_of_the_temperature_are_read(word: str) -> None:
    read = settings(GENETIC, ANNEALING.replace("temperature", word))

    assert read.heuristic is not None
    assert read.heuristic.parameters == {"temperature": 10, "schedule_constant": 0.99}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Seed: 1", "Seed: -1", "Seed must be at least 0"),
        ("Time: 1", "Time: 0", "Time must be greater than 0"),
        ("Time: 1", "time: 1", "time is not a field; did you mean Time?"),
        ("- computationalLayer2", "- computationalLayer1", "is computationalLayer1, which is in EdgeResources already"),
        ("name: BS", "name: GA", "method3 is a heuristic, as method2 is"),
        ("name: RandomGreedy", "name: RandomGreed", "did you mean RandomGreedy"),
        ("    startingPointNumber: 5\n", "", "startingPointNumber is missing"),
        ("      crossoverRate: 0.5\n", "", "specialParameters.crossoverRate is missing"),
        ("crossoverRate: 0.5", "crossoverRate: 1.5", "at most 1"),
        (
            "      crossoverRate: 0.5\n",
            "      crossoverRate: 0.5\n      tabuSize: 5\n",
            "is nothing that GeneticAlgorithm has",
        ),
        ("    epsilon: 0.00001\n", "", "epsilon is missing: BinarySearch needs it"),
        (
            "    epsilon: 0.00001\n",
            "    epsilon: 0.1\n    iterations: 3\n",
            "iterations is nothing that BinarySearch has",
        ),
        ("iterations: 1000", "iterations: 0", "iterations or duration must be greater than 0"),
        ("score: nall", "score: [nall]", "must be a number"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(MalformedError, match=f"^SPACE4AI-D.yaml: line [0-9]+: .*{sentence}"):
        settings(old, new)


def test_a_heuristic_needs_placements_to_start_from() -> None:
    start, end = OPTIMISER_SETTINGS.index("  method1"), OPTIMISER_SETTINGS.index("  method2")

    with pytest.raises(MalformedError, match="Methods have no RandomGreedy"):
        settings(OPTIMISER_SETTINGS[start:end], "")


def test_settings_without_methods_are_enough() -> None:
    assert read_optimiser_settings("EdgeResources: [computationalLayer1]\n").methods == {}
