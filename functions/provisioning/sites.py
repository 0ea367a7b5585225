"""Where an application's components run: clusters that are made, clusters that are there, and AWS Lambda."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from functions.provisioning.options import Influx
from functions.provisioning.stores import Bucket, Store

Kind: TypeAlias = Literal["created", "existing", "lambda"]


@dataclass(frozen=True)
class Passwords:
    """What opens a new cluster; the access key of its MinIO is ``minio``."""

    admin_token: str = field(repr=False)
    oscar: str = field(repr=False)
    minio: str = field(repr=False)
    influx_token: str = field(repr=False)
    influx: str = field(repr=False)


@dataclass(frozen=True)
class Site:
    """One cluster, or a configuration of AWS Lambda.

    Attributes:
        place: Layer and resource as the files name them, ``computationalLayer2/resource1``: what a site is known by.
        name: The cluster's own, ``oscar-cluster-...`` for one that is made.
        layer: The layer's number; the higher, the further from the edge.
        components: Those that run here, in the application's order.
        store: Where their files lie.
        influx: The site's own database of measurements, if it has one.
        above: The database that it sends measurements on to, if there is one.
        passwords: Of a cluster that is made.
    """

    place: str
    name: str
    layer: int
    kind: Kind
    components: tuple[str, ...]
    store: Store
    influx: Influx | None = None
    above: Influx | None = None
    passwords: Passwords | None = None

    def opens(self, other: "Site") -> bool:
        """Whether functions here reach the other's store without being told how: it is their cluster's or account's."""
        if isinstance(self.store, Bucket) and isinstance(other.store, Bucket):
            return self.store.access_key == other.store.access_key
        return self.name == other.name
