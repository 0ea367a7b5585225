"""What is done on clusters of OSCAR, one thing after the other: the sentence that a dry run prints, and the doing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import fdl
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.platforms.oscar.definitions import definition, has_ledger
from local.platforms.oscar.sites import Sites
from local.platforms.target import Target


@dataclass(frozen=True)
class Step:
    """One thing to do; a second time it changes nothing more."""

    sentence: str
    do: Callable[[Sites], None] = field(repr=False)


def steps(target: Target, clusters: Mapping[str, tuple[fdl.Service, ...]]) -> list[Step]:
    """Give all steps: every cluster is asked before any is changed, whoever reads is there before those who write.

    Raises:
        Rejected: OSCAR could not run a service, or keys were given, and none of it.
    """
    for services in clusters.values():
        for service in services:
            definition(target, service)
            _check_keys(target, service)
    asked = [
        Step(f"Ask the cluster {name} what runs there", partial(_ask, cluster=name, services=services))
        for name, services in clusters.items()
    ]
    return [*asked, *(step for name, services in clusters.items() for step in _of_cluster(target, name, services))]


def _check_keys(target: Target, service: fdl.Service) -> None:
    """Refuse a file of keys that has none of this service: a user made for it would be nobody's intention."""
    if target.keys and has_ledger(target, service) and service.name not in target.keys:
        sentence = f"the file of keys has none of {service.name}{nearest(service.name, target.keys)}"
        raise Rejected(sentence, hint="add its access_key and secret_key, or give no file: then all get keys here")


def _of_cluster(target: Target, cluster: str, services: tuple[fdl.Service, ...]) -> Iterator[Step]:
    with_ledger = [service for service in services if has_ledger(target, service)]
    if with_ledger and target.ledger not in target.existing:
        sentence = f"Make the bucket {target.ledger} on {cluster}, unless it is there"
        yield Step(sentence, partial(_bucket, cluster=cluster, name=target.ledger))
    for service in with_ledger:
        if service.name not in target.keys:
            sentence = (
                f"Give {service.name} keys of its own at the store of {cluster}, "
                f"with policies/{service.name}.json and no more"
            )
            yield Step(sentence, partial(_user, cluster=cluster, service=service))
    for service in services:
        sentence = (
            f"Create or update {service.name} on {cluster}, with the image {target.image(service)}"
            f"{_secrets(target, service)}"
        )
        yield Step(sentence, partial(_service, cluster=cluster, service=service))


def _secrets(target: Target, service: fdl.Service) -> str:
    """Name the service's secrets, and those that whoever deploys has to give."""
    known = target.secrets(service)
    open_ = [name for name, value in known.items() if not value and name not in target.environ]
    lacking = f"; {' and '.join(open_)} {'has' if len(open_) == 1 else 'have'} to be exported for that" if open_ else ""
    return f", and {' and '.join(known)} as secrets{lacking}" if known else ""


def _ask(sites: Sites, *, cluster: str, services: tuple[fdl.Service, ...]) -> None:
    sites.begin(cluster, services)


def _bucket(sites: Sites, *, cluster: str, name: str) -> None:
    sites.make_bucket(cluster, name)


def _user(sites: Sites, *, cluster: str, service: fdl.Service) -> None:
    sites.let(cluster, service)


def _service(sites: Sites, *, cluster: str, service: fdl.Service) -> None:
    sites.put(cluster, service)
