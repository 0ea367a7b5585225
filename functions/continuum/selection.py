"""From what may be used to what is used: the production deployment of a choice of resources."""

from collections.abc import Mapping
from typing import Any

from functions.continuum.deployments import CandidateComponent, CandidateDeployments, part_of
from functions.continuum.production import ChosenComponent, ProductionDeployment
from functions.continuum.resources import (
    CandidateResources,
    CloudFunction,
    Layer,
    NetworkDomain,
    Resource,
)

_LAYERS = "computational_layers"


def produce(
    resources: CandidateResources,
    deployments: CandidateDeployments,
    *,
    chosen: Mapping[str, str],
    nodes: Mapping[str, int],
    deployment_name: str = "",
    feasible: bool | None = None,
) -> ProductionDeployment:
    """Give the deployment in which each component, or part of one, runs on the resource chosen for it.

    As upstream's, it has only the resources that are used, ``totalNodes`` being how many are on, numbered anew from
    ``resource1`` in each layer, only their layers, and only the networks that join those.

    Args:
        resources: What may be used.
        deployments: The containers.
        chosen: Component's or part's name, such as ``filter_partition1_2``, -> its resource.
        nodes: Resource of nodes -> how many are on; those that are not listed keep what they can have.
        deployment_name: Such as ``base``.
        feasible: Whether all constraints are kept, where that is known.

    Raises:
        KeyError: A component, or a resource for it, is none of those that may be used.
    """
    components = {}
    for name, resource in chosen.items():
        key, component = _component(name, resource, resources, deployments)
        components[key] = component
    return ProductionDeployment(
        deployment_name=deployment_name,
        name=resources.name,
        network_domains=_networks(resources, frozenset(chosen.values()), nodes),
        components=components,
        feasible=feasible,
    )


def _component(
    name: str, resource: str, resources: CandidateResources, deployments: CandidateDeployments
) -> tuple[str, ChosenComponent]:
    candidate = deployments.find(name)
    if candidate is None:
        raise KeyError(name)
    key = next(key for key, each in deployments.components.items() if each is candidate)
    container = candidate.candidates[resource].plain()
    del container["candidateExecutionResources"]
    if isinstance(image := container.get("image"), str):
        container["image"] = _named(image, candidate, name)
    elif image:
        container["image"] = [_named(each, candidate, name) for each in image]
    component = {
        "name": name,
        "executionLayer": resources.layers[resources.layer_of[resource]].number,
        "Containers": {"container1": {**container, "selectedExecutionResource": resource}},
    }
    return _named(key, candidate, name), ChosenComponent.model_validate(component)


def _named(text: str, candidate: CandidateComponent, name: str) -> str:
    """Give a key or an image with the cut that was chosen, where the candidate's has an X."""
    entry, part = part_of(candidate.name), part_of(name)
    if not entry or not part or entry.cut != "X":
        return text
    return text.replace(f"partitionX_{part.half}", f"partition{part.cut}_{part.half}")


def _networks(
    resources: CandidateResources, used: frozenset[str], nodes: Mapping[str, int]
) -> dict[str, NetworkDomain]:
    layers = {resources.layer_of[name] for name in used}
    kept = [key for key in resources.network_domains if layers.intersection(resources.layers_of(key))]
    networks = {}
    for key in kept:
        domain = resources.network_domains[key]
        inner = {name: each for name, each in domain.computational_layers.items() if name in layers}
        fields: dict[str, Any] = {name: getattr(domain, name) for name in domain.model_fields_set - {_LAYERS}}
        if domain.sub_network_domains:
            fields["sub_network_domains"] = tuple(name for name in domain.sub_network_domains if name in kept)
        if inner:
            fields[_LAYERS] = {name: _layer(each, used, nodes) for name, each in inner.items()}
        networks[key] = NetworkDomain(**fields)
    return networks


def _layer(layer: Layer, used: frozenset[str], nodes: Mapping[str, int]) -> Layer:
    kept = [_resource(each, nodes) for each in layer.resources.values() if each.name in used]
    return layer.model_copy(update={"resources": {f"resource{index + 1}": each for index, each in enumerate(kept)}})


def _resource(resource: Resource, nodes: Mapping[str, int]) -> Resource:
    if isinstance(resource, CloudFunction) or resource.name not in nodes:
        return resource
    return resource.model_copy(update={"total_nodes": nodes[resource.name]})
