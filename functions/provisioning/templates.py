"""A site's TOSCA: one template for a cluster that is made, one for each function elsewhere."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from functions.continuum.physical_nodes import PhysicalNodes
from functions.continuum.qos import DeploymentConstraints, write_qos
from functions.provisioning.machines import workforce
from functions.provisioning.options import Options
from functions.provisioning.services import Service
from functions.provisioning.sites import Site
from functions.provisioning.tasks import Task, slug
from functions.provisioning.tosca import drift, inputs, template
from functions.provisioning.tosca.expressions import Node

Constraints: TypeAlias = Mapping[int | None, DeploymentConstraints]
"""What the monitoring watches, of a layer by its number or of all layers under ``None``."""


class Templates:
    """Writes the templates of one application.

    Args:
        tasks: By component.
        services: By component.
        application: Its name as platforms take it.
        nodes: How to reach what is there already.
        constraints: What the monitoring watches.
        options: What is the same for all clusters.
        detector: The site that looks for drift, if one does.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        services: Mapping[str, Service],
        *,
        application: str,
        nodes: PhysicalNodes | None,
        constraints: Constraints,
        options: Options,
        detector: Site | None,
    ) -> None:
        self._tasks, self._services = tasks, services
        self._application, self._nodes = application, nodes
        self._constraints, self._options, self._detector = constraints, options, detector

    def of(self, site: Site) -> dict[str, dict[str, Any]]:
        """Templates of a site by the component, or the first of the components, that each is for."""
        types = self._options.types
        if site.kind == "created":
            return {site.components[0]: self._cluster(site)}
        return {name: template.of_function(site, self._services[name], types=types) for name in site.components}

    def _cluster(self, site: Site) -> dict[str, Any]:
        if site.passwords is None:
            raise ValueError(f"{site.name} is to be made and has no passwords")
        every = inputs.of_new_cluster(
            site.name,
            site.passwords,
            self._options,
            above=site.above,
            application=self._application,
            constraints=self._watched(site),
        )
        return template.of_cluster(
            [self._services[name] for name in site.components],
            workforce(self._tasks[site.components[0]], self._nodes, self._options),
            every,
            types=self._options.types,
            detector=self._drift(site) if site is self._detector else None,
        )

    def _of_layer(self, site: Site) -> DeploymentConstraints | None:
        return self._constraints.get(site.layer) or self._constraints.get(None)

    def _watched(self, site: Site) -> str:
        found = self._of_layer(site)
        return write_qos(found.model_copy(update={"name": slug(found.name)})) if found else ""

    def _drift(self, site: Site) -> Node:
        found = self._of_layer(site)
        application = slug(found.name) if found else self._application
        passwords = site.passwords
        variables = drift.variables(
            influx_token=passwords.influx_token if passwords else "",
            application=application,
            bucket=self._tasks[site.components[0]].bucket,
            minio_password=passwords.minio if passwords else "",
        )
        return drift.node(self._options.drift_detector, variables)
