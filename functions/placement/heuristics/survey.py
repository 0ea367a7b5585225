"""The cost and the broken rules of a point, and of every point one step away from it, all at once.

Nodes on are as many as the load needs, between the fewest and the most that the point says; so every step is judged
with the best node counts for it, but for time limits that take more nodes, which are steps of their own.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from functions.placement.heuristics.figures import Indices
from functions.placement.heuristics.landscape import Landscape
from functions.placement.heuristics.point import ROUNDING, Point, Verdicts
from functions.placement.heuristics.ways import Numbers

Mask: TypeAlias = npt.NDArray[np.bool_]
Promising: TypeAlias = Callable[[Verdicts], Mask]
"""Which points, judged without their times, are worth judging with them: times only ever add to the excess."""
_Times: TypeAlias = Callable[[Mask, Numbers, Numbers], Numbers]


class Survey:
    """A point, and its neighbours; K ways, R resources, L layers, Q limits."""

    def __init__(self, landscape: Landscape, point: Point) -> None:
        self.landscape = landscape
        self.point = point
        of = landscape.of
        self._busy, self._slow, self._fixed = of.busy[point.ways], of.slow[point.ways], of.fixed[point.ways]
        self._parts, self._money = of.parts[point.ways], of.money[point.ways]
        self._queued = landscape.within.T @ self._slow
        self._still: Numbers = landscape.within.T @ self._fixed + landscape.network.seconds(point.ways)

    @cached_property
    def here(self) -> Verdicts:
        """The point itself: M is 1."""
        return self.layers(self.point.kinds[None], self.point.floors[None])

    def layers(self, kinds: Indices, floors: Numbers, *, promising: Promising | None = None) -> Verdicts:
        """Judge what the layers may have and keep on instead, (M, L) each."""
        of, present = self.landscape.of, self.point.ways

        def times(rows: Mask, waits: Numbers, nodes: Numbers) -> Numbers:
            seconds: Numbers = np.einsum("ml,qml->mq", waits, self._queued[:, kinds[rows]]) + self._still
            return seconds + self._measured_here(kinds[rows], nodes)

        parts = self._parts.sum(axis=0)[None]
        memory, lonely = of.memory[present].sum(axis=0)[kinds], of.lonely[present].sum(axis=0)[kinds]
        crowding = self._crowding(memory, lonely, parts, kinds)
        clashes = self.landscape.network.clashes(present)
        busy = self._busy.sum(axis=0)[kinds]
        known = self._judge(busy, parts, kinds, floors, self._money.sum(), crowding + clashes)
        return self._timed(known, busy, times, promising)

    def ways(self, choice: Indices, *, promising: Promising | None = None) -> Verdicts:
        """Judge each of these ways in the stead of its component's present one: M is how many they are."""
        of, kinds, owner = self.landscape.of, self.point.kinds, self.landscape.owner[choice]
        present = self.point.ways

        def changed(every: Numbers, own: Numbers) -> Numbers:
            needed: Numbers = every + (own.sum(axis=0) - own)[owner]
            return needed

        def times(rows: Mask, waits: Numbers, nodes: Numbers) -> Numbers:
            return self._changed_times(choice[rows], waits, nodes)

        parts = changed(of.parts[choice], self._parts)
        clashes: Numbers = self.landscape.network.changed_clashes(present, choice)
        if self.landscape.is_crowded:
            memory = changed(of.memory[choice[:, None], kinds], of.memory[present][:, kinds])
            lonely = changed(of.lonely[choice[:, None], kinds], of.lonely[present][:, kinds])
            clashes = clashes + self._crowding(memory, lonely, parts, kinds[None])
        money = of.money[choice] + (self._money.sum() - self._money)[owner]
        busy = changed(of.busy[choice[:, None], kinds], self._busy[:, kinds])
        known = self._judge(busy, parts, kinds[None], self.point.floors[None], money, clashes)
        return self._timed(known, busy, times, promising)

    def _judge(
        self, busy: Numbers, parts: Numbers, kinds: Indices, floors: Numbers, money: Numbers, excess: Numbers
    ) -> Verdicts:
        """Judge all but the times."""
        land, ceiling = self.landscape, self.landscape.system.utilisation_limit
        most = np.minimum(land.most[kinds], self.point.ceilings)
        needed = np.ceil(busy * ((1 - ROUNDING) / ceiling))
        nodes = np.minimum(np.maximum(np.maximum(needed, floors), parts > 0), most)
        over = np.maximum(busy / np.maximum(nodes, 1) - ceiling * (1 + ROUNDING), 0).sum(axis=1)
        price = land.price[kinds]
        return Verdicts(
            cost=(nodes * price).sum(axis=1) + money,
            excess=excess + over + (parts * (nodes == 0)).sum(axis=1),
            nodes=nodes,
            busy=(busy * price).sum(axis=1) + money,
        )

    def _timed(self, known: Verdicts, busy: Numbers, times: _Times, promising: Promising | None) -> Verdicts:
        """Add the time limits' excess, for points that are promising."""
        rows = np.ones(len(known.cost), dtype=bool) if promising is None else promising(known)
        if self.landscape.limits and rows.any():
            share = busy[rows] / np.maximum(known.nodes[rows], 1)
            waits = 1 / (1 - np.minimum(share, self.landscape.system.utilisation_limit))
            seconds = times(rows, waits, known.nodes[rows])
            known.excess[rows] += np.maximum(seconds / self.landscape.seconds - 1 - ROUNDING, 0).sum(axis=1)
        return known

    def _changed_times(self, choice: Indices, waits: Numbers, nodes: Numbers) -> Numbers:
        """Give the seconds under each limit with each of these ways: (M, Q)."""
        land, kinds = self.landscape, self.point.kinds
        owner = land.owner[choice]
        slow = land.of.slow[choice[:, None], kinds] - self._slow[:, kinds][owner]
        own: Numbers = (waits * slow).sum(axis=1) + land.of.fixed[choice] - self._fixed[owner]
        own = own + self._measured_change(choice, nodes)
        seconds: Numbers = waits @ self._queued[:, kinds].T + self._still
        seconds += self.landscape.network.changes(self.point.ways, choice)
        return seconds + land.within[owner] * own[:, None] + self._measured_here(kinds[None], nodes)

    def _crowding(self, memory: Numbers, lonely: Numbers, parts: Numbers, kinds: Indices) -> Numbers:
        """Give the excess of memory, and of partitions beside one that may share with none: (M,)."""
        over = np.maximum(memory / self.landscape.room[kinds] - 1 - ROUNDING, 0).sum(axis=1)
        crowd: Numbers = over + (np.maximum(parts - 1, 0) * (lonely > 0)).sum(axis=1)
        return crowd

    def _measured_here(self, kinds: Indices, nodes: Numbers) -> Numbers | float:
        """Give the seconds that models predict for the present ways: (M, Q)."""
        land = self.landscape
        if not land.longest:
            return 0.0
        under = np.einsum("cq,crn->qrn", land.within, land.of.measured[self.point.ways])
        index = np.clip(nodes.astype(np.int64), 1, land.longest) - 1
        seconds: Numbers = under[:, np.broadcast_to(kinds, index.shape), index].sum(axis=2).T
        return seconds

    def _measured_change(self, choice: Indices, nodes: Numbers) -> Numbers | float:
        """Give the seconds that models predict for each of these ways less those for the present one: (M,)."""
        land, kinds = self.landscape, self.point.kinds
        if not land.longest:
            return 0.0
        index = np.clip(nodes.astype(np.int64), 1, land.longest) - 1
        present = self.point.ways[land.owner[choice]]
        measured = land.of.measured
        each = measured[choice[:, None], kinds, index] - measured[present[:, None], kinds, index]
        change: Numbers = each.sum(axis=1)
        return change
