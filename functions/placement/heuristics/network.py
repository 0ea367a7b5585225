"""What lies between components: seconds in networks, and places that nothing may go between."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from functions.placement.heuristics.figures import Indices
from functions.placement.heuristics.ways import Numbers, Places, Way
from functions.placement.system import System


@dataclass(frozen=True)
class Limit:
    """A component, or components in a row, and the seconds that they may take together."""

    components: tuple[int, ...]
    seconds: float


class Network:
    """The hops between the components of one system; K ways, C components, P places, Q limits.

    Args:
        choices: The ways of each component.
        first, last: (K,) place of each way's first and last partition.
    """

    def __init__(
        self,
        system: System,
        places: Places,
        choices: Sequence[Sequence[Way]],
        limits: Sequence[Limit],
        ends: tuple[Indices, Indices],
    ) -> None:
        self.first, self.last = ends
        self._count, self._limits = len(self.first), len(limits)
        self.starts = np.cumsum([0, *(len(each) for each in choices)])
        self.owner = np.repeat(np.arange(len(choices)), [len(each) for each in choices])
        self._clash = _clashes(places)
        number = {name: index for index, name in enumerate(system.components)}
        follows = [(number[one.name], number[other]) for one in system.components.values() for other in one.next]
        self._before = np.array([one for one, _ in follows], dtype=np.int64)
        self._after = np.array([other for _, other in follows], dtype=np.int64)
        self._lay_hops(system, places, choices, limits)

    def clashes(self, present: Indices) -> float:
        """Give how many hops between components nothing may take."""
        return float(self._clash[self.last[present[self._before]], self.first[present[self._after]]].sum())

    def changed_clashes(self, present: Indices, choice: Indices) -> Numbers:
        """Give the same with each of these ways in the stead of its component's present one: (M,)."""
        before, after = np.zeros((2, len(present), len(self._clash)))
        np.add.at(before, self._after, self._clash[self.last[present[self._before]]])
        np.add.at(after, self._before, self._clash[:, self.first[present[self._after]]].T)
        components = np.arange(len(present))
        now = before[components, self.first[present]] + after[components, self.last[present]]
        owner = self.owner[choice]
        changed: Numbers = before[owner, self.first[choice]] + after[owner, self.last[choice]] - now[owner]
        return changed + self.clashes(present)

    def seconds(self, present: Indices) -> Numbers:
        """Give the seconds between components under each limit: (Q,)."""
        total = np.zeros(self._limits)
        np.add.at(total, self._limit, self._now(present))
        return total

    def changes(self, present: Indices, choice: Indices) -> Numbers:
        """Give how each of these ways would change those seconds: (M, Q)."""
        change = np.zeros((self._count, self._limits))
        now, towards = self._now(present), self.first[present[self._to]]
        out, into = self._out, self._into
        change[out.ways, out.limits] += self._table[out.rows, towards[out.hop]] - now[out.hop]
        rows = self._rows(present)[into.hop]
        change[into.ways, into.limits] += self._table[rows, self.first[into.ways]] - now[into.hop]
        changed: Numbers = change[choice]
        return changed

    def _now(self, present: Indices) -> Numbers:
        now: Numbers = self._table[self._rows(present), self.first[present[self._to]]]
        return now

    def _rows(self, present: Indices) -> Indices:
        rows: Indices = self._row + (present - self.starts[:-1])[self._from]
        return rows

    def _lay_hops(
        self, system: System, places: Places, choices: Sequence[Sequence[Way]], limits: Sequence[Limit]
    ) -> None:
        """Lay out, one after the other, the hops of all limits, and for each the ways of both its ends."""
        names = tuple(system.components)
        hops = [(index, one, other) for index, limit in enumerate(limits) for one, other in pairwise(limit.components)]
        tables = [_table(system, names[one], names[other], places, choices[one]) for _, one, other in hops]
        self._table = np.concatenate(tables) if tables else np.zeros((0, len(places)))
        self._row: Indices = np.cumsum([0, *(len(each) for each in tables)])[:-1]
        self._limit, self._from, self._to = (np.array([hop[at] for hop in hops], dtype=np.int64) for at in range(3))
        self._out = self._ends(self._from)
        self._into = self._ends(self._to)

    def _ends(self, components: Indices) -> "_Ends":
        spans = [np.arange(self.starts[each], self.starts[each + 1]) for each in components]
        hop = np.repeat(np.arange(len(components)), [len(span) for span in spans])
        ways = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
        rows = self._row[hop] + ways - self.starts[components[hop]]
        return _Ends(ways, hop, self._limit[hop], rows)


@dataclass(frozen=True)
class _Ends:
    """For each hop and each way of the component at one of its ends: the way, hop, limit, and row of the table."""

    ways: Indices
    hop: Indices
    limits: Indices
    rows: Indices


def _table(system: System, one: str, other: str, places: Places, choices: Sequence[Way]) -> Numbers:
    """Give the seconds from the end of each way of a component to each place: (ways, P)."""
    component = system.components[one]
    rows = []
    for way in choices:
        end = component.partitions[component.deployments[way.deployment][-1]]
        rows.append(places.delays(end.sizes.get(other, 0.0))[way.places[-1]])
    # Where no network joins them the clash is counted; an infinite time would hide all the others.
    table: Numbers = np.nan_to_num(np.array(rows), posinf=0.0)
    return table


def _clashes(places: Places) -> Numbers:
    """1 where nothing may go from one place to another, as it is back to the edge or there is no network: (P, P)."""
    back: npt.NDArray[np.bool_] = ~places.on_edge[:, None] & places.on_edge[None, :]
    clashes: Numbers = (back | ~np.isfinite(places.delays(0.0))).astype(float)
    return clashes
