"""FDL: a file for each cluster, in OSCAR's form, and for AWS Lambda in SCAR's."""

from collections.abc import Iterable
from typing import Any

from functions.provisioning.quantities import written
from functions.provisioning.services import Folder, Service
from functions.provisioning.sites import Site
from functions.provisioning.stores import Bucket


def pipeline(site: Site, services: Iterable[Service]) -> dict[str, Any]:
    """The FDL of one site's services."""
    if isinstance(site.store, Bucket):
        return {"functions": {"aws": [{"lambda": _function(service, site.store.region)} for service in services]}}
    return {"functions": {"oscar": [{site.name: _service(service)} for service in services]}}


def definition(service: Service) -> dict[str, Any]:
    """One service as OSCAR's REST interface takes it: as in FDL, with the script itself."""
    return {**_service(service), "script": script(service)}


def script_of(service: Service) -> str:
    """Where the service's script lies, relative to its FDL file."""
    return f"scripts/{service.name}.sh"


def script(service: Service) -> str:
    """The script: FDL names a file of whoever applies it, so it cannot name the image's own program."""
    return f"#!/bin/sh\nexec {service.program}\n"


def _service(service: Service) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": service.name,
        "image": service.image,
        "script": script_of(service),
        "memory": f"{written(service.memory)}Mi",
        "cpu": written(service.cpu),
        **_shared(service),
    }
    if service.gpu:
        given["enable_gpu"] = True
    if service.sgx:
        given["enable_sgx"] = True
    if service.exposed:
        given["expose"] = dict(service.exposed)
    return given


def _function(service: Service, region: str) -> dict[str, Any]:
    container: dict[str, Any] = {"image": service.image}
    if ".amazonaws.com/" in service.image:
        container["create_image"] = False  # it is one that Lambda takes as it is
    return {
        "name": service.name,
        "region": region,
        "memory": int(service.memory),
        "container": container,
        "init_script": script_of(service),
        **_shared(service),
    }


def _shared(service: Service) -> dict[str, Any]:
    given: dict[str, Any] = {
        "environment": {"Variables": dict(service.variables)},
        "input": [_folder(each) for each in service.inputs],
        "output": [_folder(each) for each in service.outputs],
    }
    if service.stores:
        given["storage_providers"] = service.storage_providers
    return given


def _folder(folder: Folder) -> dict[str, Any]:
    filtered = {"suffix": [folder.suffix]} if folder.suffix else {}
    return {"storage_provider": folder.provider, "path": folder.path, **filtered}
