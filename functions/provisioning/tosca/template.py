"""One template: a cluster with the functions that run on it, or one function for a cluster that is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.provisioning.options import PUBLIC_TYPES
from functions.provisioning.services import Service
from functions.provisioning.sites import Site
from functions.provisioning.tosca import elastic, front_end, functions, inputs, networks, workers
from functions.provisioning.tosca.expressions import Node, given
from functions.provisioning.tosca.workers import Machine

VERSION = "tosca_simple_yaml_1_0"


@dataclass(frozen=True)
class Login:
    """A machine that is there: its addresses, and what opens it over SSH; ``public`` is empty for a worker."""

    private: str
    user: str
    key: str = field(repr=False)
    public: str = ""


@dataclass(frozen=True)
class Workforce:
    """The machines of a new cluster.

    Attributes:
        key: Of their type in the resources' file; nodes are named after it.
        count: How many there are, the front end not counted.
        elastic: Whether they come and go.
        im_auth: Credentials for that.
        front: The front end, where machines are there already.
        machines: The workers then.
    """

    key: str
    type: Machine
    count: int
    elastic: bool = False
    im_auth: str = field(default="", repr=False)
    front: Login | None = None
    machines: tuple[Login, ...] = ()


def of_function(site: Site, service: Service, *, types: str = PUBLIC_TYPES) -> Node:
    """The template of one function on a cluster that is there, or on AWS Lambda."""
    on_lambda = site.kind == "lambda"
    name = f"{'lambda_function' if on_lambda else 'oscar_service'}_{service.component}"
    topology: Node = {"inputs": inputs.cluster_name(site.name)}
    if site.above:
        topology["inputs"] |= inputs.influx(site.above, complete=not on_lambda)
    topology["node_templates"] = {name: functions.node(service, hosted=False)}
    if not on_lambda:
        topology["outputs"] = functions.outputs(name)
    return _whole(service.component, topology, types)


def of_cluster(
    services: Sequence[Service],
    workforce: Workforce,
    given_inputs: Mapping[str, Any],
    *,
    types: str = PUBLIC_TYPES,
    detector: Node | None = None,
) -> Node:
    """The template of a cluster that is made, with its functions.

    Args:
        services: What runs on it, one at least.
        workforce: Its machines.
        given_inputs: Those of ``inputs.of_new_cluster``.
        types: Where the types of nodes are imported from.
        detector: The node that looks for drift, if this cluster does.
    """
    nodes = front_end.nodes()
    outputs = front_end.outputs()
    nodes |= _elastic(workforce) if workforce.elastic else {}
    nodes |= _machines(workforce)
    nodes |= {"drift_detector": detector} if detector else {}
    for service in services:
        name = f"oscar_service_{service.component}"
        nodes[name] = functions.node(service, hosted=True)
        outputs |= functions.outputs(name, suffix=f"_{service.component}" if len(services) > 1 else "")
    front = nodes["front"]["capabilities"]["os"]["properties"]
    front |= _front_system(workforce)
    every = dict(given_inputs)
    if workforce.type.image:
        every["fe_os_image"] = inputs.text(workforce.type.image)
    topology: Node = {"inputs": every, "node_templates": nodes, "outputs": outputs}
    template = _whole(services[0].component, topology, types)
    return {**template, "description": f"An OSCAR cluster for {', '.join(each.component for each in services)}"}


def _whole(component: str, topology: Node, types: str) -> Node:
    return {
        "tosca_definitions_version": VERSION,
        "imports": [{"ec3_custom_types": types}],
        "metadata": {"infra_name": f"OSCAR {component}"},
        "topology_template": topology,
    }


def _front_system(workforce: Workforce) -> Node:
    """The front end has the workers' image; without one, the system that they have."""
    system: Node = {"image": given("fe_os_image")} if workforce.type.image else workers.system(workforce.type)
    if workforce.front:
        system["credential"] = networks.credential(workforce.front.user, workforce.front.key)
    return system


def _elastic(workforce: Workforce) -> Node:
    return {"elastic_cluster_front_end": elastic.node(f"wn_node_{workforce.key}", workforce.im_auth)}


def _machines(workforce: Workforce) -> Node:
    """The workers: one node for all, or one for each where each has an address of its own."""
    if workforce.front is None:
        return _workers(workforce, workforce.key, count=workforce.count)
    nodes = networks.networks()
    nodes |= networks.port("front", networks.PRIVATE, workforce.front.private)
    if workforce.front.public:
        nodes |= networks.port("front", networks.PUBLIC, workforce.front.public, order=1)
    for number, machine in enumerate(workforce.machines, start=1):
        key = f"{workforce.key}_{number}"
        nodes |= _workers(workforce, key, count=1)
        nodes |= networks.port(f"wn_{key}", networks.PRIVATE, machine.private)
        system = nodes[f"wn_{key}"]["capabilities"]["os"]["properties"]
        system["credential"] = networks.credential(machine.user, machine.key)
    return nodes


def _workers(workforce: Workforce, key: str, *, count: int) -> Node:
    return {
        f"wn_{key}": workers.compute(workforce.type, count=count, elastic=workforce.elastic),
        f"wn_node_{key}": workers.worker(f"wn_{key}", elastic=workforce.elastic),
    }
