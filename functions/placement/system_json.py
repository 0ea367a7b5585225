"""SPACE4AI-D's internal system file: read in all three dialects, written in today's (continuum.md 2.10)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from functions.continuum.reading import MalformedError
from functions.datasets.files import opened
from functions.documents.document import HostileError, parse_json
from functions.documents.wording import problems
from functions.placement import dialects
from functions.placement.behaviours import Predictor
from functions.placement.building import Builder
from functions.placement.description import SystemText
from functions.placement.dialects import Sizes
from functions.placement.system import ColdStarts, Component, Measured, Queue, Resource, System
from functions.runtime.errors import Rejected

LARGEST = 16 * 1024 * 1024
_SECTIONS = {"edge": "EdgeResources", "cloud": "CloudResources", "faas": "FaaSResources"}


def read(
    path: Path, *, load: float | None = None, sizes: Sizes | None = None, predictor: Predictor | None = None
) -> System:
    """Read a system from a file.

    Args:
        load: Requests a second that arrive, instead of the file's ``Lambda``.
        sizes: What ``data_size`` counts; told from the dialect unless given (see ``dialects.sizes``).
        predictor: Gives the seconds of candidates whose time a learnt model predicts.

    Raises:
        Rejected: It is no such file; the message names every place that is wrong, up to five.
    """
    try:
        with opened(path, LARGEST) as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected(f"{path.name}: it is not UTF-8 text", hint="save it as UTF-8") from None
    return parse(text, source=path.name, load=load, sizes=sizes, predictor=predictor)


def parse(
    text: str,
    *,
    source: str,
    load: float | None = None,
    sizes: Sizes | None = None,
    predictor: Predictor | None = None,
) -> System:
    """Read a system from the text of a file that is called ``source``; the rest as for ``read``."""
    try:
        document = parse_json(text, largest=LARGEST)
    except HostileError as error:
        raise Rejected(f"{source}: {error.message}", hint=error.hint) from None
    if document.problems:
        raise MalformedError(source, tuple(document.problems), lines=False)
    unit = sizes or dialects.sizes(document.content)
    document.content = dialects.modern(document.content)
    try:
        described = SystemText.model_validate(document.content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise MalformedError(source, tuple(problems(error, document, SystemText)), lines=False) from None
    builder = Builder(described, kilobytes=1.0 if unit == "KB" else 0.125, load=load, predictor=predictor)
    system = builder.build(name=source.removesuffix(".json"))
    if system is None:
        raise MalformedError(source, tuple(builder.problems), lines=False)
    return system


def write(system: System, path: Path) -> None:
    """Write a system as SPACE4AI-D reads it today; ``data_size`` in KB."""
    path.write_text(text(system), encoding="utf-8")


def text(system: System) -> str:
    """Give the text of the file."""
    return json.dumps(as_json(system), indent=2) + "\n"


def as_json(system: System) -> dict[str, Any]:
    """Give the content of the file.

    Of ``Measured`` times SPACE4AI-D reads one, ``meanTime``, which is that of a single node; ``seconds`` has all.
    """
    return {
        "Components": {name: _deployments(component) for name, component in system.components.items()},
        **_resources(system),
        "CompatibilityMatrix": {
            name: {
                part: [{"resource": each.resource, "memory": each.memory} for each in partition.candidates.values()]
                for part, partition in component.partitions.items()
            }
            for name, component in system.components.items()
        },
        "Performance": {
            name: {
                part: {
                    resource: _performance(each.behaviour, system.resources[resource])
                    for resource, each in partition.candidates.items()
                }
                for part, partition in component.partitions.items()
            }
            for name, component in system.components.items()
        },
        "Lambda": system.load,
        "LocalConstraints": {name: {"local_res_time": limit} for name, limit in system.local.items()},
        "GlobalConstraints": {
            path.name: {"components": list(path.components), "global_res_time": path.limit} for path in system.paths
        },
        "NetworkTechnology": {
            domain.name: {
                "computationalLayers": sorted(domain.layers),
                "AccessDelay": domain.access_delay,
                "Bandwidth": domain.bandwidth,
            }
            for domain in system.domains
        },
        "DirectedAcyclicGraph": {
            name: {"next": list(component.next), "transition_probability": list(component.next.values())}
            for name, component in system.components.items()
        },
        "Time": system.hours,
    }


def _deployments(component: Component) -> dict[str, Any]:
    return {
        deployment: {
            name: {
                "next": list(component.partitions[name].sizes),
                "early_exit_probability": component.partitions[name].early_exit,
                "data_size": list(component.partitions[name].sizes.values()),
            }
            for name in names
        }
        for deployment, names in component.deployments.items()
    }


def _resources(system: System) -> dict[str, Any]:
    sections: dict[str, dict[str, dict[str, Any]]] = {section: {} for section in _SECTIONS.values()}
    for resource in system.resources.values():
        layers = sections[_SECTIONS[resource.kind]]
        start: dict[str, Any] = {"transition_cost": 0} if resource.kind == "faas" else {}
        fields: dict[str, Any] = {
            "description": resource.description,
            "cost": resource.cost,
            "memory": resource.memory,
        }
        if resource.kind == "faas":
            fields["idle_time_before_kill"] = resource.idle_time
        else:
            fields |= {"number": resource.nodes, "n_cores": resource.cores}
        layers.setdefault(resource.layer, start)[resource.name] = fields
    return {section: layers for section, layers in sections.items() if layers}


def _performance(behaviour: Queue | ColdStarts | Measured, resource: Resource) -> Mapping[str, Any]:
    if isinstance(behaviour, Queue):
        return {"model": "QTedge" if resource.kind == "edge" else "QTcloud", "demand": behaviour.demand}
    if isinstance(behaviour, ColdStarts):
        return {"model": "PACSLTK", "demandWarm": behaviour.warm, "demandCold": behaviour.cold}
    if resource.kind == "faas":
        return {"model": "MLLIBfaas", "meanTime": behaviour.seconds[0], "demandWarm": behaviour.occupancy}
    known: dict[str, Any] = {"model": "CoreBasedPredictor", "meanTime": behaviour.seconds[0]}
    if behaviour.occupancy:
        known["demand"] = behaviour.occupancy
    return known | ({"seconds": list(behaviour.seconds)} if len(behaviour.seconds) > 1 else {})
