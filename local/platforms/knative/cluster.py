"""The cluster: what manifests say of where the store and the broker are, and how the functions are to run there."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from functions.runtime.errors import Rejected

MONITORING_PORT = 8222
"""Of nats-server's own figures, as its documentation and its Helm chart have it."""
_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_LABELS = "at most 63 of a-z, 0-9 and -, beginning with a letter"
_HOST_PORT = re.compile(r"[A-Za-z0-9.-]+:[1-9]\d{0,4}")
_ACCOUNT = re.compile(r"[\w$.-]{1,128}", re.ASCII)
_IN_CLUSTER = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.[a-z0-9.-]+)?")
_PORTS = {"http": 80, "https": 443, "nats": 4222, "tls": 4222}
_MAPPED = (80, 443)
"""Ports of Services behind which pods have others; a NetworkPolicy knows the pods' alone."""


@dataclass(frozen=True)
class Address:
    """Where a server listens; ``namespace`` is empty when it is outside the cluster, ``port`` 0 for any."""

    host: str
    port: int
    namespace: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read it from a URL. A Service of the cluster at port 80 or 443 may stand for any of its pods'.

        Raises:
            Rejected: It is none.
        """
        try:
            parts = urlsplit(url)
            host, usual, port = parts.hostname or "", _PORTS[parts.scheme], parts.port
            host = "" if port == 0 else host
        except (ValueError, KeyError):
            host, usual, port = "", 0, None
        if not host:
            hint = "give SCHEME://HOST:PORT, as pods reach it"
            raise Rejected(f"{url!r} is no address of a server", hint=hint)
        inside = _IN_CLUSTER.fullmatch(host)
        namespace = inside[1] if inside else ""
        port = port or usual
        return cls(host, 0 if namespace and port in _MAPPED else port, namespace)

    @property
    def network(self) -> str:
        """The host as a network of one; empty when it is known by a name."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return ""
        return f"{address}/{address.max_prefixlen}"


@dataclass(frozen=True)
class Server:
    """The store or the broker, as pods reach it: all its addresses."""

    url: str
    addresses: tuple[Address, ...]

    @classmethod
    def of(cls, url: str) -> "Server":
        """Take apart a URL, or several with commas.

        Raises:
            Rejected: One is none.
        """
        return cls(url, tuple(Address.of(each.strip()) for each in url.split(",")))

    @property
    def is_encrypted(self) -> bool:
        """Whether a certificate has to be believed."""
        return self.url.startswith(("https://", "tls://"))


@dataclass(frozen=True)
class Cluster:
    """What is the same for all functions.

    Attributes:
        broker: Where the stream is; None where ``eventing`` has the events.
        store: An S3 endpoint; None for AWS itself.
        authorities: PEM: who signs the certificates of store and broker, where nobody knows them.
        account: The broker's account with the stream.
        monitoring: HOST:PORT of the broker's own figures, for the scaler.
        plain: Deployments of the JetStream host instead of Knative Services.
        eventing: Knative Eventing's Broker that has the events; then there are Triggers and no sources.
        most: Copies of one function at most, where its FDL does not say.
    """

    namespace: str
    broker: Server | None
    store: Server | None = None
    region: str = "us-east-1"
    ledger: str = "noria-ledger"
    stream: str = "EVENTS"
    account: str = "$G"
    authorities: str = field(default="", repr=False)
    monitoring: str = ""
    plain: bool = False
    eventing: str = ""
    most: int = 10

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.namespace):
            raise Rejected(f"{self.namespace[:80]!a} is no namespace", hint=_LABELS)
        if self.eventing and not _LABEL.fullmatch(self.eventing):
            raise Rejected(f"{self.eventing[:80]!a} is no Broker's name", hint=_LABELS)
        if self.monitoring and not _HOST_PORT.fullmatch(self.monitoring):
            raise Rejected(f"{self.monitoring[:80]!a} is not where a broker shows figures", hint="HOST:PORT")
        if not _ACCOUNT.fullmatch(self.account):
            hint = "a name without spaces, such as NORIA"
            raise Rejected(f"{self.account[:80]!a} is no account of a broker", hint=hint)

    @property
    def figures(self) -> str:
        """Where the scaler asks how far a consumer lags."""
        return self.monitoring or (f"{self.broker.addresses[0].host}:{MONITORING_PORT}" if self.broker else "")
