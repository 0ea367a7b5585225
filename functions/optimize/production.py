"""A placement of an application as files to deploy it: production deployment, FDL and TOSCA."""

from collections.abc import Mapping
from itertools import pairwise

from functions.continuum.application import Application
from functions.continuum.dag import Dag
from functions.continuum.production import ProductionDeployment
from functions.continuum.selection import produce
from functions.placement.system import Placement, System
from functions.provisioning.choices import drift_detector, of_production
from functions.provisioning.names import Names
from functions.provisioning.options import Options
from functions.provisioning.provision import Provision, provision


def production_of(application: Application, placement: Placement, *, name: str, feasible: bool) -> ProductionDeployment:
    """Give the resources in use with the nodes that are on, and what runs on them."""
    return produce(
        application.resources,
        application.deployments,
        chosen={part: resource for (_, part), resource in placement.resources.items()},
        nodes=placement.nodes,
        deployment_name=name,
        feasible=feasible,
    )


def graph_of(system: System, placement: Placement, *, name: str) -> Dag:
    """Give the graph of a placement, with the parts of its deployments as components."""
    chains = {c.name: c.deployments[placement.deployments[c.name]] for c in system.components.values()}
    inside = [(a, b, 1.0) for chain in chains.values() for a, b in pairwise(chain)]
    between = [
        (chains[c.name][-1], chains[other][0], float(share))
        for c in system.components.values()
        for other, share in c.next.items()
    ]
    parts = tuple(part for chain in chains.values() for part in chain)
    return Dag(name=name, components=parts, dependencies=tuple(inside + between))


def provision_of(
    application: Application,
    production: ProductionDeployment,
    graph: Dag,
    *,
    elastic: int = 0,
    known: Mapping[str, str] | None = None,
) -> Provision:
    """Give FDL and TOSCA; ``known`` has the names and passwords of clusters that run already.

    Raises:
        Rejected: Something that platforms need is missing.
    """
    return provision(
        of_production(production, graph.ordered, images=application.containers),
        production.chosen,
        graph,
        nodes=application.physical_nodes,
        constraints={None: application.qos} if application.qos else {},
        options=Options(elastic=elastic, drift_detector=drift_detector(application.containers)),
        names=Names(known),
    )
