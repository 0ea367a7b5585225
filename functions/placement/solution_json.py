"""A placement from a file that SPACE4AI-D, SPACE4AI-R or ``output`` wrote (continuum.md 2.11).

Only what was placed where is read: times and costs follow from it. SPACE4AI-R writes the partitions on functions beside
their deployment, not in it (Solution.cpp @70427c8); they are read there too.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from functions.continuum.reading import LARGEST_JSON
from functions.datasets.files import opened
from functions.documents.document import HostileError, Plain, parse_json
from functions.placement.system import Component, Part, Placement, System
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def read(path: Path, system: System) -> Placement:
    """Read a placement of ``system``; where a resource has several numbers of nodes, the greatest counts.

    Raises:
        Rejected: It is no such file, or places what the system does not have.
    """
    try:
        with opened(path, LARGEST_JSON) as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected(f"{path.name}: it is not UTF-8 text", hint="save it as UTF-8") from None
    return parse(text, system, source=path.name)


def parse(text: str, system: System, *, source: str) -> Placement:
    """Read a placement from the text of a file that is called ``source``; the rest as for ``read``."""
    try:
        fields = parse_json(text, largest=LARGEST_JSON).content
    except HostileError as error:
        raise Rejected(f"{source}: {error.message}", hint=error.hint) from None
    components = fields.get("components")
    if not isinstance(components, dict):
        hint = "it is a file such as Output.json"
        raise Rejected(f"{source}: components is missing: what was placed where", hint=hint)
    reader = _Reader(system, source)
    for name, each in components.items():
        reader.component(name, each)
    return Placement(reader.deployments, reader.resources, reader.nodes)


class _Reader:
    """One walk over the components of a file."""

    def __init__(self, system: System, source: str) -> None:
        self.system = system
        self.source = source
        self.deployments: dict[str, str] = {}
        self.resources: dict[Part, str] = {}
        self.nodes: dict[str, int] = {}

    def component(self, name: str, fields: Plain) -> None:
        component = self.system.components.get(name)
        if component is None:
            raise self._refusal(f"components.{name[:60]}", "component", name, self.system.components)
        found = list(self._parts(component, fields))
        for part, inside in found:
            for layer, resources in inside.items():
                if isinstance(resources, dict):
                    self._resources((name, part), f"components.{name}.{part}.{layer[:60]}", resources)
        placed = {part for part, _ in found}
        chosen = next((key for key, chain in component.deployments.items() if placed == set(chain)), None)
        if chosen is None:
            listed = ", ".join(sorted(placed)) or "nothing"
            raise Rejected(f"{self.source}: components.{name} places {listed}, which is none of its deployments")
        self.deployments[name] = chosen

    def _parts(self, component: Component, fields: Plain) -> Iterator[tuple[str, dict[str, Plain]]]:
        """Give each partition with what the file has inside it, wherever it stands."""
        known = (*component.deployments, *component.partitions)
        for key, inside in fields.items() if isinstance(fields, dict) else ():
            if not isinstance(inside, dict):
                continue
            if key in component.deployments:
                yield from self._parts_of(component, inside)
            elif key in component.partitions:
                yield key, inside
            else:
                place = f"components.{component.name}.{key[:60]}"
                raise self._refusal(place, "deployment or partition", key, known)

    def _parts_of(self, component: Component, parts: dict[str, Plain]) -> Iterator[tuple[str, dict[str, Plain]]]:
        for part, inside in parts.items():
            if isinstance(inside, dict):
                if part not in component.partitions:
                    place = f"components.{component.name}.{part[:60]}"
                    raise self._refusal(place, "partition", part, component.partitions)
                yield part, inside

    def _resources(self, part: Part, place: str, resources: dict[str, Plain]) -> None:
        for name, about in resources.items():
            if name not in self.system.resources:
                raise self._refusal(f"{place}.{name[:60]}", "resource", name, self.system.resources)
            self.resources[part] = name
            if self.system.resources[name].kind == "faas":
                continue
            number = about.get("number") if isinstance(about, dict) else None
            if not isinstance(number, int) or isinstance(number, bool):
                raise Rejected(f"{self.source}: {place}.{name}.number must be a whole number")
            self.nodes[name] = max(number, self.nodes.get(name, 0))

    def _refusal(self, place: str, kind: str, word: str, known: Iterable[str]) -> Rejected:
        return Rejected(f"{self.source}: {place} is no {kind} of the system{nearest(word[:60], known)}")
