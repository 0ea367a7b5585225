"""What the services of steps are called where they run, and how they are defined there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.provisioning.cluster import Definition
from functions.provisioning.tasks import slug
from functions.redeployment.services import Service
from functions.redeployment.sites import Site
from functions.redeployment.steps import Drain, Scale, Start, Step, Stop, Switch
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


@dataclass(frozen=True)
class Target:
    """A service where it runs."""

    site: Site
    name: str

    @property
    def key(self) -> tuple[int, str]:
        """The same for two services of which a cluster can have only one."""
        return id(self.site), self.name


@dataclass(frozen=True)
class Places:
    """Where the services of a deployment run.

    Attributes:
        sites: By resource; two resources may be in one site.
        definitions: Of the new deployment's services, by part.
        resources: Of the new deployment's services, by part.
        arrivals: (part, resource) -> the folder there into which whoever is outside writes.
        outside: Whether it is others' affair where what arrives is written to.
    """

    sites: Mapping[str, Site]
    definitions: Mapping[str, Definition]
    resources: Mapping[str, str] = field(default_factory=dict)
    arrivals: Mapping[tuple[str, str], str] = field(default_factory=dict)
    outside: bool = True

    def target(self, service: Service) -> Target:
        """Give the service where it runs.

        Raises:
            Rejected: Nothing is known of its resource.
        """
        if service.resource not in self.sites:
            known = nearest(service.resource, self.sites)
            hint = (
                "give the folder of the deployment that runs now (--from); functions of AWS Lambda are SCAR's to deploy"
            )
            raise Rejected(f"nothing is known of {service.resource}, where {service} is to be found{known}", hint=hint)
        return Target(self.sites[service.resource], slug(service.partition))

    def definition(self, service: Service) -> Definition:
        """Give a service of the new deployment as its site takes it.

        Raises:
            Rejected: It is not defined.
        """
        if service.partition not in self.definitions:
            known = nearest(service.partition, self.definitions)
            raise Rejected(f"the deployment does not define {service.partition}{known}", hint="give its own folder")
        return self.definitions[service.partition]

    def check(self, steps: Sequence[Step]) -> None:
        """Look whether all that the steps speak of is known, before anything is done.

        Raises:
            Rejected: Something is not.
        """
        for step in steps:
            match step.do:
                case Start(service=service):
                    self.target(service), self.definition(service)
                case Switch(source=Service() as source):
                    self.target(source), self.definition(source)
                case Drain(service=service, senders=senders):
                    _ = self.target(service), [self.target(each) for each in senders]
                case Stop(service=service):
                    self.target(service)
                case Scale() | Switch():
                    pass

    def replaced(self, steps: Sequence[Step]) -> frozenset[tuple[int, str]]:
        """Give the keys of services that a new one takes the place of, as their cluster can have one of that name."""
        return frozenset(self.target(step.do.service).key for step in steps if isinstance(step.do, Start))
