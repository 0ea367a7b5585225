"""Answers in the files that SPACE4AI-D writes and SPACE4AI-R reads (continuum.md 2.11).

``Output.json`` has the placement with its times, ``Output_max_Lambda_<deployment>.json`` the same at the greatest load
that the placement bears, ``<load>_infeasible.json`` what breaks the rules. Numbers are numbers, where SPACE4AI-D writes
``total_cost`` as text; ``"inf"`` stands for no limit, and for a time that never ends.
"""

import json
from dataclasses import replace
from math import isfinite
from typing import Any, TypeAlias

from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate
from functions.placement.system import Part, Placement, Resource, System
from functions.placement.verdict import Evaluation, Violation

Fields: TypeAlias = dict[str, Any]

NAME = "Output.json"


def maximum_name(deployment: str) -> str:
    """Give the name of the file of the greatest load of a deployment."""
    return f"Output_max_Lambda_{deployment}.json"


def infeasible_name(load: float) -> str:
    """Give the name of the file that says why there is no placement."""
    return f"{load:.12g}_infeasible.json"


def text(system: System, answer: Answer) -> str:
    """Give ``Output.json`` for an answer with a placement."""
    assert answer.placement is not None
    return _text(content(system, answer.placement))


def at_load(system: System, placement: Placement, load: float) -> str:
    """Give ``Output_max_Lambda_<deployment>.json``: the placement at another load."""
    return _text(content(replace(system, load=load), placement))


def infeasible(system: System, answer: Answer) -> str:
    """Give ``<load>_infeasible.json``: why there is no placement, and what of the nearest one breaks the rules."""
    fields: Fields = {"Lambda": system.load, "feasible": False}
    relaxed = answer.relaxation
    if relaxed is None:
        return _text(fields | {"reason": "no placement was found in time"})
    fields |= {"reason": relaxed.reason, "relaxation": [_change(each) for each in relaxed.changes]}
    return _text(fields | (_broken(system, relaxed.placement) if relaxed.placement else {}))


def content(system: System, placement: Placement) -> Fields:
    """Give the fields of ``Output.json``."""
    verdict = evaluate(system, placement)
    return {
        "Lambda": system.load,
        "components": {name: _component(system, placement, verdict, name) for name in placement.deployments},
        "global_constraints": _paths(system, verdict),
        "total_cost": verdict.cost,
        "feasible": verdict.feasible,
    }


def _component(system: System, placement: Placement, verdict: Evaluation, name: str) -> Fields:
    deployment = placement.deployments[name]
    parts = {
        part: _partition(system, placement, verdict, (name, part))
        for part in system.components[name].deployments[deployment]
    }
    return {
        deployment: parts,
        "response_time": _seconds(verdict.component_times[name]),
        "response_time_threshold": system.local.get(name, "inf"),
    }


def _partition(system: System, placement: Placement, verdict: Evaluation, part: Part) -> Fields:
    resource = system.resources[placement.resources[part]]
    about = _resource(resource, placement.nodes.get(resource.name, 1))
    return {resource.layer: {resource.name: about}, "response_time": _seconds(verdict.part_times[part])}


def _resource(resource: Resource, nodes: int) -> Fields:
    about: Fields = {"description": resource.description or "No description"}
    if resource.kind == "faas":
        idle = {"idle_time_before_kill": resource.idle_time, "transition_cost": 0.0}
        return about | {"cost": resource.cost, "memory": resource.memory} | idle
    return about | {"cost": resource.cost * nodes, "memory": resource.memory, "number": nodes}


def _paths(system: System, verdict: Evaluation) -> Fields:
    return {
        path.name: {
            "components": list(path.components),
            "global_res_time": path.limit,
            "path_response_time": _seconds(verdict.path_times[path.name]),
        }
        for path in system.paths
    }


def _broken(system: System, placement: Placement) -> Fields:
    """Give the components and paths that take too long, and how full the resources are."""
    verdict = evaluate(system, placement)
    slow = [each.subject for each in verdict.violations if each.rule == "local"]
    fields: Fields = {"components": {name: _component(system, placement, verdict, name) for name in slow}}
    if any(each.rule == "path" for each in verdict.violations):
        fields["global_constraints"] = _paths(system, verdict)
    fields["Resources"] = {
        name: {
            "description": system.resources[name].description or "No description",
            "number": placement.nodes.get(name, 0),
            "utilization": _seconds(share),
        }
        for name, share in verdict.utilisation.items()
    }
    return fields


def _change(violation: Violation) -> Fields:
    return {
        "rule": violation.rule,
        "subject": violation.subject,
        "needed": _seconds(violation.value),
        "limit": violation.limit,
        "sentence": str(violation),
    }


def _seconds(value: float) -> float | str:
    return value if isfinite(value) else "inf"


def _text(fields: Fields) -> str:
    return json.dumps(fields, indent=2, allow_nan=False) + "\n"
