"""How long a partition may take at most if the limits that it is under are to hold: what others leave at their fastest.

From it follow options that can be left out, and how much of a node's time may be in use where a partition runs.
"""

import math
from collections.abc import Sequence

from functions.placement.exact.figures import Figures, Option
from functions.placement.exact.limits import Limit
from functions.placement.system import Measured, Part, Queue

ROUNDING = 1e-7
"""Share by which bounds are widened, so that rounding excludes nothing."""
PASSES = 3
"""Leaving options out makes the fastest of others slower; after so many times there is little to gain."""


class Bounds:
    """Bounds on times that follow from some limits; no bounds from no limits.

    Attributes:
        usable: Partition -> its options that can keep the limits.
        longest: Partition -> seconds of a request beyond which a limit is broken.
    """

    def __init__(self, figures: Figures, limits: Sequence[Limit], serving: dict[str, int], *, memory: bool) -> None:
        """Look at the limits.

        Args:
            figures: Of the system.
            limits: That are to hold.
            serving: Resource -> the most nodes that there can be.
            memory: Whether a container has to fit into the memory of its node or instance.
        """
        self.figures, self.serving, self.memory = figures, serving, memory
        self.usable: dict[Part, tuple[Option, ...]] = {
            part: tuple(each for each in options if self._has_room(each)) for part, options in figures.options.items()
        }
        self.longest: dict[Part, float] = dict.fromkeys(figures.reach, math.inf)
        for _ in range(PASSES):
            for limit in limits:
                self._hold(limit)

    def least(self, option: Option) -> float:
        """Give the fewest seconds of a request: with nothing else on all the nodes that there may be."""
        if isinstance(option.behaviour, Queue):
            busy = option.occupied / self.serving[option.resource.name] if option.on_nodes else 0.0
            return option.behaviour.demand / (1 - busy)
        if isinstance(option.behaviour, Measured):
            return min(option.behaviour.seconds) if option.on_nodes else option.behaviour.seconds[0]
        return self.figures.function_seconds[option.key]

    def most(self, option: Option) -> float:
        """Give the most seconds of a request."""
        if isinstance(option.behaviour, Measured):
            return max(option.behaviour.seconds)
        if isinstance(option.behaviour, Queue):
            return option.behaviour.demand / (1 - self.figures.system.utilisation_limit)
        return self.figures.function_seconds[option.key]

    def utilisation(self, option: Option) -> float:
        """Give the most of a node's time that may be in use where an option is chosen."""
        limit, longest = self.figures.system.utilisation_limit, self.longest[option.part]
        if not isinstance(option.behaviour, Queue) or not math.isfinite(longest):
            return limit
        return min(limit, 1 - option.behaviour.demand / longest)

    def _has_room(self, option: Option) -> bool:
        if self.memory and option.memory > option.resource.memory * (1 + ROUNDING):
            return False
        most = self.serving.get(option.resource.name, 0) * self.figures.system.utilisation_limit
        return not option.on_nodes or option.occupied <= most * (1 + ROUNDING)

    def _hold(self, limit: Limit) -> None:
        """Bound the partitions of a limit's components, and leave out the options that are too slow."""
        chains = {
            name: [
                [(name, each) for each in chain] for chain in self.figures.system.components[name].deployments.values()
            ]
            for name in limit.components
        }
        fastest = {name: min(map(self._fastest, each)) for name, each in chains.items()}
        for name, alternatives in chains.items():
            others = sum(seconds for other, seconds in fastest.items() if other != name)
            for chain in alternatives:
                left = limit.seconds * (1 + ROUNDING) - others - self._fastest(chain)
                for part in chain:
                    self._bound(part, left)

    def _bound(self, part: Part, left: float) -> None:
        """Let a partition be ``left`` seconds of its component's time slower than at its fastest."""
        if reach := self.figures.reach[part]:
            longest = self._least(part) + left / reach
            self.longest[part] = min(self.longest[part], longest)
            self.usable[part] = tuple(each for each in self.usable[part] if self.least(each) <= self.longest[part])

    def _fastest(self, chain: Sequence[Part]) -> float:
        return sum(self.figures.reach[part] * self._least(part) for part in chain if self.figures.reach[part])

    def _least(self, part: Part) -> float:
        return min(map(self.least, self.usable[part]), default=math.inf)
