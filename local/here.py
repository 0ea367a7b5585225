"""This machine as a place for a deployment's services: groups of workers of the plane that runs here.

All groups of a function share its consumer, its buckets and the ledger. What is queued is therefore never a group's
own, and moving a function is to start a group, then to retire another: a worker that is retired takes no message more,
gives back what no handler has yet, and ends when what its handlers have is committed.
"""

import time
from collections.abc import Mapping, Sequence

from functions.provisioning.cluster import Definition
from functions.provisioning.tasks import slug
from functions.redeployment.places import Places
from functions.redeployment.services import Service
from functions.redeployment.steps import Action, Drain, Scale, Start, Step, Stop, Switch
from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.settings import nearest
from local.connection import Home, NotRunningError, PlaneState
from local.groups import MOST, Group, Groups, change
from local.process import Process

PATIENCE = 90.0
"""Seconds in which a worker that was started must listen."""


class Here:
    """One resource of a deployment, for which workers of this machine stand.

    Args:
        nodes: Workers of each of its groups, unless a step says another number; None for as many as ``noria up`` says.
    """

    settle = 0.0

    def __init__(self, home: Home, resource: str, nodes: int | None) -> None:
        self._home, self._resource, self._nodes = home, resource, nodes

    def names(self) -> tuple[str, ...]:
        """Name the functions that have workers standing for the resource."""
        return tuple(sorted({each.service for each in self._groups().groups if self._is_mine(each)}))

    def put(self, service: Definition) -> None:
        """Have a group of workers for the resource, and wait until each of them listens.

        Raises:
            TryAgain: No plane runs here, or they do not listen in time.
        """
        name = service["name"]
        self._check_running()
        groups = change(self._home.path, lambda groups: groups.started(name, self._resource, self._nodes))
        group = next(each for each in groups.of(name) if self._is_mine(each) and not each.retired)
        deadline = time.monotonic() + PATIENCE
        while silent := [part for part in map(group.part, range(group.workers or 1)) if not self._listens(part)]:
            self._check_running()
            if time.monotonic() > deadline:
                said = self._process(silent[0]).last_words(1)
                raise TryAgain(f"{silent[0]} does not listen after {PATIENCE:g} s: {said}", hint="see noria logs")
            time.sleep(0.1)

    def definition(self, name: str) -> Definition | None:
        """Give the function's name, if it has workers that stand for the resource."""
        return {"name": name} if any(self._is_mine(each) for each in self._groups().of(name)) else None

    def unfinished(self, name: str) -> int:
        """Count what ``jobs`` names."""
        return len(self.jobs(name))

    def jobs(self, name: str) -> frozenset[str]:
        """Name the workers that were retired and have not ended.

        Raises:
            TryAgain: No plane runs here, so that nobody retires them.
        """
        retired = [each for each in self._groups().of(name) if self._is_mine(each) and each.retired]
        running = frozenset(part for each in retired for part in each.parts() if self._process(part).alive)
        if running:
            self._check_running()
        return running

    def retire(self, name: str) -> None:
        """Let the workers that stand for the resource take nothing new."""
        change(self._home.path, lambda groups: groups.retired(name, self._resource))

    def remove(self, name: str) -> None:
        """Forget the workers that stood for the resource."""
        change(self._home.path, lambda groups: groups.removed(name, self._resource))

    def scale(self, resource: str, nodes: int) -> str:
        """Have so many workers in each of the resource's groups."""
        change(self._home.path, lambda groups: groups.scaled(resource, nodes))
        return ""

    def _groups(self) -> Groups:
        return Groups.read(self._home.path)

    def _is_mine(self, group: Group) -> bool:
        return group.resource == self._resource

    def _process(self, part: str) -> Process:
        return Process(part, [], folder=self._home.run)

    def _listens(self, part: str) -> bool:
        process = self._process(part)
        # A part's name is never given twice: what its log says was said by this worker, or one in its place.
        return process.alive and process.log.is_file() and b'"listening"' in process.log.read_bytes()

    def _check_running(self) -> None:
        state = PlaneState.now(self._home)
        if state.phase != "ready":
            raise NotRunningError(f"no plane runs in {self._home.path}: it is {state.phase}", hint="noria up")


def places_here(home: Home, steps: Sequence[Step], served: Sequence[str], nodes: Mapping[str, int]) -> Places:
    """Give this machine as the place of all that steps speak of.

    Args:
        served: The functions of the plane.
        nodes: How many each resource has, as far as no step says so.

    Raises:
        Rejected: Steps do not fit what is served here.
    """
    services = [step.do.service for step in steps if isinstance(step.do, Start | Drain | Stop)]
    services += [step.do.source for step in steps if isinstance(step.do, Switch) and step.do.source]
    scales = [step.do for step in steps if isinstance(step.do, Scale)]
    _check_served(services, served)
    _check_followed(steps)
    for scale in scales:
        if max(scale.before, scale.after) > MOST:
            raise Rejected(f"{scale}: here it may stand for {MOST} at most", hint="deploy it on clusters")
    resources = dict.fromkeys([*(each.resource for each in services), *(each.resource for each in scales)])
    sites = {name: Here(home, name, min(nodes[name], MOST) if nodes.get(name) else None) for name in resources}
    return Places(sites, {each.partition: {"name": slug(each.partition)} for each in services}, outside=False)


def taking_over(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give the steps of a first deployment with those that end the workers that ``noria up`` has started.

    They stand for no resource. Other steps are given as they are.
    """
    if any(_presumes(step.do) for step in steps):
        return tuple(steps)
    ended: list[Drain | Stop] = []
    for step in reversed(steps):
        if isinstance(step.do, Start):
            here = step.do.service.model_copy(update={"resource": ""})
            ended += [Drain(service=here, senders=(), arrivals=True), Stop(service=here, outputs=())]
    more = [Step(number=number, do=do, undo=()) for number, do in enumerate(ended, len(steps) + 1)]
    return (*steps, *more)


def _presumes(action: Action) -> bool:
    """Tell whether an action is about something that runs already."""
    match action:
        case Start() | Scale(before=0) | Switch(source=None, before=()):
            return False
    return True


def adopt(home: Home, steps: Sequence[Step], placed: Mapping[str, str]) -> None:
    """Let workers that no deployment has touched stand for what they run on before the steps.

    Args:
        placed: Part -> its resource after the steps, which is that before them for what they do not start.

    Raises:
        Rejected: A deployment has let them stand for something else.
    """
    there = [step.do.service for step in steps if isinstance(step.do, Drain | Stop)]
    there += [step.do.source for step in steps if isinstance(step.do, Switch) and step.do.source]

    started = {slug(step.do.service.partition) for step in steps if isinstance(step.do, Start)}

    def adopted(groups: Groups) -> Groups:
        for each in there:
            groups = groups.adopted(slug(each.partition), each.resource)
            _check_there(groups, each)
        for part, resource in placed.items():
            if slug(part) not in started:
                groups = groups.adopted(slug(part), resource)
        return groups

    change(home.path, adopted)


def _check_there(groups: Groups, service: Service) -> None:
    running = [each.resource for each in groups.of(slug(service.partition)) if not each.retired]
    if service.resource not in running and not service.resource:
        said = f"{service.component}/{service.partition} is on {running[0] if running else 'nothing'} here already"
        raise Rejected(said, hint="give noria optimize what runs now (--current) and deploy the steps from there")
    if service.resource not in running:
        said = f"{service.component}/{service.partition} is not on {service.resource} here, but on {running[0]}"
        raise Rejected(said, hint="give noria optimize what runs now (--current) and deploy the steps from there")


def _check_served(services: Sequence[Service], served: Sequence[str]) -> None:
    for each in services:
        if slug(each.partition) not in served:
            close = nearest(slug(each.partition), served)
            raise Rejected(f"{each.partition} is not served here{close}", hint="noria up with an FDL that has it")


def _check_followed(steps: Sequence[Step]) -> None:
    """Refuse to end a function that nothing takes the place of: where its objects go is written in the FDL."""
    started = {slug(step.do.service.partition) for step in steps if isinstance(step.do, Start)}
    for step in steps:
        if isinstance(step.do, Stop) and slug(step.do.service.partition) not in started:
            hint = "here functions only change their resources; for other functions noria up with another FDL"
            raise Rejected(f"{step.do.service} is stopped, and nothing is started in its place", hint=hint)
