"""A small system with everything in it, and the published ones.

``camera`` and ``sensor`` are both starts and join in ``fuse``; ``camera`` may be cut in two, with an early exit.
"""

import json
from pathlib import Path
from typing import Any

from functions.placement import solution_json, system_json
from functions.placement.system import Placement, System

CASES = Path(__file__).parents[4] / "shared" / "cases" / "space4ai"
LOAD = 1.8
"""Requests a second for which the published solutions were found."""


def described() -> dict[str, Any]:
    """Give the small system as its file says it, anew each time."""
    return {
        "Components": {
            "camera": {
                "whole": {"w": {"next": ["fuse"], "early_exit_probability": 0, "data_size": [100]}},
                "cut": {
                    "a": {"next": ["b"], "early_exit_probability": 0.25, "data_size": [40]},
                    "b": {"next": ["fuse"], "early_exit_probability": 0.5, "data_size": [10]},
                },
            },
            "sensor": {"only": {"s": {"next": ["fuse"], "early_exit_probability": 0, "data_size": [5]}}},
            "fuse": {"only": {"f": {"next": [], "early_exit_probability": 0, "data_size": [1]}}},
        },
        "EdgeResources": {
            "near": {
                "pi": {"number": 2, "cost": 1.0, "memory": 1000, "n_cores": 4, "description": "a small one"},
                "jetson": {"number": 1, "cost": 3.0, "memory": 4000, "n_cores": 8},
            }
        },
        "CloudResources": {"far": {"vm": {"number": 4, "cost": 2.0, "memory": 8000, "n_cores": 2}}},
        "FaaSResources": {
            "functions": {
                "transition_cost": 0.1,
                "lambda": {"cost": 0.5, "memory": 600, "idle_time_before_kill": 600},
            }
        },
        "CompatibilityMatrix": {
            "camera": {
                "w": [{"resource": "pi", "memory": 600}, {"resource": "vm", "memory": 600}],
                "a": [{"resource": "pi", "memory": 300}, {"resource": "jetson", "memory": 300}],
                "b": [{"resource": each, "memory": 500} for each in ("pi", "jetson", "vm", "lambda")],
            },
            "sensor": {"s": [{"resource": each, "memory": 500} for each in ("pi", "jetson", "vm")]},
            "fuse": {"f": [{"resource": each, "memory": 600} for each in ("pi", "vm", "lambda")]},
        },
        "Performance": {
            "camera": {
                "w": {"pi": _queue(0.4), "vm": _queue(0.2)},
                "a": {"pi": _queue(0.1), "jetson": _queue(0.05)},
                "b": {"pi": _queue(0.3), "jetson": _queue(0.1), "vm": _queue(0.15), "lambda": _function(0.5, 2.0)},
            },
            "sensor": {
                "s": {
                    "pi": _queue(0.02),
                    "vm": _queue(0.01),
                    "jetson": {"model": "CoreBasedPredictor", "regressor_file": "s.onnx", "meanTime": 0.7},
                }
            },
            "fuse": {"f": {"pi": _queue(0.1), "vm": _queue(0.05), "lambda": _function(0.25, 1.0)}},
        },
        "Lambda": 2.0,
        "LocalConstraints": {"camera": {"local_res_time": 5.0}},
        "GlobalConstraints": {"p": {"components": ["camera", "fuse"], "global_res_time": 8.0}},
        "NetworkTechnology": {
            "lan": {"computationalLayers": ["near"], "AccessDelay": 0.001, "Bandwidth": 1000},
            "slow": {"computationalLayers": ["near", "far", "functions"], "AccessDelay": 0.01, "Bandwidth": 100},
            "late": {"computationalLayers": ["near", "far", "functions"], "AccessDelay": 2.0, "Bandwidth": 10_000},
        },
        "DirectedAcyclicGraph": {
            "camera": {"next": ["fuse"], "transition_probability": [0.5]},
            "sensor": {"next": ["fuse"], "transition_probability": [1.0]},
        },
        "Time": 3.0,
    }


def small(**changes: Any) -> System:
    """Read the small system, with sections of its file replaced."""
    return system_json.parse(json.dumps(described() | changes), source="small.json")


def cut(**changes: Any) -> Placement:
    """Place the small system: the camera's first half on two small nodes, its second on a function, the rest in VMs."""
    fields: dict[str, Any] = {
        "deployments": {"camera": "cut", "sensor": "only", "fuse": "only"},
        "resources": {
            ("camera", "a"): "pi",
            ("camera", "b"): "lambda",
            ("sensor", "s"): "vm",
            ("fuse", "f"): "vm",
        },
        "nodes": {"pi": 2, "vm": 1},
    }
    return Placement(**(fields | changes))


def published() -> list[Path]:
    """Give the folders of the published systems; none where the cases are not there."""
    return sorted(path.parent for path in CASES.glob("*/*/*/best_sol_1.8.json"))


def system_of(folder: Path, *, load: float = LOAD) -> System:
    """Read a published system."""
    return system_json.read(folder / "system_description.json", load=load)


def solution_of(folder: Path, system: System) -> Placement:
    """Read the placement that was published with a system."""
    return solution_json.read(folder / "best_sol_1.8.json", system)


def _queue(demand: float) -> dict[str, Any]:
    return {"model": "QTcloud", "demand": demand}


def _function(warm: float, cold: float) -> dict[str, Any]:
    return {"model": "PACSLTK", "demandWarm": warm, "demandCold": cold}
