"""Limits by the names that monitors have for them."""

from dataclasses import replace

from functions.optimize.problem import Problem
from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate
from functions.placement.page import limits
from functions.placement.system import Path
from tests.unit.placement.systems import cut, small

NAMESAKE = replace(small(), paths=(Path("camera", ("camera", "fuse"), 8.0),))


def test_a_path_that_is_called_like_a_component_has_a_threshold_of_its_own() -> None:
    known = Problem("shop", NAMESAKE).constraints()

    assert known == {"camera": ("camera", 5.0), "path camera": ("path camera", 8.0)}


def test_an_alert_makes_smaller_only_the_limit_that_it_is_about() -> None:
    problem = Problem("shop", NAMESAKE)

    component, path = (problem.limited({name: 1.0}).system for name in ("camera", "path camera"))

    assert (component.local, component.paths[0].limit) == ({"camera": 1.0}, 8.0)
    assert (path.local, path.paths[0].limit) == ({"camera": 5.0}, 1.0)


def test_what_was_measured_is_told_by_the_same_names() -> None:
    verdict = evaluate(NAMESAKE, cut())
    answer = Answer(True, cut(), verdict, verdict.cost, 0.0, None, 0.0, proven=False, method="by hand")

    told = {name: seconds for name, seconds, _ in limits(NAMESAKE, answer)}

    assert told == {"camera": verdict.component_times["camera"], "path camera": verdict.path_times["camera"]}


def test_a_path_with_a_name_of_its_own_goes_by_that() -> None:
    assert set(Problem("shop", small()).constraints()) == {"camera", "p"}
