"""The model of functions as a service, functions.placement.faas, as a regression that has nothing to fit.

In a graph the states of the birth and death process are written out, as many as the loads that were measured need.
"""

from dataclasses import dataclass

import numpy as np

from functions.modelling.graph import Graph, Numbers
from functions.placement.faas import response_time

LEAST, MOST = 64, 512
"""Instances that a graph has states for."""


@dataclass(frozen=True)
class SteadyState:
    """Terms are load, warm, cold and idle; times are in ``unit`` seconds, targets in seconds.

    Attributes:
        instances: That a graph has states for: enough up to twice the busiest row that was measured.
    """

    unit: float
    instances: int

    @classmethod
    def of(cls, z: Numbers, *, unit: float) -> "SteadyState":
        """Make it for (N, 4) rows such as these."""
        busy = 2 * float(np.max(z[:, 0] * z[:, 2])) * unit
        return cls(unit, int(np.clip(busy + 10 * busy**0.5 + 40, LEAST, MOST)))

    def predict(self, z: Numbers) -> Numbers:
        """Give the mean seconds of a request."""
        load, warm, cold, idle = z.T
        return response_time(load, warm=warm * self.unit, cold=cold * self.unit, idle=idle * self.unit)

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph; each line is one of functions.placement.faas, with (N, instances) for its loop."""
        load = graph.columns(z, [0])
        warm, cold, idle = (graph.add("Mul", graph.columns(z, [place]), self.unit) for place in (1, 2, 3))
        busy = graph.add("Mul", load, warm)
        blocked = [graph.add("Pow", load, 0.0)]
        for count in range(1, self.instances + 1):
            offered = graph.add("Mul", busy, blocked[-1])
            blocked.append(graph.add("Div", offered, graph.add("Add", offered, float(count))))
        before = graph.add("Concat", *blocked[:-1], axis=1)
        after = graph.add("Concat", *blocked[1:], axis=1)
        rate = graph.add("Mul", load, graph.add("Sub", before, after))
        ended = graph.add("CumSum", self._ending(graph, rate, warm, idle), np.array(1, np.int64))
        arriving = graph.add("Mul", load, before)
        upward = graph.add("Div", arriving, graph.add("Add", graph.add("Mul", arriving, cold), 1.0))
        logs = graph.add("Sub", graph.add("Log", upward), graph.add("Log", graph.add("Max", ended, 1e-300)))
        sums = graph.add("CumSum", logs, np.array(1, np.int64))
        # The state without an instance weighs one, whose log is 0; all by the heaviest, as their scale does not matter.
        heaviest = graph.add("Max", graph.add("ReduceMax", sums, np.array([1], np.int64)), 0.0)
        weights = graph.add("Exp", graph.add("Sub", sums, heaviest))
        empty = graph.add("Exp", graph.add("Neg", heaviest))
        here = graph.add("Add", warm, graph.add("Mul", after, graph.add("Sub", cold, warm)))
        times = graph.add("Add", self._sum(graph, weights, here), graph.add("Mul", empty, cold))
        total = graph.add("Add", graph.add("ReduceSum", weights, np.array([1], np.int64)), empty)
        return graph.flat(graph.add("Div", times, total))

    @staticmethod
    def _sum(graph: Graph, weights: str, values: str) -> str:
        return graph.add("ReduceSum", graph.add("Mul", weights, values), np.array([1], np.int64))

    @staticmethod
    def _ending(graph: Graph, rate: str, warm: str, idle: str) -> str:
        """Give how often a second an instance is ended to which ``rate`` requests a second come."""
        rate = graph.add("Max", rate, 1e-300)
        span = graph.add("Add", idle, warm)
        exponent = graph.add("Min", graph.add("Mul", rate, span), 700.0)
        gone = graph.add("Exp", graph.add("Neg", exponent))
        # 1 - exp(-a) - a exp(-a), by its series where a is small: the difference would have no digits left.
        plain = graph.add("Sub", graph.add("Sub", 1.0, gone), graph.add("Mul", exponent, gone))
        third = graph.add("Sub", 0.5, graph.add("Div", exponent, 3.0))
        eighth = graph.add("Div", graph.add("Mul", exponent, exponent), 8.0)
        small = graph.add("Mul", graph.add("Mul", exponent, exponent), graph.add("Add", third, eighth))
        share = graph.add("Where", graph.add("Less", exponent, 1e-4), small, plain)
        waiting = graph.add("Min", graph.add("Mul", rate, idle), 700.0)
        grown = graph.add("Sub", graph.add("Exp", waiting), 1.0)
        grown = graph.add("Where", graph.add("Less", waiting, 1e-8), waiting, grown)
        spacing = graph.add("Div", graph.add("Mul", grown, share), rate)
        return graph.add("Reciprocal", graph.add("Add", idle, spacing))
