"""The runs of a campaign: testing units, in them deployments, in them parallelisms, in them repetitions.

As OSCAR-P plans them (run_parameters.yaml, AI-SPRINT's guide): the whole workflow first, then each component alone if
``test_single_services``; a deployment for each combination of the components' resources, and of the ways in which
components are cut: the parts of a cut are tested together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from types import MappingProxyType
from typing import Literal

from functions.continuum.designs import BASE
from functions.continuum.run_parameters import RunParameters
from functions.profiling.arrivals import MOST, batches, closed, paced
from functions.profiling.campaign import WORKFLOW, Campaign, Load, PlannedRun, Slot
from functions.runtime.errors import Rejected

Mode = Literal["given", "closed"]
MOST_RUNS = 10_000


@dataclass(frozen=True)
class Subject:
    """A component as it can be tested.

    Attributes:
        service: The service that does its work.
        resources: What it may run on, a deployment for each; a single empty one where nobody says.
        cores: Of one instance.
        memory: Of one instance, in bytes.
        asked: The name under which run_parameters.yaml speaks of it, where that is another than the subject's own.
        together: Of a part, the testing unit that all parts of the cut are.
    """

    component: str
    service: str
    resources: tuple[str, ...]
    cores: float
    memory: int
    asked: str = ""
    together: str = ""


def plan(
    parameters: RunParameters,
    components: Mapping[str, Subject],
    *,
    application: str,
    cuts: Mapping[str, Mapping[str, Subject]] = MappingProxyType({}),
    mode: Mode = "given",
    seed: int = 0,
) -> Campaign:
    """Give all runs: the same arguments give the same ones, with the same upload times.

    Args:
        parameters: What is asked for.
        components: Each of ``parameters.components`` by its name there; others beside them run once each.
        application: Its name.
        cuts: The same of each design in which components are cut.
        mode: ``closed`` sends each request when one before is answered, whatever the file says of times.
        seed: Of arrivals at random.

    Raises:
        Rejected: There would be more runs or requests than anybody waits for.
    """
    runs: list[PlannedRun] = []
    requests = 0
    for run in _runs(parameters, {BASE: components, **cuts}, mode, seed):
        runs.append(run)
        if len(runs) > MOST_RUNS:
            said = f"run_parameters.yaml asks for more than {MOST_RUNS:,} runs"
            raise Rejected(said, hint="shorten the lists of parallelism, or take resources away")
        requests += len(run.load.times)
        if requests > MOST:
            said = f"run_parameters.yaml asks for more than {MOST:,} requests"
            raise Rejected(said, hint="fewer or smaller batches")
    return Campaign(name=parameters.run.campaign_dir, application=application, seed=seed, runs=tuple(runs))


def _runs(
    parameters: RunParameters, designs: Mapping[str, Mapping[str, Subject]], mode: Mode, seed: int
) -> Iterator[PlannedRun]:
    for unit, tested in _units(parameters, designs):
        number = 0
        for design, names in tested:
            components = designs[design]
            for resources in product(*(components[name].resources for name in names)):
                number += 1
                places = dict(zip(names, resources, strict=True))
                deployment = Deployment(unit, f"deployment{number}", design, components, places)
                yield from _of_deployment(deployment, parameters, mode, seed)


def _units(
    parameters: RunParameters, designs: Mapping[str, Mapping[str, Subject]]
) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Give the testing units: for each the designs that it is tested in, and what of them."""
    yield WORKFLOW, [(design, list(components)) for design, components in designs.items()]
    if not parameters.run.test_single_services:
        return
    whole = designs[BASE]
    yield from ((whole[name].service, [(BASE, [name])]) for name in parameters.components if name in whole)
    done: set[str] = set()
    for design, components in designs.items():
        units = dict.fromkeys(each.together for each in components.values() if each.together)
        for unit in [each for each in units if each not in done]:
            done.add(unit)
            yield unit, [(design, [name for name, each in components.items() if each.together == unit])]


@dataclass(frozen=True)
class Deployment:
    """What of a design is tested, and on what resources."""

    unit: str
    name: str
    design: str
    components: Mapping[str, Subject]
    places: Mapping[str, str]

    def asked(self, name: str) -> str:
        """Give the name under which run_parameters.yaml speaks of a component."""
        return self.components[name].asked or name


def _of_deployment(tested: Deployment, parameters: RunParameters, mode: Mode, seed: int) -> Iterator[PlannedRun]:
    varied = [name for name in tested.places if tested.asked(name) in parameters.components]
    lists = [parameters.components[tested.asked(name)].parallelism for name in varied]
    first = tested.asked(varied[0]) if varied else ""
    number = 0
    for chosen in _together(lists, combine=parameters.is_combinatorial):
        parallelism = dict(zip(varied, chosen, strict=True))
        slots = tuple(
            _slot(tested.components[name], place, parallelism.get(name, 1)) for name, place in tested.places.items()
        )
        for part in range(_parts(parameters, mode)):
            number += 1
            for repetition in range(1, parameters.run.repetitions + 1):
                name = f"{tested.unit}-{tested.name}-run{number}-{repetition}"
                random = Random(f"{seed}/{name}")  # noqa: S311 - reproducible on purpose
                load = _load(parameters, mode, slots, part=part, alone=tested.unit, first=first, random=random)
                yield PlannedRun(
                    name=name,
                    unit=tested.unit,
                    deployment=tested.name,
                    design=tested.design,
                    repetition=repetition,
                    slots=slots,
                    load=load,
                )


def _together(lists: Sequence[tuple[int, ...]], *, combine: bool) -> Iterator[tuple[int, ...]]:
    """Give the parallelisms of one run after the other: those that stand in line, or every combination."""
    in_line = not combine and len({len(each) for each in lists}) == 1
    yield from zip(*lists, strict=True) if in_line else product(*lists)


def _parts(parameters: RunParameters, mode: Mode) -> int:
    """Count the loads that each configuration has: its intervals, or one."""
    if mode == "given" and parameters.run.test_synchronously and parameters.synchronous:
        return len(parameters.synchronous.intervals)
    return 1


def _load(
    parameters: RunParameters,
    mode: Mode,
    slots: Sequence[Slot],
    *,
    part: int,
    alone: str,
    first: str,
    random: Random,
) -> Load:
    given, waits = parameters.asynchronous, parameters.synchronous
    if mode == "closed":
        files = given.batch_size * given.number_of_batches if given else 0
        return closed(files or _asked(parameters), clients=2 * sum(slot.parallelism for slot in slots))
    if parameters.run.test_synchronously and waits:
        return paced(waits.intervals[part], is_exponential=waits.distribution == "exponential", random=random)
    assert given is not None  # RunParameters.faults
    own = parameters.components[first].distribution if alone != WORKFLOW and first else None
    return batches(given, distribution=own or given.distribution, random=random)


def _asked(parameters: RunParameters) -> int:
    """Count the requests of the intervals."""
    intervals = parameters.synchronous.intervals if parameters.synchronous else ()
    return sum(max(1, round(each.requests_a_second * each.duration_seconds)) for each in intervals)


def _slot(tested: Subject, resource: str, parallelism: int) -> Slot:
    return Slot(
        component=tested.component,
        service=tested.service,
        resource=resource,
        parallelism=parallelism,
        cores=tested.cores,
        memory=tested.memory,
    )
