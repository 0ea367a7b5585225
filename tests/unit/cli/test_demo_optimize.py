"""What the demo of a placement says: predictions held against what real load has taken."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, pstdev

import pytest

from functions.optimize.result import Result
from functions.runtime.errors import TryAgain
from functions.runtime.runs import Run, StoredObject
from local.chain import Chain
from local.cli.demo.load import arrivals, measured
from local.cli.demo.optimize import compare, told

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = StoredObject(bucket="photos", key="in/a", etag="1")
PLACED = Result.model_validate(
    {
        "name": "masks",
        "load": 1,
        "hours": 1,
        "method": "exact",
        "feasible": True,
        "proven": True,
        "cost": 0.27,
        "bound": 0.27,
        "gap": 0,
        "seconds": 1,
        "placement": {
            "deployments": {"blur": "base", "mask": "base"},
            "resources": {"blur": {"blur": "Edge1"}, "mask": {"mask": "VM2"}},
            "nodes": {"Edge1": 1, "VM2": 1},
        },
        "component_times": {"blur": 0.9, "mask": 0.2},
        "thresholds": [
            {"name": "blur", "seconds": 0.9, "limit": 3},
            {"name": "path", "seconds": 1.15, "limit": 4},
        ],
        "certificate": {},
    }
)


def run(function: str, queued: float, finished: float, *, state: str = "committed") -> Run:
    at = {"queued": BEGAN + timedelta(seconds=queued), "finished": BEGAN + timedelta(seconds=finished)}
    return Run.model_validate({"state": state, "id": "0", "function": function, "input": ROOT, **at})


def test_each_component_and_the_whole_way_are_held_against_what_was_predicted() -> None:
    chains = [
        Chain(ROOT, [run("blur", 0, 1.0), run("mask", 1.05, 1.25)]),
        Chain(ROOT, [run("blur", 0, 1.0), run("mask", 1.05, 1.25)]),
        Chain(ROOT, [run("blur", 0, 9.0, state="failed")]),
        Chain(ROOT, [run("blur", 0, 9.0)], waiting=["mask/1"]),
    ]

    compared = compare(PLACED, measured(chains), Path("here"))

    assert (compared.requests, compared.failed) == (4, 2)
    assert [(line.name, line.resource, round(line.error, 3)) for line in compared.lines] == [
        ("blur", "Edge1", -0.1),
        ("mask", "VM2", 0.0),
        ("the whole way", "", -0.08),
    ]
    assert compared.is_near
    assert "as predicted" in str(told(compared)[0])


def test_the_load_is_what_was_asked_for_and_comes_at_random_moments() -> None:
    times = arrivals(0.75, 4000)

    gaps = [after - before for before, after in pairwise(times)]
    assert len(times) == 3000
    assert times[-1] <= 4000
    assert mean(gaps) == pytest.approx(1 / 0.75, rel=0.01)
    assert pstdev(gaps) == pytest.approx(mean(gaps), rel=0.1)  # of exponential gaps


def test_a_prediction_that_is_far_off_is_said_to_be() -> None:
    compared = compare(PLACED, measured([Chain(ROOT, [run("blur", 0, 4.0), run("mask", 4, 4.2)])]), Path("here"))

    assert not compared.is_near
    assert "more than 20% from what was predicted" in str(told(compared)[0])


def test_where_nothing_came_of_it_nothing_is_compared() -> None:
    with pytest.raises(TryAgain, match="nothing came of what was sent"):
        measured([Chain(ROOT, [run("blur", 0, 1, state="failed")])])
