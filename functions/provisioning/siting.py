"""Which clusters an application needs: one for each resource that something runs on, made or there already."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import SecretStr

from functions.continuum.physical_nodes import PhysicalNodes, PhysicalResource
from functions.continuum.resources import FunctionLayer
from functions.provisioning.names import Names
from functions.provisioning.options import Influx, Options
from functions.provisioning.sites import Kind, Passwords, Site
from functions.provisioning.stores import Bucket, Minio
from functions.provisioning.tasks import Task
from functions.runtime.errors import Rejected

_ABOUT = "physical_nodes.yaml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def sites(
    tasks: Mapping[str, Task], nodes: PhysicalNodes | None, *, application: str, options: Options, names: Names
) -> tuple[Site, ...]:
    """Give each site once, in the order in which the tasks need them.

    Components on the same resource share one cluster: its nodes were counted for all of them together.

    Raises:
        Rejected: A resource that is there already is not described in ``physical_nodes.yaml``.
    """
    shared: dict[str, list[Task]] = {}
    for task in tasks.values():
        shared.setdefault(task.place, []).append(task)
    found = [_site(group, nodes, options=options, names=names) for group in shared.values()]
    return tuple(replace(site, above=_above(site, found, application, options)) for site in found)


def described(task: Task, nodes: PhysicalNodes | None) -> PhysicalResource:
    """What ``physical_nodes.yaml`` says of a task's resource.

    Raises:
        Rejected: Nothing.
    """
    found = nodes.find(task.layer.number, task.resource.name) if nodes else None
    if found is None:
        sentence = f"{_ABOUT} does not say how {task.resource.name} of layer {task.layer.number} is reached"
        raise Rejected(sentence, hint=f"{task.layer.type} needs an entry of that layer and resource")
    return found


def _site(group: Sequence[Task], nodes: PhysicalNodes | None, *, options: Options, names: Names) -> Site:
    task = group[0]
    components = tuple(each.component for each in group)
    if isinstance(task.layer, FunctionLayer):
        return _on_lambda(task, components, described(task, nodes), names)
    if task.layer.type == "PhysicalAlreadyProvisioned":
        return _existing(task, components, described(task, nodes), names)
    return _created(task, components, options, names)


def _created(task: Task, components: tuple[str, ...], options: Options, names: Names) -> Site:
    name = names.cluster(task.known_as)
    host = f"{name}.{options.domain}"
    passwords = Passwords(
        admin_token=names.secret(task.known_as, "admin_token"),
        oscar=names.secret(task.known_as, "oscar_password"),
        minio=names.secret(task.known_as, "minio_password"),
        influx_token=names.secret(task.known_as, "local_influx_token"),
        influx=names.secret(task.known_as, "local_influx_pass"),
    )
    return Site(
        place=task.place,
        name=name,
        layer=task.layer.number,
        kind="created",
        components=components,
        store=Minio(f"https://minio.{host}", "minio", passwords.minio),
        influx=Influx(f"https://influx.{host}", passwords.influx_token),
        passwords=passwords,
    )


def _existing(task: Task, components: tuple[str, ...], known: PhysicalResource, names: Names) -> Site:
    minio = known.minio
    if minio is None:
        raise _lacks(task, "minio")
    influx = Influx(known.influx.endpoint, _open(known.influx.token)) if known.influx else None
    # Upstream reads the cluster's own name and writes a drawn one.
    name = known.oscar.name if known.oscar else names.cluster(task.known_as)
    if not _NAME.fullmatch(name):  # it is part of a file's name
        raise Rejected(f"{_ABOUT}: {name!r} cannot be a cluster's name", hint="use letters, digits, -, _ and .")
    store = Minio(minio.endpoint, _open(minio.access_key), _open(minio.secret_key))
    return Site(task.place, name, task.layer.number, "existing", components, store, influx)


def _on_lambda(task: Task, components: tuple[str, ...], known: PhysicalResource, names: Names) -> Site:
    aws = known.aws
    if aws is None:
        raise _lacks(task, "aws")
    store = Bucket(aws.bucket, aws.region, _open(aws.access_key), _open(aws.secret_key))
    kind: Kind = "lambda"
    return Site(task.place, names.cluster(task.known_as), task.layer.number, kind, components, store)


def _above(site: Site, all_sites: Sequence[Site], application: str, options: Options) -> Influx | None:
    """Measurements go to the highest layer that keeps some, and from there to the top, if there is one."""
    higher = [each for each in all_sites if each.layer > site.layer and each.influx]
    if higher:
        top = max(higher, key=lambda each: each.layer).influx
        return top and replace(top, organisation="ai-sprint", bucket=f"{application}-bucket")
    return None if site.kind == "existing" else options.influx


def _open(value: SecretStr | str) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _lacks(task: Task, field: str) -> Rejected:
    resource = f"{task.resource.name} of layer {task.layer.number}"
    return Rejected(f"{_ABOUT}: {resource} has no {field}", hint=f"{task.layer.type} needs it")
