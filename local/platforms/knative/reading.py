"""Reading: what a target says, as the manifests need it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from fdl import Pipeline, Service
from fdl.oscar import Scale
from functions.runtime.errors import Rejected
from local.credentials import Keys
from local.platforms.knative import keys
from local.platforms.knative.checking import check
from local.platforms.knative.cluster import Cluster, Server
from local.platforms.knative.pods import Function
from local.platforms.secretless import secretless
from local.platforms.target import Target

MOST = 10
"""Copies of one function at most, where its FDL does not say."""
AUTHORITIES = ("NORIA_STORE_CA", "NORIA_NATS_CA")


def cluster_of(target: Target) -> Cluster:
    """Give what the manifests say of the cluster.

    Raises:
        Rejected: Nobody said where the broker is, or an address is none.
    """
    if target.eventing and (target.plain or target.nats_url):
        raise Rejected("--broker has the events for Knative Services", hint="leave out --plain and --nats, or --broker")
    if target.nats_monitoring and not target.plain:
        raise Rejected(
            "--nats-monitoring is for KEDA, which only Deployments have", hint="add --plain, or leave it out"
        )
    if not target.nats_url and not target.eventing:
        hint = "--nats URL, as pods reach it: nats://nats.nats.svc.cluster.local:4222"
        raise Rejected("nobody said where the broker is", hint=hint)
    return Cluster(
        target.namespace,
        None if target.eventing else Server.of(target.nats_url),
        Server.of(target.store_url) if target.store_url else None,
        region=target.store_region,
        ledger=target.ledger,
        stream=target.stream,
        account=target.nats_account,
        monitoring=target.nats_monitoring,
        authorities=_authorities(target.environ),
        plain=target.plain,
        eventing=target.eventing,
    )


def functions(target: Target) -> tuple[Function, ...]:
    """Give every function as it goes to the cluster.

    Raises:
        Rejected: One cannot run there, or two pipelines would be one.
    """
    found, named = [], dict[str, str]()
    for pipeline in target.pipelines:
        name, text = _name(pipeline), secretless(Path(pipeline.source).read_text())
        if named.setdefault(name, pipeline.source) != pipeline.source:
            raise Rejected(f"{pipeline.source} and {named[name]} would both be {name}", hint="rename one file")
        for service in pipeline.services:
            check(service, pipeline.source)
            scale = service.oscar.synchronous if service.oscar else Scale()
            most = scale.max_scale or max(MOST, scale.min_scale)
            found.append(Function(service, target.image(service), name, text, most))
    _tell_apart([each.service.name for each in found])
    return tuple(found)


def _tell_apart(names: Sequence[str]) -> None:
    """Refuse a service that is named as another one's source is."""
    for name in names:
        if f"{name}-source" in names:
            raise Rejected(f"{name}-source is what the source of {name} is called", hint="rename one of the services")


def missing(target: Target, service: Service) -> tuple[str, ...]:
    """Name keys of the function's Secret of which nobody here knows the value."""
    return tuple(name for name, value in _given(target, service).items() if not value)


def values(target: Target, service: Service) -> dict[str, str]:
    """Give what goes into the function's Secret; of a file, what is in it.

    Raises:
        Rejected: A file cannot be read.
    """
    given = _given(target, service).items()
    return {name: _content(name, value) if name.endswith(keys.FILE) else value for name, value in given}


def notes(target: Target, service: Service) -> list[str]:
    """Say what is in the function's Secret and where it comes from, without a value."""
    name, unknown = keys.secret_name(service), missing(target, service)
    said = [f"The Secret {name}, with {', '.join(_given(target, service))},"]
    if not unknown:
        return [*said, "is made when this is deployed, of the keys' file, the environment and the FDL."]
    command = f"kubectl create secret generic {name} -n {target.namespace}"
    return [*said, f"has to be there: {command} --from-file=..."]


def _given(target: Target, service: Service) -> dict[str, str]:
    """Give every key of the Secret, what is a file by its path, and empty where nobody said."""
    mine = target.keys.get(service.name, Keys("", "", ""))
    user = service.name if mine.password else ""
    ours = dict(zip(keys.STORE, (mine.access_key, mine.secret_key), strict=True))
    if not target.eventing:
        ours |= dict(zip(keys.BROKER, (user, mine.password), strict=True))
    told = {**service.environment, **target.secrets(service)}
    return ours | {name: told.get(name, "") for name in keys.own(service)}


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Rejected(f"{name} names {path}, which cannot be read: {why}") from None


def _authorities(environ: Mapping[str, str]) -> str:
    """Give the certificates that whoever deploys believes; functions there are to believe them too."""
    paths = dict.fromkeys(environ[name] for name in AUTHORITIES if environ.get(name))
    return "".join(_content("a certificate's variable", path) for path in paths)


def _name(pipeline: Pipeline) -> str:
    """Name a pipeline after its file."""
    name = re.sub(r"[^a-z0-9]+", "-", Path(pipeline.source).stem.lower())[:63].strip("-")
    return name or "pipeline"
