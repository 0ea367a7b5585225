"""The walls around handlers on this machine: which are asked for, which can be had, and how that is told."""

from collections.abc import Iterable
from dataclasses import dataclass

from fdl import Service
from functions.runtime import podman
from functions.runtime.containment import limits
from functions.runtime.enclosure import Setting, chosen
from functions.runtime.errors import FunctionError

TOLD = {
    "bwrap": "handlers run within bubblewrap's walls",
    "landlock": "handlers run within the kernel's own walls (Landlock)",
    "container": "each handler runs in a container of its function's image",
    "none": "handlers run without walls",
}


@dataclass(frozen=True)
class Walls:
    """What a plane's workers are told: ``kind`` is ``bwrap``, ``landlock``, ``container`` or ``none``.

    ``lack`` says why it is none though nobody asked for that; empty otherwise.
    """

    kind: str
    lack: str = ""

    @classmethod
    def wanted(cls, asked: Setting) -> "Walls":
        """Give those that are asked for; where nobody asked the best there are, or none.

        Raises:
            SettingsError: This machine cannot make what is asked for; says why.
        """
        if asked:
            return cls(chosen(asked) or "none")
        try:
            return cls(chosen("auto") or "none")
        except FunctionError as error:
            return cls("none", error.message)

    def require(self, services: Iterable[Service]) -> None:
        """See that containers of services can be started, where their walls are some.

        Raises:
            SettingsError: An image is not here, or no container of it can be started.
        """
        contained = [each for each in services if own_kind(each, self.kind) == "container"]
        for image, memory, cpu in dict.fromkeys((each.image, each.memory, each.cpu) for each in contained):
            podman.require(image, *limits(memory, cpu))

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{TOLD[self.kind]}: {self.lack}" if self.lack else TOLD[self.kind]


def own_kind(service: Service, kind: str) -> str:
    """Give the kind of a service's walls on a plane of this kind: its FDL may say otherwise."""
    return service.environment.get("NORIA_ISOLATION", kind)


def told(services: Iterable[Service], kind: str) -> list[str]:
    """Say what walls a plane of this kind has, and whose FDL says otherwise."""
    others = [(each.name, own_kind(each, kind)) for each in services if own_kind(each, kind) != kind]
    return [TOLD.get(kind, kind), *(f"{name} has others, by its FDL: {other}" for name, other in others)]
