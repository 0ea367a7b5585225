"""Which clusters a campaign runs on, and which resource of the application each of them is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from functions.continuum.application import found
from functions.continuum.physical_nodes import PhysicalNodes, PhysicalResource, read_physical_nodes
from functions.profiling.campaign_cluster import CampaignCluster
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.stores import Minio
from functions.redeployment.clusters import FILE_NAME, Access, read_clusters
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def clusters_of(on: Sequence[str], *, folder: Path, file: Path | None) -> dict[str, CampaignCluster]:
    """Give the clusters by the names of the resources that they are.

    Args:
        on: ``CLUSTER``, or ``RESOURCE=CLUSTER``; a cluster is also the resource of its own name, and each for which
            physical_nodes.yaml names it.
        folder: The application's.
        file: How clusters are reached, as oscar-cli has it; else ``clusters.yaml`` of the application.

    Raises:
        Rejected: A file cannot be used, or nothing is known of a cluster.
    """
    file = file or next((each for each in _places(folder) if each.is_file()), _places(folder)[0])
    if not file.is_file():
        hint = "write it as oscar-cli does: oscar: {NAME: {endpoint: https://..., auth_password: ...}}"
        raise Rejected(f"there is no {file}, which says how clusters are reached", hint=hint)
    accesses, files = read_clusters(file), found(folder)
    physical = _resources(read_physical_nodes(files["physical_nodes"]) if "physical_nodes" in files else None)
    made: dict[str, CampaignCluster] = {}
    resources: dict[str, CampaignCluster] = {}
    for each in on:
        resource, _, name = each.rpartition("=")
        if name not in made:
            made[name] = _cluster(name, accesses, physical, file)
        named = [one.name for one in physical if one.oscar and one.oscar.name == name]
        for known in [resource] if resource else [name, *named]:
            if resources.setdefault(known, made[name]) is not made[name]:
                raise Rejected(f"--on says of {known} that it is {resources[known].name}, and {name}")
    return resources


def _places(folder: Path) -> list[Path]:
    return [folder / "common_config" / FILE_NAME, folder / FILE_NAME]


def _resources(nodes: PhysicalNodes | None) -> list[PhysicalResource]:
    layers = nodes.computational_layers.values() if nodes else ()
    return [resource for layer in layers for resource in layer.resources.values()]


def _cluster(
    name: str, accesses: Mapping[str, Access], physical: Sequence[PhysicalResource], file: Path
) -> CampaignCluster:
    access = accesses.get(name)
    if access is None:
        raise Rejected(f"{file} has no cluster {name}{nearest(name, accesses)}", hint=f"it has {', '.join(accesses)}")
    if access.endpoint is None or access.auth_password is None:
        lacking = "password" if access.endpoint else "address"
        raise Rejected(f"{file} does not say the {lacking} of {name}", hint="give endpoint and auth_password")
    calls = Calls(access.endpoint, access.auth_password, user=access.auth_user)
    given = next((each.minio for each in physical if each.minio and each.oscar and each.oscar.name == name), None)
    keys = (given.access_key.get_secret_value(), given.secret_key.get_secret_value()) if given else ("", "")
    return CampaignCluster(name, calls, store=Minio(given.endpoint, *keys) if given else None)
