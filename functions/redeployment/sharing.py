"""Folders that an old and a new service would both read, so that each object in them would be worked on twice.

Steps speak of services that send to one another. On OSCAR services write into folders, and whoever reads a folder gets
all that is written there. Where the service that is stopped reads a folder of its cluster which some service of the new
deployment reads there as well, nobody can send to the one and not to the other: while both run, both work on all that
comes; and were the old one's folder taken away before the new one has it, what comes in between would be lost.
"""

from collections.abc import Iterator, Sequence

from functions.provisioning.cluster import Definition
from functions.redeployment.places import Places
from functions.redeployment.steps import Step, Stop
from functions.runtime.errors import Rejected

HINT = (
    "place one of them elsewhere; or stop what arrives, let all be worked off, and start the new deployment by itself"
)


def check(steps: Sequence[Step], places: Places) -> None:
    """Look at the services that are to be stopped, where they run.

    Raises:
        TryAgain: A site does not answer.
        Rejected: One of them shares a folder.
    """
    readers = {
        (id(places.sites[resource]), folder): part
        for part, resource in places.resources.items()
        if resource in places.sites
        for folder in _read(places.definitions.get(part))
    }
    replaced = places.replaced(steps)
    for step in steps:
        if not isinstance(step.do, Stop):
            continue
        target = places.target(step.do.service)
        for folder in _read(target.site.definition(target.name)) if target.key not in replaced else ():
            other = readers.get((id(target.site), folder))
            if other is not None:
                said = f"{step.do.service} and the new {other} both read {folder} there: all would be worked on twice"
                raise Rejected(said, hint=HINT)


def _read(definition: Definition | None) -> Iterator[str]:
    for folder in (definition or {}).get("input") or ():
        yield str(folder.get("path")).strip("/")
