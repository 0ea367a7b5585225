"""A performance model: columns of a table in, seconds out; the same in numpy and as an ONNX graph."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from functions.modelling.features import Features
from functions.modelling.graph import INPUT, Graph, Numbers
from functions.modelling.regressors import Regressor

LARGEST = 600.0
"""Of a log of seconds, before it is raised: what lies far outside of all that was measured stays a number."""
LEAST = 1e-9
"""Seconds that a prediction has at least."""


class Target(Protocol):
    """What is regressed on in place of the seconds."""

    def of(self, x: Numbers, y: Numbers) -> Numbers:
        """Give the targets of (N, columns) rows with (N,) seconds."""

    def back(self, x: Numbers, t: Numbers) -> Numbers:
        """Give the seconds of targets."""

    def export(self, graph: Graph, t: str) -> str:
        """Add ``back`` to a graph."""


@dataclass(frozen=True)
class LogTarget:
    """The log: errors are shares of the time, and no prediction is negative."""

    def of(self, x: Numbers, y: Numbers) -> Numbers:  # noqa: ARG002 - see Target
        """Give the logs."""
        return np.log(y)

    def back(self, x: Numbers, t: Numbers) -> Numbers:  # noqa: ARG002 - see Target
        """Give the seconds."""
        return np.exp(np.clip(t, -LARGEST, LARGEST))

    def export(self, graph: Graph, t: str) -> str:
        """Add ``back`` to a graph."""
        return graph.add("Exp", graph.add("Min", graph.add("Max", t, -LARGEST), LARGEST))


@dataclass(frozen=True)
class PlainTarget:
    """The seconds themselves, as aMLLibrary takes them."""

    def of(self, x: Numbers, y: Numbers) -> Numbers:  # noqa: ARG002 - see Target
        """Give the seconds."""
        return y

    def back(self, x: Numbers, t: Numbers) -> Numbers:  # noqa: ARG002 - see Target
        """Give them back, but none that is not positive."""
        return np.maximum(t, LEAST)

    def export(self, graph: Graph, t: str) -> str:
        """Add ``back`` to a graph."""
        return graph.add("Max", t, LEAST)


@dataclass(frozen=True)
class ColdTarget:
    """The log of the share of cold starts, where a table has the time of a warm and of a cold one.

    A request takes ``warm + share (cold - warm)``; see functions.placement.faas for where the share comes from.

    Attributes:
        warm, cold: Places of the columns.
        scale: Seconds of one unit of these columns.
    """

    warm: int
    cold: int
    scale: float = 1.0

    def of(self, x: Numbers, y: Numbers) -> Numbers:
        """Give the logs of the shares; one that noise has made 0 or less counts as one in a million million."""
        warm, cold = x[:, self.warm] * self.scale, x[:, self.cold] * self.scale
        return np.log(np.maximum((y - warm) / np.maximum(cold - warm, 1e-12), 1e-12))

    def back(self, x: Numbers, t: Numbers) -> Numbers:
        """Give the seconds."""
        warm, cold = x[:, self.warm] * self.scale, x[:, self.cold] * self.scale
        seconds: Numbers = warm + (cold - warm) * np.exp(np.minimum(t, 0.0))
        return seconds

    def export(self, graph: Graph, t: str) -> str:
        """Add ``back`` to a graph."""
        warm, cold = (
            graph.flat(graph.add("Mul", graph.columns(INPUT, [place]), self.scale)) for place in (self.warm, self.cold)
        )
        share = graph.add("Exp", graph.add("Min", t, 0.0))
        return graph.add("Add", warm, graph.add("Mul", graph.add("Sub", cold, warm), share))


@dataclass(frozen=True)
class Model:
    """Features, a regression on them, and how its targets become seconds.

    Attributes:
        family: Name of the family that it is of, with what was chosen within it.
        facts: What was found while it was fitted: name -> number, such as a serial share.
    """

    family: str
    features: Features
    regressor: Regressor
    target: Target
    facts: tuple[tuple[str, float], ...] = ()

    def predict(self, x: Numbers) -> Numbers:
        """Give the seconds of (N, columns) rows, (N,)."""
        return self.target.back(x, self.regressor.predict(self.features.of(x)))

    def export(self, graph: Graph) -> str:
        """Add it to a graph, as (N,) seconds."""
        return self.target.export(graph, self.regressor.export(graph, self.features.export(graph)))
