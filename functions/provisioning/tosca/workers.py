"""The nodes of a cluster that functions run on: machines of one type, each a worker of Kubernetes."""

from dataclasses import dataclass

from functions.provisioning.quantities import whole, written
from functions.provisioning.tosca.expressions import Node, attribute, given
from functions.provisioning.tosca.front_end import KUBE_ROLE, KUBERNETES


@dataclass(frozen=True)
class Machine:
    """One type of machine.

    Attributes:
        memory: MB.
        disk: As TOSCA writes sizes, ``25 GB``; empty for the platform's own choice.
        image: Address of a disk image, ``aws://us-east-1/ami-...``; empty, and distribution and version say enough.
        gpu: Vendor and model; both empty when there is no accelerator, or none that is named.
    """

    cpus: float
    memory: float
    disk: str = ""
    disk_type: str = ""
    distribution: str = ""
    version: str | float = ""
    image: str = ""
    instance: str = ""
    spot: bool = False
    sgx: bool = False
    gpus: int = 0
    gpu: tuple[str, str] = ("", "")


def system(machine: Machine) -> Node:
    """A machine's operating system; what is not known is left to the platform."""
    known = {"distribution": machine.distribution, "version": machine.version, "image": machine.image}
    return {"type": "linux", **{name: value for name, value in known.items() if value != ""}}


def compute(machine: Machine, *, count: int, elastic: bool = False) -> Node:
    """That many machines of the type."""
    capabilities: Node = {
        "scalable": {"properties": {"count": count}},
        "host": {"properties": _host(machine)},
        "os": {"properties": system(machine)},
    }
    if elastic:
        capabilities["endpoint"] = {"properties": {"dns_name": "vnode-#N#.localdomain"}}
    return {"type": "tosca.nodes.indigo.Compute", "capabilities": capabilities}


def worker(machine: str, *, elastic: bool = False) -> Node:
    """What makes the machines of that name workers of the cluster; elastic ones come and go, down to none."""
    node: Node = {
        "type": "tosca.nodes.indigo.LRMS.WorkerNode.Kubernetes",
        "artifacts": KUBE_ROLE,
        "properties": {"front_end_ip": attribute("front", "private_address", 0), "version": KUBERNETES},
        "requirements": [{"host": machine}],
    }
    if elastic:
        bounds = {"max_instances": given("max_wn_num"), "min_instances": 0}
        node["capabilities"] = {"wn": {"properties": bounds}}
    return node


def _host(machine: Machine) -> Node:
    vendor, model = machine.gpu
    optional = {
        "disk_size": machine.disk,
        "disk_type": machine.disk_type,
        "instance_type": machine.instance,
        "gpu_vendor": vendor,
        "gpu_model": model,
    }
    return {
        "num_cpus": whole(machine.cpus),
        "mem_size": f"{written(machine.memory)} MB",
        "sgx": machine.sgx,
        # The type has it spelt like this.
        "preemtible_instance": machine.spot,
        "num_gpus": machine.gpus,
        **{name: value for name, value in optional.items() if value},
    }
