"""A campaign's services on clusters that others use, too: under names of their own, with buckets of their own.

Every service that reads a folder gets what is written there, and what a campaign writes is of no use to anybody else.
So nothing of a campaign has the name of anything that it does not own, and all that it owns goes with it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fdl import OutputPath, Service, StoragePath
from functions.profiling.campaign import Slot
from functions.provisioning.cluster import Definition
from functions.provisioning.quantities import written
from functions.provisioning.stores import Minio

LONGEST_NAME, LONGEST_BUCKET = 39, 63
"""Characters of a service's name (OSCAR) and of a bucket's (S3)."""
OWN = "minio.default"
LABEL = "noria.profile"
_LEFT = ("cluster_id", "clusters", "federation", "expose", "input", "output", "storage_providers", "synchronous")
"""What a definition has that is not a guest's: replicas, an address of its own, other people's folders."""
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Guests:
    """Services as a campaign has them on clusters.

    Attributes:
        token: Eight digits or letters that no other campaign has.
        services: As the pipeline defines them, by name.
        definitions: The same as OSCAR takes them, with the script's text, by name.
    """

    token: str
    services: Mapping[str, Service]
    definitions: Mapping[str, Definition]

    def name(self, service: str) -> str:
        """Give the name that a service has on its cluster."""
        return _marked(service, self.token, LONGEST_NAME)

    def bucket(self, name: str) -> str:
        """Give the bucket that stands for one of the pipeline's."""
        return _marked(name.lower(), self.token, LONGEST_BUCKET)

    @property
    def buckets(self) -> frozenset[str]:
        """Name all buckets of the campaign's."""
        inner = [self.inner(name) for name in self.services]
        return frozenset(path.bucket for service in inner for path in (*service.inputs, *service.outputs))

    def inner(self, service: str) -> Service:
        """Give a service as the pipeline has it, but for its folders: they are the campaign's, in clusters' stores."""
        given = self.services[service]
        inputs = tuple(self._folder(path) for path in given.inputs)
        outputs = tuple(self._output(path) for path in given.outputs)
        return given.model_copy(update={"inputs": inputs, "outputs": outputs})

    def definition(
        self, slot: Slot, *, cluster: str, others: Mapping[str, str], stores: Mapping[str, Minio]
    ) -> Definition:
        """Give what a run's service is put on its cluster with.

        Args:
            slot: The service, and how many instances of it there may be: OSCAR has ``total_cpu`` and ``total_memory``
                for that, which work where the cluster's pods are placed by YuniKorn.
            cluster: Where it runs.
            others: Service -> cluster, of all services of the run.
            stores: Cluster -> its store.
        """
        service = self.inner(slot.service)
        given = {key: value for key, value in self.definitions[slot.service].items() if key not in _LEFT}
        outputs = list(self._outputs(service, cluster, others))
        remote = {place for place, _ in outputs if place != cluster}
        made: dict[str, Any] = {
            **given,
            "name": self.name(slot.service),
            "log_level": "INFO",  # the lines that times are read from
            "total_cpu": written(round(slot.cores * slot.parallelism, 3)),
            "total_memory": f"{-(-slot.memory * slot.parallelism // _MEBIBYTE)}Mi",
            "annotations": {**(given.get("annotations") or {}), LABEL: self.token},
            "input": [{"storage_provider": OWN, "path": path.path} for path in service.inputs],
            "output": [_output(path, OWN if place == cluster else f"minio.{place}") for place, path in outputs],
        }
        if remote:
            made["storage_providers"] = {"minio": {place: _provider(stores[place]) for place in sorted(remote)}}
        return made

    def _outputs(self, service: Service, cluster: str, others: Mapping[str, str]) -> Iterator[tuple[str, OutputPath]]:
        """Give each output with the clusters of those who read it, its own where nobody does."""
        for path in service.outputs:
            readers = [place for name, place in others.items() if _reads(self.inner(name), path)]
            for place in dict.fromkeys(readers or [cluster]):
                yield place, path

    def _folder(self, path: StoragePath) -> StoragePath:
        return path.model_copy(update={"provider": OWN, "bucket": self.bucket(path.bucket)})

    def _output(self, path: OutputPath) -> OutputPath:
        return path.model_copy(update={"provider": OWN, "bucket": self.bucket(path.bucket)})


def order(services: Sequence[Service]) -> tuple[str, ...]:
    """Give the services' names such that whoever reads comes before who writes: each then finds who reads it."""
    done: list[str] = []
    left = {service.name: service for service in services}
    while left:
        ready = [
            name
            for name, service in left.items()
            if not any(_reads(other, path) for path in service.outputs for other in left.values() if other != service)
        ]
        for name in ready or list(left):
            done.append(name)
            del left[name]
    return tuple(done)


def _reads(service: Service, path: OutputPath) -> bool:
    return any(each.overlaps(path) for each in service.inputs)


def _output(path: OutputPath, provider: str) -> dict[str, Any]:
    named: dict[str, Any] = {"storage_provider": provider, "path": path.path}
    filters = {"suffix": list(path.suffixes), "prefix": list(path.prefixes)}
    return named | {key: value for key, value in filters.items() if value}


def _provider(store: Minio) -> dict[str, Any]:
    return {
        "endpoint": store.endpoint,
        "access_key": store.access_key,
        "secret_key": store.secret_key,
        "region": store.region,
        "verify": True,
    }


def _marked(name: str, token: str, longest: int) -> str:
    """Give ``<name>-<token>``; of a name that is too long its beginning and six digits of its SHA-256."""
    room = longest - len(token) - 1
    if len(name) > room:
        name = f"{name[: room - 7]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{name}-{token}"
