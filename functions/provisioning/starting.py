"""A deployment's functions started on the clusters that are there."""

from collections.abc import Mapping

from functions.provisioning import fdl_writing
from functions.provisioning.cluster import Cluster
from functions.provisioning.provision import Provision
from functions.runtime.errors import Rejected


def start(provision: Provision, clusters: Mapping[str, Cluster]) -> tuple[str, ...]:
    """Start every function, or let it go on as now defined; the last ones first, so that each finds who reads it.

    Args:
        provision: What is to run.
        clusters: By the names of the provision's sites.

    Returns:
        The services in the order in which they were started.

    Raises:
        TryAgain: A cluster does not answer; what was started runs, and starting all again changes nothing more.
        Rejected: A cluster is missing or refuses a service, or something is for AWS Lambda. In the first and last case
            nothing was started.
    """
    sites = {component: site for site in provision.sites for component in site.components}
    for component, site in sites.items():
        if site.kind == "lambda":
            raise Rejected(
                f"{component} runs on AWS Lambda, which is no OSCAR cluster", hint="deploy its FDL with SCAR"
            )
        if site.name not in clusters:
            raise Rejected(
                f"nothing is known of {site.name}, where {component} runs", hint="give its address and password"
            )
    started = []
    for component in reversed(list(provision.services)):
        service = provision.services[component]
        clusters[sites[component].name].put(fdl_writing.definition(service))
        started.append(service.name)
    return tuple(started)
