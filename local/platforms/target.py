"""What every platform is told: which pipelines, whose images, where store and broker are, and who may touch what."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import fdl
from functions.runtime.errors import Rejected
from local.credentials import Keys
from local.permissions import Grants, grants, reserved_names

Say = Callable[[str], None]
HERE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/")
"""How images' names begin that lie in a registry of this machine, as those of our own FDL do."""
_TAGGED = re.compile(r"(.+?)(?::[\w.-]{1,128})?")


@dataclass(frozen=True)
class Target:
    """Pipelines, and what is known of the place where they are to run.

    Attributes:
        pipelines: All of what is deployed together: who reads what others write is seen in these alone.
        registry: Where images are pulled from that FDL has in a registry of this machine; empty leaves them as written.
        tag: The tag of those images; empty leaves them as written.
        store_url: The S3 endpoint as services there reach it; empty for the platform's own, or AWS itself.
        nats_url: The broker as services there reach it, for hosts that need one.
        nats_account: The broker's account that the stream is in, for who asks how far a consumer lags.
        nats_monitoring: HOST:PORT of the broker's own figures; empty for port 8222 of its host.
        namespace: Kubernetes' namespace; the stack's name on AWS.
        keys: Of each service at the store and the broker, by its name; a service without keys has to get them there.
        environ: Of whoever deploys: values of secrets that FDL leaves open.
        plain: Without Knative: Deployments of the JetStream host.
        eventing: A Broker of Knative Eventing that has the events already; then no stream is read.
        cluster: The OSCAR cluster, where FDL does not name one that is known.
        clusters: The file that knows clusters of OSCAR.
        existing: Buckets that are there, and made by others.
    """

    pipelines: tuple[fdl.Pipeline, ...]
    registry: str = ""
    tag: str = ""
    store_url: str = ""
    store_region: str = "us-east-1"
    nats_url: str = ""
    nats_account: str = "$G"
    nats_monitoring: str = ""
    stream: str = "EVENTS"
    ledger: str = "noria-ledger"
    namespace: str = "noria"
    keys: Mapping[str, Keys] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    plain: bool = False
    eventing: str = ""
    cluster: str = ""
    clusters: Path | None = None
    existing: frozenset[str] = frozenset()

    @cached_property
    def services(self) -> tuple[fdl.Service, ...]:
        """All services, in the order of the files."""
        return tuple(service for pipeline in self.pipelines for service in pipeline.services)

    @cached_property
    def buckets(self) -> tuple[str, ...]:
        """Every bucket that is read, written or mounted, and the ledger's, in the order of the alphabet."""
        return tuple(sorted({*fdl.buckets(self.pipelines), self.ledger}))

    def source(self, service: fdl.Service) -> Path:
        """Give the FDL file of a service."""
        return Path(next(each.source for each in self.pipelines if service in each.services))

    def script(self, service: fdl.Service) -> str:
        """Give the text of a service's script, which FDL names from where it lies; empty where there is none.

        Raises:
            Rejected: It cannot be read.
        """
        if not service.script:
            return ""
        path = self.source(service).absolute().parent / service.script
        try:
            return path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            hint = "FDL names the script from where the FDL file lies"
            raise Rejected(f"the script of {service.name}, {path}, cannot be read: {why}", hint=hint) from None

    def image(self, service: fdl.Service) -> str:
        """Give the image as it is pulled there; only one in a registry of this machine is looked for elsewhere."""
        here = HERE.match(service.image)
        if not here or not (self.registry or self.tag):
            return service.image
        name = service.image[here.end() :] if self.registry else service.image
        name, at, digest = name.partition("@")
        if self.tag:
            name, at, digest = f"{_untagged(name)}:{self.tag}", "", ""
        return f"{self.registry.rstrip('/')}/{name}{at}{digest}" if self.registry else f"{name}{at}{digest}"

    def unreachable(self) -> tuple[str, ...]:
        """Name images that lie on this machine, where nobody else can pull them."""
        return tuple(sorted({image for each in self.services if HERE.match(image := self.image(each))}))

    def grants(self, service: fdl.Service) -> Grants:
        """Give what the service may touch in the store, and nothing more."""
        return grants(service, self.services, self.ledger)

    def told(self) -> dict[str, str]:
        """Give what a host there is told of store and ledger, as ``NORIA_*``; no secret is among it."""
        found = {
            "NORIA_STORE_URL": self.store_url,
            "NORIA_STORE_REGION": self.store_region,
            "NORIA_LEDGER": self.ledger,
        }
        return {name: value for name, value in found.items() if value}

    def secrets(self, service: fdl.Service) -> dict[str, str]:
        """Give the service's own secrets: as FDL has them, else as whoever deploys has them in the environment.

        One that nobody knows is empty: somebody has to give it there.
        """
        return {name: value.get_secret_value() or self.environ.get(name, "") for name, value in service.secrets.items()}


class Platform(Protocol):
    """One platform. What it gives is the same text for the same target, and has no value of a secret in it."""

    def files(self, target: Target) -> dict[str, str]:
        """Give the files that are to be applied there: name, with ``/`` for folders -> text.

        Raises:
            Rejected: Something of the pipelines cannot run there.
        """
        ...

    def steps(self, target: Target) -> tuple[str, ...]:
        """Say what ``carry_out`` does, a sentence each, in its order; asks nobody, and changes nothing.

        Raises:
            Rejected: Something of the pipelines cannot run there.
        """
        ...

    def carry_out(self, target: Target, folder: Path, say: Say) -> None:
        """Make it so; ``folder`` has the files, ``say`` is told of each thing done.

        Raises:
            Rejected: Something cannot be done; what was done before is said.
            TryAgain: The platform does not answer; calling it again goes on.
        """
        ...


def read(files: Iterable[Path]) -> tuple[fdl.Pipeline, ...]:
    """Read FDL files that are deployed together.

    Raises:
        FdlError: One is no FDL.
        Rejected: They could not run together.
    """
    pipelines = tuple(fdl.load(file) for file in files)
    errors = [each for each in (*fdl.check(pipelines), *reserved_names(pipelines)) if each.level == "error"]
    if errors:
        sentences = "; ".join(f"{each.where}: {each.sentence}" for each in errors)
        raise Rejected(sentences, hint=errors[0].hint)
    return pipelines


def _untagged(image: str) -> str:
    folder, slash, name = image.rpartition("/")
    found = _TAGGED.fullmatch(name)
    return f"{folder}{slash}{found[1] if found else name}"
