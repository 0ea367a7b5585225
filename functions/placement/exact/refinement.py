"""What a programme learns from a placement that the evaluator refuses: rows, tangents, or that one combination less."""

from collections.abc import Iterable

from functions.placement.exact.formulation import Formulation
from functions.placement.exact.limits import Limit, limits
from functions.placement.exact.times import ResponseTimes
from functions.placement.system import Placement
from functions.placement.verdict import Violation


class Refinement:
    """Refines one formulation, violation by violation.

    Attributes:
        is_coarse: A resource in use is where its list of counts ends short of its nodes, and that is too rough here:
            the formulation has to be written again with more counts.
    """

    def __init__(self, formulation: Formulation) -> None:
        self.formulation = formulation
        self.times = ResponseTimes(formulation)
        self.limits = limits(formulation.figures.system)
        self.is_coarse = False

    def learn(self, placement: Placement, violations: Iterable[Violation], *, exclude: bool = True) -> bool:
        """Make the programme see what is wrong with a placement; tell whether anything is new to it.

        Args:
            placement: That the programme takes for feasible.
            violations: What the evaluator says is wrong.
            exclude: Whether to exclude the combination where no row is missing, as HiGHS' tolerance let it through.
        """
        found = list(violations)
        new = False
        for violation in found:
            if limit := self.limits.get((violation.rule, violation.subject)):
                new |= self._time(limit, placement)
        if new or not exclude:
            return new
        for violation in found:
            self._exclude(placement, violation)
        return True

    def _time(self, limit: Limit, placement: Placement) -> bool:
        if limit not in self.times.added:
            self.times.add(limit)
            return True
        return self.times.tighten(limit, placement)

    def _exclude(self, placement: Placement, violation: Violation) -> None:
        """Exclude what breaks the rule; all that runs on the same resources belongs to it, and so do their counts.

        More on them would not mend it: every time grows with the load. Another number of nodes may.
        """
        resources = self._resources(placement, violation)
        limit = self.limits.get((violation.rule, violation.subject))
        columns = self.formulation.options
        chosen = [
            columns[*part, place]
            for part, place in placement.resources.items()
            if place in resources or (limit and part[0] in limit.components)
        ]
        other = [
            column
            for name in resources
            for count, column in self.formulation.nodes[name].items()
            if count.nodes != placement.nodes[name] and violation.rule != "memory"
        ]
        terms = dict.fromkeys(chosen, 1.0) | dict.fromkeys(other, -1.0)
        self.formulation.programme.row(terms, high=len(chosen) - 1)
        self.is_coarse |= any(
            count.nodes == placement.nodes[name] < count.serving
            for name in resources
            for count in self.formulation.nodes[name]
        )

    def _resources(self, placement: Placement, violation: Violation) -> tuple[str, ...]:
        """Give the resources with nodes that a violation is about, in order; all in use where it does not say."""
        if violation.subject in placement.nodes:
            return (violation.subject,)
        limit = self.limits.get((violation.rule, violation.subject))
        used = (
            place
            for part, place in placement.resources.items()
            if place in placement.nodes and (limit is None or part[0] in limit.components)
        )
        return tuple(dict.fromkeys(used))
