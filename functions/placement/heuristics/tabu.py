"""TabuSearch: the best step that was not taken of late, better or not."""

from collections.abc import Sequence

from functions.placement.heuristics.point import Point
from functions.placement.heuristics.search import Search

_AT_ONCE = 50


class Tabu(Search):
    """Walks from each point; a component that was changed stays for a while, unless that gives the best point yet."""

    def run(self, starts: Sequence[Point], iterations: int, *, tabu_size: int) -> None:
        """Walk from each point by its share of the iterations, choosing better resources every few steps."""
        for point in starts:
            left = -(-iterations // max(len(starts), 1))
            while left > 0 and not (self.is_over or self.is_done):
                point = self.walk(point, steps=min(left, _AT_ONCE), tenure=tabu_size)
                point = self.descend(point, steps=left)
                left -= _AT_ONCE
