"""LocalSearch: steepest descent from each of several points."""

from collections.abc import Sequence

from functions.placement.heuristics.point import Point
from functions.placement.heuristics.search import Search


class LocalSearch(Search):
    """Migrates partitions, changes deployments, resources and node counts, as long as that makes a point better."""

    def run(self, starts: Sequence[Point], iterations: int) -> None:
        """Descend from each point by at most so many steps."""
        for point in starts:
            self.descend(point, steps=iterations)
            if self.is_over or self.is_done:
                break
