"""A component as a node of TOSCA: the function that OSCAR or AWS Lambda runs."""

from typing import Any

from functions.provisioning.quantities import written
from functions.provisioning.services import Folder, Service
from functions.provisioning.tosca.expressions import Node, attribute


def node(service: Service, *, hosted: bool) -> Node:
    """The function's node; ``hosted`` ones run on the cluster that the same template makes."""
    properties: dict[str, Any] = {
        "name": service.name,
        "image": service.image,
        # What stands here is the script itself, of one line; FDL names a file.
        "script": service.program,
        "input": [_folder(each) for each in service.inputs],
        "output": [_folder(each) for each in service.outputs],
        "memory": f"{written(service.memory)}Mi",
        "cpu": float(service.cpu),  # tosca-parser refuses 1 where the type is a float
        "env_variables": dict(service.variables),
    }
    if service.sgx:
        properties["enable_sgx"] = True
    if service.gpu:
        properties["enable_gpu"] = True
    if service.exposed:
        properties["exposed"] = {name: _text(value) for name, value in service.exposed.items()}
    if service.stores:
        properties["storage_providers"] = service.storage_providers
    function: Node = {"type": "tosca.nodes.aisprint.FaaS.Function", "properties": properties}
    if hosted:
        function["requirements"] = [{"host": "oscar"}]
    return function


def outputs(name: str, *, suffix: str = "") -> Node:
    """What whoever submits the template is told of the function's node of that name."""
    known = {"url": "endpoint", "cred": "credential"}
    return {f"oscar_service_{what}{suffix}": {"value": attribute(name, which)} for what, which in known.items()}


def _text(value: object) -> str:
    # The type wants text for every setting.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _folder(folder: Folder) -> Node:
    # The type wants text for a suffix, and only one, where OSCAR and FDL have a list.
    filtered = {"suffix": folder.suffix} if folder.suffix else {}
    return {"storage_provider": folder.provider, "path": folder.path, **filtered}
