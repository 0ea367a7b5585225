"""How idle the nodes of a resource are, and by what its load slows requests down: columns for one resource at a time.

With the number of nodes fixed, utilisation is linear in what runs there; ``u[k]`` is it if there are k nodes, else 0:

    u[k] <= utilisation limit x nodes[k],  sum of k u[k] >= sum of occupied x option,
    idle <= sum over k of nodes[k] - u[k]

The slowdown 1/idle is convex, so it lies above its tangents, 2/s - idle/s^2 where s is idle. There is one column of it
for each level: that of a level is right down to the level's idle share and too low below, where who uses the level must
not run anyway. So what a column can be at most is small where it can be, which the rows need that turn it off for who
runs elsewhere. A column is the slowdown x the level's idle share, and no row is an equation: both are for the sake of
HiGHS, whose presolve and cuts were seen to be wrong on such programmes (versions 1.8 to 1.15.1, rarely).
"""

import math
from dataclasses import dataclass, field

from functions.placement.exact.formulation import Formulation

ROUNDING = 1e-9
"""Of a level's number: at its end an idle share is still the level's."""
STEPS = 2
"""Tangents a level; where they meet they are 3 % too low."""


@dataclass
class Queue:
    """The columns of one resource.

    Attributes:
        nodes: Its numbers of nodes: their sum is 1 where the resource is used.
        idle: The share of its nodes' time that is not in use; 0 where the resource is not.
        slowdowns: Level -> slowdown x the level's idle share; 0 where the resource is not used.
        tangents: Idle shares that have one.
    """

    nodes: tuple[int, ...]
    idle: int
    slowdowns: dict[int, int] = field(default_factory=dict)
    tangents: set[float] = field(default_factory=set)


class Queues:
    """The queues of those resources that a limit of time looks at."""

    def __init__(self, formulation: Formulation) -> None:
        self.formulation = formulation
        self.of: dict[str, Queue] = {}
        self.least = 1 - formulation.figures.system.utilisation_limit

    def queue(self, name: str) -> Queue:
        """Give the columns of a resource, new ones if it has none."""
        if name not in self.of:
            self.of[name] = self._add(name)
        return self.of[name]

    def level(self, idle: float) -> int:
        """Give the level that is right down to an idle share: from one to the next that doubles."""
        return max(0, math.floor(math.log2(idle / self.least) + ROUNDING))

    def idle(self, level: int) -> float:
        """Give the idle share of a level."""
        return math.ldexp(self.least, level)

    def most(self, level: int) -> float:
        """Give the most that the column of a level can be: its steepest tangent at the utilisation limit."""
        return 2 - self.least / self.idle(level)

    def slowdown(self, name: str, level: int) -> int:
        """Give the column of a resource's slowdown that is right down to a level's idle share."""
        queue = self.queue(name)
        if level not in queue.slowdowns:
            programme = self.formulation.programme
            queue.slowdowns[level] = programme.column(upper=self.most(level), integer=False)
            for step in range(STEPS):
                self.touch(name, self.idle(level) * 2 ** (step / STEPS))
            if self.idle(level + 1) < 1:
                above = self.slowdown(name, level + 1)
                programme.row({queue.slowdowns[level]: 1.0, above: -0.5}, low=0.0)
        return queue.slowdowns[level]

    def touch(self, name: str, idle: float) -> bool:
        """Add the tangent at an idle share; tell whether it is new."""
        idle = max(idle, self.least)  # where too few nodes serve so far, the tangent at the limit says it
        queue, level = self.queue(name), self.level(idle)
        if idle in queue.tangents or level not in queue.slowdowns:
            return False
        queue.tangents.add(idle)
        terms = {queue.slowdowns[level]: idle / self.idle(level), queue.idle: 1 / idle}
        self.formulation.programme.row(terms | dict.fromkeys(queue.nodes, -2.0), low=0.0)
        return True

    def _add(self, name: str) -> Queue:
        programme, options = self.formulation.programme, self.formulation.options
        nodes = self.formulation.nodes[name]
        queue = Queue(tuple(nodes.values()), programme.column(integer=False))
        used: dict[int, float] = {}
        for count, chosen in nodes.items():
            share = programme.column(upper=1 - self.least, integer=False)
            programme.row({share: 1.0, chosen: self.least - 1}, high=0.0)
            used[share] = count.serving
        shares = dict.fromkeys(used, 1.0)
        programme.row({queue.idle: 1.0, **shares, **dict.fromkeys(queue.nodes, -1.0)}, high=0.0)
        here = self.formulation.figures.by_resource[name]
        busy = {options[each.key]: -each.occupied for each in here if each.key in options}
        programme.row({**busy, **used}, low=0.0)
        return queue
