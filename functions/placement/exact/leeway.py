"""What may be relaxed, and at what price: nothing, when the cheapest placement is sought.

Where every limit is elastic, one that gives way costs one. By how much it does, as a share of the limit, costs little,
so that it only tells answers with equally many changes apart. Rules that follow from how the software is built give way
last. Each method gives terms that lessen the left side of a row with a maximum.
"""

import math
from dataclasses import dataclass

from functions.placement.exact.figures import Option
from functions.placement.exact.programme import Programme, Terms
from functions.placement.system import Resource

AMOUNT = 1e-4
"""What giving way by the whole of a limit costs beside the one for giving way at all."""
MOST_NODES = 10**9
STRUCTURE = 10.0
"""What giving way costs where no limit is concerned."""

UTILISATION = 0.001
"""So little used, a queue is a thousandth slower than with nothing in it: more nodes than that help no more."""


@dataclass(frozen=True)
class Leeway:
    """Leeway in the rows of a programme: in all of them or in none."""

    programme: Programme
    gives: bool = False

    def more_nodes(self, resource: Resource, busy: float) -> int:
        """Give how many nodes there may be beyond those that there are, where all keeps ``busy`` of them busy."""
        wanted = math.ceil(min(busy / UTILISATION, MOST_NODES)) if self.gives else 0
        return max(0, wanted - resource.nodes)

    def cost(self, resource: Resource, nodes: int, cost: float) -> float:
        """Give what nodes count for in the objective, which is their ``cost`` only if nothing gives way."""
        if not self.gives:
            return cost
        beyond = max(0, nodes - resource.nodes)
        return 1.0 + AMOUNT * beyond / resource.nodes if beyond else 0.0

    def price(self, option: Option) -> float:
        """Give what an option counts for in the objective; instances of a function may get more memory too."""
        if not self.gives:
            return option.cost
        lacking = 0.0 if option.on_nodes else max(0.0, option.memory - option.resource.memory)
        return 1.0 + AMOUNT * lacking / option.resource.memory if lacking else 0.0

    def memory(self, resource: Resource, most: float) -> Terms:
        """Give leeway to a node's memory, in MB, where ``most`` would do for everything."""
        return self._limit(resource.memory, most)

    def seconds(self, limit: float, most: float) -> Terms:
        """Give leeway to a limit of time, where ``most`` seconds can come together."""
        return self._limit(limit, most)

    def layer(self, types: int) -> Terms:
        """Give leeway to the rule of one type of resource a layer, of which it has ``types``."""
        return {self.programme.column(STRUCTURE, upper=types - 1.0): -1.0} if self.gives and types > 1 else {}

    def order(self) -> Terms:
        """Give leeway to the rule that nothing goes back to the edge."""
        return {self.programme.column(STRUCTURE): -1.0} if self.gives else {}

    def _limit(self, limit: float, most: float) -> Terms:
        if not self.gives or most <= limit:
            return {}
        gives = self.programme.column(1.0)
        amount = self.programme.column(AMOUNT / limit, upper=most - limit, integer=False)
        self.programme.row({amount: 1.0, gives: limit - most}, high=0.0)
        return {amount: -1.0}
