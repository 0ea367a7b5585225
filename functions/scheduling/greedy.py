"""A plan for one moment, the more pressing jobs first: GPUScheduler's greedy, and its randomised form.

Sources: ``greedy.cpp`` and ``random_greedy.cpp`` of ai-sprint-eu-project/GPUScheduler, for the rules and the values of
``alpha``, ``pi`` and ``beta``. Not taken over: its swap makes a heavy job in front *likelier* to go back; here a light
one is. With its ``alpha`` of 0.05 a choice among fewer than 30 setups is no choice (``round(0.05 * n)`` is 1), as
there.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TypeVar

from functions.scheduling.instance import Setup
from functions.scheduling.simulation import Active, Assignment, Decision, Moment, Nodes, preferred

T = TypeVar("T")


@dataclass(frozen=True)
class Chance:
    """How much is left to chance; all 0 is the plain greedy.

    Attributes:
        alpha: Share of the preferred setups among which one is drawn.
        pi: How much likelier than one half a lighter job lets a heavier one behind it pass (and less the other way).
        beta: Share of the fitting nodes, the fullest first, among which one is drawn.
    """

    alpha: float = 0.0
    pi: float = 0.0
    beta: float = 0.0
    dice: random.Random | None = None

    def draw(self, among: Sequence[T], share: float) -> T:
        """Draw one of the first ``share`` of a list, of at least one."""
        count = max(1, round(share * len(among)))
        return among[self.dice.randrange(count)] if self.dice and count > 1 else among[0]


def pressure(active: Active, now: float) -> float:
    """Seconds by which the job will be late at least."""
    return now + active.left * active.job.fastest - active.job.deadline


def filled(moment: Moment, kept: Mapping[str, Assignment], chance: Chance) -> dict[str, Assignment]:
    """Plan one moment anew around the jobs that are ``kept`` where they are, whatever ran until now."""
    waiting = [each for each in moment.active if each.job.name not in kept]
    queue = sorted(waiting, key=lambda each: (-pressure(each, moment.now), each.job.name))
    _swap(queue, chance)
    nodes = Nodes(moment.instance)
    runs = dict(kept)
    for each in runs.values():
        nodes.take(*each)
    for active in queue:
        assignment = _assigned(active, moment.now, nodes, chance)
        if assignment:
            runs[active.job.name] = assignment
            if nodes.is_full():
                break
    jobs = {each.job.name: each for each in moment.active}
    _shrink(runs, jobs, nodes)
    _speed_up(runs, jobs, nodes)
    return runs


def _swap(queue: list[Active], chance: Chance) -> None:
    if not chance.dice:
        return
    for place in range(len(queue) - 1):
        lighter = queue[place].job.weight < queue[place + 1].job.weight
        if chance.dice.random() < 0.5 + (chance.pi if lighter else -chance.pi):
            queue[place], queue[place + 1] = queue[place + 1], queue[place]


def _assigned(active: Active, now: float, nodes: Nodes, chance: Chance) -> Assignment | None:
    wanted = preferred(active, now)
    first = True
    while wanted:
        setup = chance.draw(wanted, chance.alpha)
        wanted.remove(setup)
        assignment = _beside(active, setup, nodes, chance) or (_alone(active, setup, nodes) if first else None)
        first = first and assignment is None and nodes.off(setup.configuration) is None
        if assignment:
            return assignment
    return None


def _beside(active: Active, setup: Setup, nodes: Nodes, chance: Chance) -> Assignment | None:
    """Give as many of the same GPUs of a node that is on, the fullest first."""
    fitting = []
    for node, configuration in nodes.on.items():
        if configuration.gpu == setup.configuration.gpu and nodes.free(node) >= setup.gpus:
            same = _same(active, setup.gpus, node, nodes)
            if same:
                fitting.append((nodes.free(node), node, same))
    if not fitting:
        return None
    _, node, same = chance.draw(sorted(fitting), chance.beta)
    return nodes.take(node, same)


def _same(active: Active, gpus: int, node: int, nodes: Nodes) -> Setup | None:
    configuration = nodes.on[node]
    found = (each for each in active.job.setups if each.gpus == gpus and each.configuration == configuration)
    return next(found, None)


def _alone(active: Active, setup: Setup, nodes: Nodes) -> Assignment | None:
    """Switch a node on, the largest with such GPUs: others will come beside, or it is made smaller at the end."""
    alike = [
        each
        for each in active.job.setups
        if each.gpus == setup.gpus and each.configuration.gpu == setup.configuration.gpu
    ]
    for each in sorted(alike, key=lambda one: (-one.configuration.gpus, one)):
        node = nodes.off(each.configuration)
        if node is not None:
            return nodes.take(node, each)
    return None


def _shrink(runs: dict[str, Assignment], jobs: dict[str, Active], nodes: Nodes) -> None:
    """Make each node with idle GPUs the cheapest machine that all its jobs can run on with as many GPUs."""
    for node in [each for each in nodes.on if nodes.free(each)]:
        here = {name: each.setup for name, each in runs.items() if each.node == node}
        best, cheapest = nodes.on[node], nodes.on[node].cost
        for configuration in nodes.instance.nodes[node].configurations:
            fits = configuration.gpu == best.gpu and configuration.gpus >= nodes.used[node]
            if (
                fits
                and configuration.cost < cheapest
                and all(_found(jobs[name], configuration, setup.gpus) for name, setup in here.items())
            ):
                best, cheapest = configuration, configuration.cost
        if best != nodes.on[node]:
            nodes.on[node] = best
            for name, setup in here.items():
                changed = _found(jobs[name], best, setup.gpus)
                if changed:
                    runs[name] = Assignment(node, changed)


def _found(active: Active, configuration: object, gpus: int) -> Setup | None:
    fitting = (each for each in active.job.setups if each.gpus == gpus and each.configuration == configuration)
    return next(fitting, None)


def _speed_up(runs: dict[str, Assignment], jobs: dict[str, Active], nodes: Nodes) -> None:
    """Give idle GPUs of a node that is paid for to the job on it that gains most seconds."""
    for node in [each for each in nodes.on if nodes.free(each)]:
        gains = []
        for name, assignment in runs.items():
            if assignment.node == node:
                active, setup = jobs[name], assignment.setup
                more = [
                    (active.seconds(setup) - active.seconds(each), name, each)
                    for each in active.job.setups
                    if each.configuration == setup.configuration and 0 < each.gpus - setup.gpus <= nodes.free(node)
                ]
                gains.extend(more)
        if gains and max(gains)[0] > 0:
            _, name, setup = max(gains)
            nodes.used[node] += setup.gpus - runs[name].setup.gpus
            runs[name] = Assignment(node, setup)


def outlook(moment: Moment, runs: dict[str, Assignment]) -> float:
    """Estimate what all active jobs will cost after a plan (money).

    What runs goes on to its end; what waits begins at the first end, with its fastest setup at its cheapest share.
    """
    used: dict[int, int] = {}
    for assignment in runs.values():
        used[assignment.node] = used.get(assignment.node, 0) + assignment.setup.gpus
    jobs = {each.job.name: each for each in moment.active}
    first = min((jobs[name].seconds(each.setup) for name, each in runs.items()), default=inf)
    total = 0.0
    for name, active in jobs.items():
        if name in runs:
            setup = runs[name].setup
            seconds = active.seconds(setup)
            total += seconds * setup.configuration.rate * setup.gpus / used[runs[name].node]
            total += active.job.late(moment.now + seconds)
        else:
            total += active.left * min(setup.share for setup in active.job.setups)
            total += active.job.late(moment.now + first + active.left * active.job.fastest)
    return total


@dataclass
class Greedy:
    """Policy: the greedy plan at each moment; with ``iterations`` also that many randomised ones, and the best counts.

    Attributes:
        iterations: Plans a moment; 1 is the greedy alone.
        seed: Of what is drawn.
        until: ``time.monotonic()`` after which nothing is drawn any more.
        alpha: As in ``Chance``; GPUScheduler's values are the defaults.
    """

    iterations: int = 1
    seed: int = 0
    until: float = inf
    alpha: float = 0.05
    pi: float = 0.05
    beta: float = 0.2
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - drawn, not secret

    def __call__(self, moment: Moment) -> Decision:
        """Plan, and keep the plan with the best outlook."""
        best = filled(moment, {}, Chance())
        if self.iterations > 1:
            least = outlook(moment, best)
            chance = Chance(self.alpha, self.pi, self.beta, self._dice)
            for _ in range(self.iterations - 1):
                if monotonic() > self.until:
                    break
                plan = filled(moment, {}, chance)
                cost = outlook(moment, plan)
                if cost < least:
                    best, least = plan, cost
        return Decision(best)
