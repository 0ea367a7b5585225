"""Which cluster each service goes to, and how it is reached."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from pathlib import Path

import fdl
from functions.continuum.reading import read
from functions.provisioning.oscar_calls import Calls
from functions.redeployment.clusters import Access, Clusters
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.platforms.target import Target

OSCAR_CLI = Path(".oscar-cli/config.yaml")
"""Where oscar-cli keeps what it knows, below the home folder."""
OWN = "minio.default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HINT = "write it as oscar-cli does: oscar: {NAME: {endpoint: https://..., auth_password: ...}}"


@dataclass(frozen=True)
class Known:
    """What files say of clusters.

    Attributes:
        default: The one to take where nothing else says which.
        source: Where it is written, for sentences.
        has_file: Whether there is a file of clusters, which then knows all.
    """

    accesses: Mapping[str, Access] = field(repr=False)
    default: str
    source: str
    has_file: bool = False

    @classmethod
    def of(cls, target: Target) -> "Known":
        """Read the file that was given, else oscar-cli's; what FDL itself says of clusters counts where they do not.

        Raises:
            Rejected: A file cannot be used.
        """
        own = Path(target.environ["HOME"]) / OSCAR_CLI if target.environ.get("HOME") else None
        path = target.clusters or (own if own and own.is_file() else None)
        found = read(path, Clusters, source=str(path)) if path else Clusters(oscar={})
        accesses = {**_of_fdl(target), **found.oscar}
        default = found.default or (next(iter(accesses)) if len(accesses) == 1 else "")
        return cls(accesses, default, str(path or target.pipelines[0].source), path is not None)

    def cluster(self, target: Target, service: fdl.Service) -> str:
        """Name the service's cluster: the one asked for, else FDL's if it is known, else the default."""
        if target.cluster:
            return target.cluster
        return service.cluster if service.cluster in self.accesses or not self.default else self.default

    def access(self, name: str) -> Access:
        """Give what is known of a cluster.

        Raises:
            Rejected: Nothing is.
        """
        if name not in self.accesses:
            raise Rejected(f"{self.source} has no cluster {name}{nearest(name, self.accesses)}", hint=_HINT)
        return self.accesses[name]

    def calls(self, name: str) -> Calls:
        """Give what a cluster is asked with.

        Raises:
            Rejected: Nothing is known of it, or too little.
        """
        access = self.access(name)
        if access.endpoint is None or access.auth_password is None:
            lacking = "password" if access.endpoint else "address"
            raise Rejected(f"{self.source} does not say the {lacking} of {name}", hint=_HINT)
        return Calls(access.endpoint, access.auth_password, user=access.auth_user)


def by_cluster(target: Target, known: Known) -> dict[str, tuple[fdl.Service, ...]]:
    """Give each cluster's services, those that read before those that write to them.

    Raises:
        Rejected: A cluster's name is none (it is that of a folder, too), or no file that knows clusters knows it; or
            what one service writes, another of another cluster reads.
    """
    found: dict[str, list[fdl.Service]] = {}
    for service in reversed(target.services):
        cluster = known.cluster(target, service)
        if not _NAME.fullmatch(cluster):
            sentence = f"{cluster[:80]!a}, where {service.name} is to run, is no name of a cluster"
            raise Rejected(sentence, hint="letters, digits, ., _ and -, beginning with a letter or digit")
        if known.has_file:
            known.access(cluster)
        found.setdefault(cluster, []).append(service)
    _check_whole(found)
    return {name: tuple(services) for name, services in found.items()}


def _check_whole(clusters: Mapping[str, Sequence[fdl.Service]]) -> None:
    """Refuse a pipeline that is cut in two: ``minio.default`` is each cluster's own store, and tells it alone.

    Where a cluster has both who writes a folder and who reads it, another may have them too.
    """
    for here, there in permutations(clusters, 2):
        for writer, reader in product(clusters[here], clusters[there]):
            for path in _between(writer, reader):
                at_home = any(_between(writer, each) for each in clusters[here])
                fed = any(_between(each, reader) for each in clusters[there])
                if not at_home and not fed:
                    sentence = f"{reader.name} on {there} is not told of {path}, which {writer.name} writes on {here}"
                    raise Rejected(sentence, hint=f"send both to one cluster: --cluster {here}")


def _between(writer: fdl.Service, reader: fdl.Service) -> list[str]:
    """Name the folders of a cluster's own store that one writes and the other watches."""
    return [
        output.path
        for output, watched in product(writer.outputs, reader.inputs)
        if output.provider == watched.provider == OWN and output.overlaps(watched)
    ]


def _of_fdl(target: Target) -> dict[str, Access]:
    return {
        name: Access(
            endpoint=each.endpoint or None,
            auth_user=each.auth_user or "oscar",
            auth_password=each.auth_password if each.auth_password.get_secret_value() else None,
        )
        for pipeline in target.pipelines
        for name, each in pipeline.clusters.items()
    }
