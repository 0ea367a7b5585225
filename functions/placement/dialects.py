"""The three dialects in which systems were written, brought to the one that is written today.

Read from SPACE4AI-D's configuration files and generators (hamta/SPACE4AID @ab5ad10, ai-sprint-eu-project/space4ai-d
@8c2ceb3, ai-sprint-eu-project/space4ai-r-optimizer @70427c8). The older form has single values for ``next`` and
``data_size``, a partition's ``memory`` inside the partition and plain names in ``CompatibilityMatrix``; the oldest also
``stop_probability`` for ``early_exit_probability`` and ``DemandMatrix`` for ``Performance``.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from functions.documents.document import Plain

Sizes: TypeAlias = Literal["KB", "kbit"]
"""What ``data_size`` counts, where ``Bandwidth`` is kbit/s."""


def sizes(content: Mapping[str, Plain]) -> Sizes:
    """Tell what the file's ``data_size`` counts.

    Since May 2023 SPACE4AI-D multiplies data by 8 (hamta/SPACE4AID @2f26e7c); it has written ``computationalLayers``
    since about then. Before, and in SPACE4AI-R to this day, the time is AccessDelay + data_size / Bandwidth: so it is
    in all 80 published solutions, whose files say ``computationallayers``.
    """
    networks = content.get("NetworkTechnology")
    domains = networks.values() if isinstance(networks, dict) else ()
    old = any(isinstance(domain, dict) and "computationallayers" in domain for domain in domains)
    return "kbit" if old else "KB"


def modern(content: Mapping[str, Plain]) -> dict[str, Plain]:
    """Give the same system in today's form; what is not of any known form stays as it is."""
    new = dict(content)
    memory = _memories(content.get("Components"))
    new["Components"] = _partitions(content.get("Components"), _partition)
    new["CompatibilityMatrix"] = _matrix(content.get("CompatibilityMatrix"), memory)
    new["FaaSResources"] = _functions(content.get("FaaSResources"))
    new["NetworkTechnology"] = _mapped(content.get("NetworkTechnology"), _domain)
    if "DemandMatrix" in content and "Performance" not in content:
        new["Performance"] = _performance(new.pop("DemandMatrix"), _kinds(content))
    return {name: value for name, value in new.items() if value is not None}


def _partitions(components: Plain, change: Callable[[dict[str, Plain]], dict[str, Plain]]) -> Plain:
    return _mapped(
        components,
        lambda deployments: _mapped(
            deployments,
            lambda parts: _mapped(parts, lambda part: change(part) if isinstance(part, dict) else part),
        ),
    )


def _partition(part: dict[str, Plain]) -> dict[str, Plain]:
    new = {name: value for name, value in part.items() if name != "memory"}
    if "stop_probability" in new and "early_exit_probability" not in new:
        new["early_exit_probability"] = new.pop("stop_probability")
    if isinstance(following := new.get("next"), str):
        new["next"] = [following] if following else []
    if isinstance(size := new.get("data_size"), int | float) and not isinstance(size, bool):
        new["data_size"] = [size]
    return new


def _domain(domain: Plain) -> Plain:
    if not isinstance(domain, dict) or "computationalLayers" in domain:
        return domain
    return {"computationalLayers" if name == "computationallayers" else name: each for name, each in domain.items()}


def _memories(components: Plain) -> dict[tuple[str, str], Plain]:
    found: dict[tuple[str, str], Plain] = {}
    for component, deployments in _items(components):
        for _, parts in _items(deployments):
            for name, part in _items(parts):
                if isinstance(part, dict) and "memory" in part:
                    found[component, name] = part["memory"]
    return found


def _matrix(matrix: Plain, memory: Mapping[tuple[str, str], Plain]) -> Plain:
    if not isinstance(matrix, dict):
        return matrix
    new: dict[str, Plain] = {}
    for component, parts in matrix.items():
        if not isinstance(parts, dict):
            new[component] = parts
            continue
        new[component] = {
            name: [
                {"resource": each, "memory": memory[component, name]}
                if isinstance(each, str) and (component, name) in memory
                else each
                for each in candidates
            ]
            if isinstance(candidates, list)
            else candidates
            for name, candidates in parts.items()
        }
    return new


def _functions(layers: Plain) -> Plain:
    if not isinstance(layers, dict) or "transition_cost" not in layers:
        return layers
    cost = layers["transition_cost"]
    return {
        name: {"transition_cost": cost, **layer} if isinstance(layer, dict) else layer
        for name, layer in layers.items()
        if name != "transition_cost"
    }


def _kinds(content: Mapping[str, Plain]) -> dict[str, str]:
    """Give the model that a plain demand on each resource stands for."""
    return {
        resource: model
        for section, model in (("EdgeResources", "QTedge"), ("CloudResources", "QTcloud"))
        for _, layer in _items(content.get(section))
        for resource, _ in _items(layer)
    }


def _performance(demands: Plain, models: Mapping[str, str]) -> Plain:
    def behaviour(resource: str, demand: Plain) -> Plain:
        if isinstance(demand, list) and len(demand) == 2:
            return {"model": "PACSLTK", "demandWarm": demand[0], "demandCold": demand[1]}
        return {"model": models.get(resource, "QTcloud"), "demand": demand}

    return _mapped(
        demands,
        lambda parts: _mapped(
            parts,
            lambda on: {name: behaviour(name, demand) for name, demand in on.items()} if isinstance(on, dict) else on,
        ),
    )


def _mapped(value: Plain, change: Callable[[Plain], Plain]) -> Plain:
    return {name: change(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def _items(value: Plain) -> list[tuple[str, Plain]]:
    return list(value.items()) if isinstance(value, dict) else []
