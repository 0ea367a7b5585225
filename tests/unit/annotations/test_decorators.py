"""A decorated main is the very function that it was, and nothing is imported or called for it."""

import functools
import inspect
import subprocess
import sys
from typing import Any

import pytest

from functions import annotations
from functions.annotations.decorators import ATTRIBUTE

SAID: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "component_name": ({"name": "filter"}, ("filter",)),
    "exec_time": ({"local_time_thr": 2, "global_time_thr": 5, "prev_components": ["a"]}, (2, 5, ["a"])),
    "expected_throughput": ({"rate": 0.5}, (0.5,)),
    "partitionable_model": ({"onnx_file": "a.onnx", "num_partitions": 2}, ("a.onnx", 2)),
    "device_constraints": ({"ram": 512, "vram": 128, "use_gpu_for": ["dnn"]}, (512, 128, ["dnn"])),
    "early_exits_model": (
        {"onnx_file": "a.onnx", "condition_function": "stop", "transition_probabilities": [0.5]},
        ("a.onnx", "stop", [0.5]),
    ),
    "model_performance": (
        {"metric": "average_f1", "metric_thr": 0.5, "filtered_class": "object"},
        ("average_f1", 0.5, "object"),
    ),
    "detect_metric_drift": (
        {
            "metric": "m",
            "field": "f",
            "statistical_test": "chi-squared",
            "test_threshold": 0.05,
            "detection_interval": 1,
            "monitoring_period": 2,
            "data_collection_period": 3,
        },
        ("m", "f", "chi-squared", 0.05, 1, 2, 3),
    ),
    "security": (
        {
            "trustedExecution": True,
            "networkShield": False,
            "filesystemShield": True,
            "confProc": False,
            "integrityProc": False,
            "confRest": False,
        },
        (True, False, True, False, False, False),
    ),
}


def main(args: str) -> str:
    return args


def needs(name: str) -> int:
    parameters = inspect.signature(getattr(annotations, name)).parameters.values()
    return len([each for each in parameters if each.default is each.empty])


@pytest.fixture
def fresh() -> Any:
    def main(args: str) -> str:
        return args

    return main


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("by_position", [False, True])
def test_each_decorator_gives_back_the_same_function(name: str, fresh: Any, by_position: bool) -> None:
    named, listed = SAID[name]
    mark = getattr(annotations, name)

    decorated = mark(*listed)(fresh) if by_position else mark(**named)(fresh)

    assert decorated is fresh
    assert decorated("as before") == "as before"
    assert getattr(decorated, ATTRIBUTE) == {name: named}
    assert inspect.signature(decorated) == inspect.signature(main)


def test_all_ten_are_there_and_all_but_one_are_tried_here() -> None:
    assert set(annotations.__all__) == {*SAID, "annotation"}


def test_what_was_not_said_is_not_kept(fresh: Any) -> None:
    annotations.exec_time(local_time_thr=20)(fresh)

    assert getattr(fresh, ATTRIBUTE) == {"exec_time": {"local_time_thr": 20}}


def test_several_add_up(fresh: Any) -> None:
    whole: dict[str, dict[str, Any]] = {"component_name": {"name": "filter"}, "exec_time": {"local_time_thr": 3}}

    annotations.security(True)(annotations.annotation(whole)(fresh))

    assert getattr(fresh, ATTRIBUTE) == {**whole, "security": {"trustedExecution": True}}


@pytest.mark.parametrize("name", [name for name in annotations.__all__ if needs(name) < 2])
def test_without_its_parentheses_the_function_still_runs(name: str, fresh: Any) -> None:
    assert getattr(annotations, name)(fresh) is fresh


@pytest.mark.parametrize("callable_", [len, functools.partial(main, "x"), type("Main", (), {"__slots__": ()})])
def test_what_takes_no_attributes_runs_all_the_same(callable_: Any) -> None:
    assert annotations.component_name("filter")(callable_) is callable_


def test_importing_them_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import functions.annotations; print(*(set(sys.modules) - before))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    ours = {"functions", "functions.annotations", "functions.annotations.decorators"}
    others = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert others == ours
