"""From a performance model's name and numbers to how a partition behaves on a resource.

The names are those in the factories of SPACE4AI-D (classes/PerformanceFactory.py @8c2ceb3) and SPACE4AI-R
(Performance/PerformanceFactory.hpp @70427c8).
"""

from collections.abc import Callable
from typing import Protocol

from functions.placement.system import Behaviour, ColdStarts, Measured, Queue, Resource

QUEUES = ("QTedge", "QTcloud")
FUNCTIONS = ("PACSLTK", "PACSLTKSTATIC")
LEARNT = ("MLLIBfaas", "AMLFAAS", "CoreBasedPredictor", "AMLCORE", "LambdaBasedPredictor", "AMLTHROUGHPUT")
NAMES = (*QUEUES, *FUNCTIONS, *LEARNT)

MOST_PREDICTED = 1000
"""Nodes for which a learnt model is asked; more of them are taken to be as quick as so many."""


class NotLearntError(LookupError):
    """A predictor has no model of a partition on a resource: its ``meanTime`` is taken."""


class Predictor(Protocol):
    """A learnt performance model: the response time of one request, in seconds."""

    def __call__(self, component: str, partition: str, resource: str, *, nodes: int, load: float) -> float:
        """Predict for a partition on ``nodes`` nodes of a resource at ``load`` requests a second.

        Raises:
            NotLearntError: There is no model of it.
        """


class Times(Protocol):
    """What a file says of a performance model; all in seconds."""

    @property
    def model(self) -> str:
        """One of ``NAMES``."""

    @property
    def demand(self) -> float | None:
        """Of a node, for one request alone."""

    @property
    def demand_warm(self) -> float | None:
        """On an instance that runs."""

    @property
    def demand_cold(self) -> float | None:
        """With a new instance."""

    @property
    def mean_time(self) -> float | None:
        """What SPACE4AI-D takes for the model's answer wherever no model is asked."""


def behaviour(times: Times, resource: Resource, *, predict: Callable[[int], float] | None) -> Behaviour:
    """Give how a partition behaves on ``resource``; ``predict`` gives a learnt model's seconds on so many nodes.

    Raises:
        ValueError: The numbers do not fit the model, or the model the resource; the text is the end of a sentence.
    """
    if times.model in QUEUES:
        if times.demand is None or resource.kind == "faas":
            raise ValueError(f"has model {times.model}, which needs demand and a resource that is not FaaS")
        return Queue(times.demand)
    if times.model in FUNCTIONS:
        if times.demand_warm is None or times.demand_cold is None or resource.kind != "faas":
            raise ValueError(f"has model {times.model}, which needs demandWarm, demandCold and a FaaS resource")
        return ColdStarts(times.demand_warm, times.demand_cold)
    return _learnt(times, resource, predict=predict)


def tabulated(times: Times, resource: Resource, seconds: tuple[float, ...]) -> Measured:
    """Give how a partition behaves whose seconds on 1, 2, 3... nodes are known."""
    if resource.kind != "faas":
        return Measured(seconds, times.demand or 0.0)
    # A function is paid for while it is busy, so that must be told; SPACE4AI-D takes the warm time.
    return Measured(seconds[:1], times.demand_warm or seconds[0])


def _learnt(times: Times, resource: Resource, *, predict: Callable[[int], float] | None) -> Measured:
    if predict is not None:
        most = 1 if resource.kind == "faas" else min(resource.nodes, MOST_PREDICTED)
        try:
            return tabulated(times, resource, tuple(predict(count) for count in range(1, 1 + most)))
        except NotLearntError:
            pass
    if times.mean_time is None:
        raise ValueError(f"has model {times.model} and no meanTime, and there is no learnt model to ask")
    return tabulated(times, resource, (times.mean_time,))
