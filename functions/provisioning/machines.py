"""A resource of the application's files as the machines of a new cluster."""

from functions.continuum import hardware, physical_nodes
from functions.continuum.resources import Node, NodeLayer
from functions.provisioning.options import Options
from functions.provisioning.quantities import written
from functions.provisioning.siting import described
from functions.provisioning.tasks import Task
from functions.provisioning.tosca.template import Login, Workforce
from functions.provisioning.tosca.workers import Machine
from functions.runtime.errors import Rejected


def workforce(task: Task, nodes: physical_nodes.PhysicalNodes | None, options: Options) -> Workforce:
    """Give the machines of the cluster that a task runs on.

    Raises:
        Rejected: Machines that are there already are not described, or too few of them.
    """
    resource = _node(task)
    key = task.place.rpartition("/")[2]
    if isinstance(task.layer, NodeLayer) and task.layer.type == "PhysicalToBeProvisioned":
        front, machines = _logins(task, resource, described(task, nodes))
        return Workforce(key, machine(resource), resource.total_nodes, front=front, machines=machines)
    return Workforce(
        key,
        machine(resource),
        resource.total_nodes,
        elastic=options.elastic > 0,
        im_auth=options.im_auth,
    )


def machine(resource: Node) -> Machine:
    """Give the type of machine that a resource's nodes are."""
    system = resource.system
    image = system.image_id or ""
    on_amazon = image.startswith("aws")
    return Machine(
        cpus=resource.cores,
        memory=resource.memory_size,
        disk=f"{written(resource.storage_gb)} GB" if resource.storage_gb else "",
        disk_type="gp3" if on_amazon and resource.storage_type == "SSD" else "",
        distribution=system.distribution,
        version="" if system.version is None else system.version,
        image=image,
        instance=resource.flavor_name or "",
        spot=resource.on_spot,
        sgx=any(each.sgx_flag for each in resource.processors.values()),
        gpus=sum(each.computing_units for each in _gpus(resource)),
        gpu=next((_model(each.architecture) for each in _gpus(resource) if each.architecture), ("", "")),
    )


def _gpus(resource: Node) -> list[hardware.AcceleratorProcessor]:
    every = [each for accelerator in resource.accelerators.values() for each in accelerator.processors.values()]
    return [each for each in every if each.type == "GPU"]


def _model(architecture: str) -> tuple[str, str]:
    """Vendor and model of ``NVIDIA A100``; a word alone is a model."""
    vendor, _, model = architecture.strip().partition(" ")
    return (vendor, model.strip()) if model else ("", vendor)


def _node(task: Task) -> Node:
    if isinstance(task.resource, Node):
        return task.resource
    raise TypeError(f"{task.resource.name} is a function as a service, which no cluster is made of")


def _logins(task: Task, resource: Node, known: physical_nodes.PhysicalResource) -> tuple[Login, tuple[Login, ...]]:
    where = f"physical_nodes.yaml: {resource.name} of layer {task.layer.number}"
    hint = "PhysicalToBeProvisioned needs the machines' addresses and SSH keys"
    if known.fe_node is None:
        raise Rejected(f"{where} has no fe_node", hint=hint)
    if len(known.wns) < resource.total_nodes:
        raise Rejected(f"{where} has {len(known.wns)} wns where {resource.total_nodes} nodes are wanted", hint=hint)
    return _login(known.fe_node), tuple(_login(each) for each in known.wns[: resource.total_nodes])


def _login(given: physical_nodes.Machine) -> Login:
    return Login(given.private_ip, given.ssh_user, given.ssh_key.get_secret_value(), given.public_ip or "")
