"""What a production deployment does not say and whoever provisions it may."""

from dataclasses import dataclass, field

PUBLIC_TYPES = "https://raw.githubusercontent.com/grycap/ec3/tosca/tosca/custom_types.yaml"
"""GRyCAP's node types, which the Infrastructure Manager fetches; a path or another address does as well."""


@dataclass(frozen=True)
class Influx:
    """A database that measurements are sent to, with the organisation and the bucket that they belong to there."""

    url: str
    token: str = field(repr=False)
    organisation: str = "aisprint"
    bucket: str = "bucket"


@dataclass(frozen=True)
class Options:
    """What is the same for all of an application's clusters.

    Attributes:
        domain: Clusters' host names end with it; the default is the Infrastructure Manager's own.
        email: Whom Let's Encrypt writes to; empty for nobody.
        elastic: Most worker nodes of a cluster that grows and shrinks with its queue; 0 for fixed sizes.
        im_auth: Credentials that an elastic cluster calls the Infrastructure Manager with, which end up in its file;
            empty for whoever submits it to fill in.
        influx: The top of the tree of measurements; none, and the highest layer keeps its own.
        types: Where the types of nodes are imported from.
        drift_detector: Image that looks for drift on the highest layer that is made; empty for none.
    """

    domain: str = "im.grycap.net"
    email: str = ""
    elastic: int = 0
    im_auth: str = field(default="", repr=False)
    influx: Influx | None = None
    types: str = PUBLIC_TYPES
    drift_detector: str = ""
