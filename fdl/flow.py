"""What fires what: chains that never end, and folders that several services share."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import combinations, product

from fdl.model import Pipeline, Service
from fdl.problem import Problem, where
from fdl.storage import StoragePath

Located = tuple[str, Service]
FEEDBACK = "NORIA_FEEDBACK"
"""Variable of a service's environment: folders, with commas, that it writes to although that comes back to it.

Nothing but the limit of hops ends such a loop, should the functions in it not do so themselves.
"""


def flows(pipelines: Sequence[Pipeline]) -> Iterator[Problem]:
    """Find loops over one or more services and files, and folders whose overlap is not meant."""
    services = [(where(pipeline, each), each) for pipeline in pipelines for each in pipeline.services]
    yield from _loops(services)
    for here, service in services:
        for path, second in combinations(service.inputs, 2):
            if path.overlaps(second):
                sentence = f"the inputs {path.path} and {second.path} overlap"
                yield Problem("error", here, sentence, "one object must not come in by two ways: keep the outer one")
    for one, other in combinations(services, 2):
        yield from _shared(one, other)


def _loops(services: Sequence[Located]) -> Iterator[Problem]:
    fires = {number: _fired(service, services) for number, (_, service) in enumerate(services)}
    told: set[int] = set()
    for start in fires:
        if start in told:
            continue
        loop = _way_back(start, fires)
        told.update(loop)
        if loop:
            names = [services[number][1].name for number in (*loop, start)]
            shared = _meeting(services[loop[-1]][1], services[start][1])
            yield Problem(
                "error",
                services[start][0],
                f"{' -> '.join(names)} never ends: {shared.path} is written and watched",
                "write to a folder that no service before it watches",
            )


def _fired(service: Service, services: Sequence[Located]) -> list[int]:
    return [
        number
        for number, (_, other) in enumerate(services)
        if any(output.overlaps(source) for output, source in product(_onward(service), other.inputs))
    ]


def _onward(service: Service) -> Iterator[StoragePath]:
    """Give the outputs that are not meant to come back."""
    meant = {each.strip().strip("/") for each in service.environment.get(FEEDBACK, "").split(",")}
    return (output for output in service.outputs if output.path not in meant)


def _way_back(start: int, fires: dict[int, list[int]]) -> list[int]:
    """The shortest chain from ``start`` that fires it again; empty when there is none."""
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        for after in fires[at]:
            if after == start:
                way = [at]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if after not in came_from:
                came_from[after] = at
                queue.append(after)
    return []


def _meeting(writer: Service, watcher: Service) -> StoragePath:
    pairs = product(_onward(writer), watcher.inputs)
    return next(output for output, source in pairs if output.overlaps(source))


def _shared(one: Located, other: Located) -> Iterator[Problem]:
    (first, writer), (here, service) = one, other
    for mine, theirs in product(service.outputs, writer.outputs):
        if mine.overlaps(theirs):
            sentence = f"it writes to {mine.path}, and {first} to {theirs.path}"
            yield Problem(
                "warning", here, sentence, "results of the same name would meet: give each a folder of its own"
            )
    for watched, other_watched in product(service.inputs, writer.inputs):
        if watched.overlaps(other_watched) and watched.prefix != other_watched.prefix:
            sentence = f"it watches {watched.path}, and {first} watches {other_watched.path}"
            yield Problem(
                "warning", here, sentence, "an object in the inner folder fires both; AWS S3 refuses such pairs"
            )
