"""The services of a placement, and what each sends its results to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from functions.placement.system import Placement, System


class Service(BaseModel):
    """One partition of a component, running on one resource; on none that has a name where nobody has said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    component: str
    partition: str
    resource: str

    def __str__(self) -> str:
        where = f"on {self.resource}" if self.resource else "without a resource"
        return f"{self.component}/{self.partition} {where}"


@dataclass(frozen=True)
class Services:
    """All services of one placement.

    Attributes:
        outputs: Service -> those that get its results, in an order in which each comes before all that it leads to.
        entries: Those that get what arrives from outside.
    """

    outputs: Mapping[Service, tuple[Service, ...]]
    entries: tuple[Service, ...]

    @classmethod
    def of(cls, system: System, placement: Placement) -> "Services":
        """Give the services of a placement, as far as the system knows its components and they have places."""
        chains = {name: tuple(_chain(system, placement, name)) for name in system.components}
        chains = {name: chain for name, chain in chains.items() if chain}
        outputs: dict[Service, tuple[Service, ...]] = {}
        for name, chain in chains.items():
            outputs.update({one: (other,) for one, other in pairwise(chain)})
            outputs[chain[-1]] = tuple(chains[each][0] for each in system.components[name].next if each in chains)
        led_to = {each for component in system.components.values() for each in component.next}
        return cls(outputs, tuple(chain[0] for name, chain in chains.items() if name not in led_to))


def _chain(system: System, placement: Placement, name: str) -> Iterator[Service]:
    """Give a component's services in the order in which requests pass them."""
    component = system.components[name]
    for partition in component.deployments.get(placement.deployments.get(name, ""), ()):
        if (name, partition) in placement.resources:
            yield Service(component=name, partition=partition, resource=placement.resources[name, partition])
