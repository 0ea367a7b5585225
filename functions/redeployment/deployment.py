"""A deployment's folder, as ``noria optimize`` writes it: what runs on which cluster, and how it is defined."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import fdl
from functions.continuum.reading import LARGEST_YAML
from functions.datasets.files import opened
from functions.documents.document import parse
from functions.provisioning.cluster import Definition
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.tasks import slug
from functions.redeployment.clusters import FILE_NAME as CLUSTERS
from functions.redeployment.clusters import Access
from functions.redeployment.places import Places
from functions.redeployment.reading import read_placement
from functions.redeployment.sites import SETTLE, OscarSite, Site
from functions.runtime.errors import Rejected

RESULT, NAMES, PIPELINES = "result.json", "names.json", "oscar"


@dataclass(frozen=True)
class Deployment:
    """What a deployment's folder says.

    Attributes:
        resources: Part -> the resource that it runs on.
        nodes: Resource -> its nodes.
        clusters: Service's name -> its cluster's.
        definitions: Service's name -> how OSCAR takes it.
        accesses: Cluster's name -> what is known of how it is reached.
    """

    folder: Path
    resources: Mapping[str, str]
    nodes: Mapping[str, int]
    clusters: Mapping[str, str]
    definitions: Mapping[str, Definition] = field(repr=False)
    accesses: Mapping[str, Access] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "Deployment":
        """Read ``result.json``, ``names.json`` and the FDL in ``oscar/``.

        Raises:
            Rejected, FdlError: A file cannot be used.
        """
        placement = read_placement(folder / RESULT)
        clusters: dict[str, str] = {}
        definitions: dict[str, Definition] = {}
        accesses: dict[str, Access] = {}
        for path in sorted((folder / PIPELINES).glob("*.yaml")):
            pipeline = fdl.load(path)
            for name, known in pipeline.clusters.items():
                password = known.auth_password if known.auth_password.get_secret_value() else None
                accesses[name] = Access(
                    endpoint=known.endpoint or None, auth_user=known.auth_user or "oscar", auth_password=password
                )
            for cluster, definition in _services(path):
                clusters[definition["name"]] = cluster
                definitions[definition["name"]] = definition
        made = _made(folder / NAMES, definitions, clusters)
        return cls(folder, placement.parts, placement.nodes, clusters, definitions, {**made, **accesses})

    def of(self, part: str) -> str | None:
        """Name the cluster of a part."""
        return self.clusters.get(slug(part))

    @property
    def by_resource(self) -> dict[str, str]:
        """Name the cluster of each resource that something runs on."""
        found = {resource: self.of(part) for part, resource in self.resources.items()}
        return {resource: cluster for resource, cluster in found.items() if cluster}

    @property
    def arrivals(self) -> dict[tuple[str, str], str]:
        """Say of each part which folder it reads, and where that is."""
        return {
            (part, resource): _folder(self.definitions[slug(part)], self.clusters[slug(part)])
            for part, resource in self.resources.items()
            if slug(part) in self.definitions
        }


def places(new: Deployment, old: Deployment | None, given: Mapping[str, Access], *, settle: float = SETTLE) -> Places:
    """Give where services of the old and the new deployment run.

    Args:
        new: The folder of the deployment that is to be; ``old`` that of the one that runs.
        given: What a person says of clusters, by name; it is stronger than what the folders say.

    Raises:
        Rejected: A cluster's address or password is not known.
    """
    deployments = (*([old] if old else []), new)
    accesses: dict[str, Access] = {}
    for each in (*(each.accesses for each in deployments), given):
        for name, access in each.items():
            known = accesses.get(name, Access())
            accesses[name] = known.model_copy(update=access.model_dump(exclude_unset=True))
    clusters = {resource: name for each in deployments for resource, name in each.by_resource.items()}
    sites: dict[str, Site] = {name: _site(name, accesses.get(name), new.folder, settle) for name in clusters.values()}
    arrivals = {key: text for each in deployments for key, text in each.arrivals.items()}
    by_part = {part: new.definitions[slug(part)] for part in new.resources if slug(part) in new.definitions}
    by_resource = {resource: sites[name] for resource, name in clusters.items()}
    return Places(by_resource, by_part, new.resources, arrivals)


def _services(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give cluster and definition of each of OSCAR's services in an FDL file; fdl has read it before."""
    with opened(path, LARGEST_YAML) as file:
        content: Any = parse(file.read().decode("utf-8-sig"), largest=LARGEST_YAML, aliases=True).content
    for entry in content["functions"].get("oscar") or ():
        for cluster, service in entry.items():
            yield cluster, {**service, "script": _script(path, service)}


def _script(path: Path, service: Mapping[str, Any]) -> str:
    name = str(service.get("script") or "")
    file = (path.parent / name).resolve()
    if not name or not file.is_relative_to(path.parent.resolve()):
        raise Rejected(f"{path}: the script of {service['name']} does not lie beside it", hint="name a file below it")
    with opened(file, LARGEST_YAML) as opened_file:
        return opened_file.read().decode("utf-8", "replace")


def _made(path: Path, definitions: Mapping[str, Definition], clusters: Mapping[str, str]) -> dict[str, Access]:
    """Give how the clusters are reached whose names and passwords were drawn: their stores are at minio.<host>."""
    if not path.is_file():
        return {}
    try:
        known = {str(name): str(value) for name, value in json.loads(path.read_bytes()).items()}
    except (ValueError, AttributeError):
        raise Rejected(f"{path} is no mapping of names", hint="give a folder that noria optimize has written") from None
    found = {}
    for key, cluster in known.items():
        place, _, thing = key.rpartition("/")
        password = known.get(f"{place}/oscar_password")
        services = [definitions[name] for name, of in clusters.items() if of == cluster]
        store = next((_store(each) for each in services), "")
        if thing == "cluster" and password:
            host = store.removeprefix("https://minio.") if store.startswith(f"https://minio.{cluster}.") else ""
            endpoint = {"endpoint": f"https://{host}"} if host else {}
            found[cluster] = Access(auth_password=SecretStr(password), **endpoint)
    return found


def _store(definition: Definition) -> str:
    """Give the address of the store beside a service, by the variable that its monitoring reads."""
    variables = (definition.get("environment") or {}).get("Variables") or {}
    return str(variables.get("KCI") or "")


def _folder(definition: Definition, cluster: str) -> str:
    paths = [str(each.get("path")) for each in definition.get("input") or ()]
    return f"{' or '.join(paths) or definition['name']} in the store of {cluster}"


def _site(name: str, access: Access | None, folder: Path, settle: float) -> OscarSite:
    lacking = "address" if not (access and access.endpoint) else "password" if not access.auth_password else ""
    if lacking or access is None or access.endpoint is None or access.auth_password is None:
        hint = f"write it into {folder / CLUSTERS}: oscar: {{{name}: {{endpoint: https://..., auth_password: ...}}}}"
        raise Rejected(f"the {lacking} of {name} is not known", hint=hint)
    return OscarSite(name, Calls(access.endpoint, access.auth_password, user=access.auth_user), settle=settle)
