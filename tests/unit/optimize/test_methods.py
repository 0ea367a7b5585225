"""The methods by their names and parameters."""

import json
from pathlib import Path

import pytest

from functions.optimize.methods import answer_of, method_of
from functions.optimize.request import Request
from functions.optimize.revision import history_of, names_of
from functions.placement.system_json import parse
from functions.runtime import Rejected
from tests.unit.optimize.samples import system_text

SYSTEM = parse(system_text(), source="masks.json")


@pytest.mark.parametrize(
    ("word", "name"),
    [("EXACT", "exact"), ("RG", "RandomGreedy"), ("tabu_search", "TabuSearch"), ("binarysearch", "BinarySearch")],
)
def test_a_method_goes_by_any_of_its_names(word: str, name: str) -> None:
    assert method_of(word) == name


def test_a_method_that_there_is_not_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="did you mean GeneticAlgorithm") as refused:
        method_of("GenticAlgorithm")

    assert "exact" in refused.value.hint


def test_parameters_go_by_the_names_that_the_original_has_for_them() -> None:
    request = Request(method="TS", iterations=20, parameters={"tabuSize": 5, "startingPointNumber": 2})

    answer = answer_of(SYSTEM, request, seconds=5)

    assert answer.feasible
    assert not answer.proven
    assert answer.certificate["evaluator"]["feasible"]
    with pytest.raises(Rejected, match="TabuSearch has no parameter 'tabu_sise'; did you mean tabu_size"):
        answer_of(SYSTEM, Request(method="TS", parameters={"tabuSise": 5}), seconds=1)


def test_equal_seeds_give_equal_answers() -> None:
    for method in ("exact", "SA"):
        request = Request(method=method, seed=3, iterations=30)
        first, second = (answer_of(SYSTEM, request, seconds=20) for _ in range(2))
        assert (first.placement, first.cost) == (second.placement, second.cost)


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', '{"a": null}', "\udcff"])
def test_names_and_histories_that_are_none_are_refused_with_their_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(Rejected, match=r"^names\.json"):
        names_of(path, "names.json")
    with pytest.raises(Rejected, match=r"^history\.json"):
        history_of(path, "history.json")


def test_names_that_were_drawn_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"computationalLayer2/resource1/cluster": "oscar-cluster-abc"}))

    assert names_of(path) == {"computationalLayer2/resource1/cluster": "oscar-cluster-abc"}
    assert names_of(None) == {}
