"""What an application may run on, in the solvers' types: resources and the networks that join their layers.

Units: a node's cost is money an hour and that of a function money a second that an instance is busy, as AWS has it
(0.0001561 in AI-SPRINT's examples is Lambda's price in Milan, 0.0000195172 a GB and second, times 8 GB). SPACE4AI-D's
parser takes both for the same unit, so that functions come out 3600 times too cheap; here they do not.
"""

from functions.continuum.application import Application
from functions.continuum.resources import CloudFunction, Node, NodeLayer
from functions.placement.system import Domain, Kind, Resource

SECONDS_AN_HOUR = 3600


def resources(application: Application) -> dict[str, Resource]:
    """Give the resources of all layers that may be used, by name."""
    found = [
        _function(each, layer) if isinstance(each, CloudFunction) else _node(each, layer, kind)
        for layer, kind in _kinds(application).items()
        for each in application.resources.layers[layer].resources.values()
    ]
    return {each.name: each for each in found}


def domains(application: Application) -> tuple[Domain, ...]:
    """Give the networks, each with its layers and those of the networks inside it."""
    used = frozenset(_kinds(application))
    return tuple(
        Domain(name, used.intersection(application.resources.layers_of(name)), domain.access_delay, domain.bandwidth)
        for name, domain in application.resources.network_domains.items()
    )


def _kinds(application: Application) -> dict[str, Kind]:
    """Give the layers that may be used: those of ``SPACE4AI-D.yaml``, else all, devices being the edge."""
    settings = application.settings
    chosen: dict[str, Kind] = {}
    if settings:
        chosen |= dict.fromkeys(settings.edge, "edge")
        chosen |= dict.fromkeys(settings.cloud, "cloud")
        chosen |= dict.fromkeys(settings.faas, "faas")
    return chosen or {
        name: "faas" if not isinstance(layer, NodeLayer) else "edge" if layer.physical else "cloud"
        for name, layer in application.resources.layers.items()
    }


def _node(node: Node, layer: str, kind: Kind) -> Resource:
    return Resource(
        node.name,
        layer,
        kind,
        node.cost,
        node.memory_size,
        nodes=node.total_nodes,
        cores=node.cores,
        description=node.description,
    )


def _function(function: CloudFunction, layer: str) -> Resource:
    return Resource(
        function.name,
        layer,
        "faas",
        function.cost * SECONDS_AN_HOUR,
        function.memory_size,
        idle_time=function.idle_time,
        description=function.description,
    )
