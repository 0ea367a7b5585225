"""A queue in front of servers, as a regression: seconds of a request by load and number of servers.

Sakasegawa's approximation of the wait in a G/G/n queue (H. Sakasegawa, "An approximation formula Lq = a rho^b / (1 -
rho)", Annals of the Institute of Statistical Mathematics 29, 1977), with three numbers that measurements tell: a
request's seconds on one server, how uneven arrivals and requests are, and how much servers slow one another down.
"""

from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from functions.modelling.features import Base, Features
from functions.modelling.graph import Graph, Numbers
from functions.modelling.model import Model, PlainTarget
from functions.modelling.roles import role
from functions.modelling.sample import Sample

FULLEST = 0.99
"""Share of the servers' time that is in use at most: a fuller queue has no steady state."""
MOST_UNEVEN = 20.0
_LEAST_SLOWED, _LEAST_MEASURED, _MOST_SLOWED = 6, 4, 1.0
"""Rows below which it is not asked whether servers slow one another down, without measured service and with it; the
greatest power with which they do."""
_AKAIKE = 2.0
_EXACT = 1e-12
"""Error that is none."""


@dataclass(frozen=True)
class Queueing:
    """Terms are load and servers.

    Attributes:
        demand: Seconds of one server.
        uneven: Half the sum of the squared coefficients of variation of arrivals and of service; 1 for M/M/n.
        slowed: Power of the number of servers with which a request takes longer where they share something.
    """

    demand: float
    uneven: float
    slowed: float

    def predict(self, z: Numbers) -> Numbers:
        """Give the mean seconds of a request."""
        load, servers = z[:, 0], z[:, 1]
        service = self.demand * servers**self.slowed
        full = np.minimum(load * service / servers, FULLEST)
        wait = full ** (np.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - full))
        seconds: Numbers = service * (1 + self.uneven * wait)
        return seconds

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph, line by line as above."""
        load = graph.columns(z, [0])
        servers = graph.columns(z, [1])
        service = graph.add("Mul", graph.add("Pow", servers, self.slowed), self.demand)
        full = graph.add("Min", graph.add("Div", graph.add("Mul", load, service), servers), FULLEST)
        root = graph.add("Sqrt", graph.add("Mul", graph.add("Add", servers, 1.0), 2.0))
        left = graph.add("Mul", servers, graph.add("Sub", 1.0, full))
        wait = graph.add("Div", graph.add("Pow", full, graph.add("Sub", root, 1.0)), left)
        longer = graph.add("Add", graph.add("Mul", wait, self.uneven), 1.0)
        return graph.flat(graph.add("Mul", service, longer))


def is_queue(sample: Sample) -> bool:
    """Tell whether a sample says how long requests take by their load and what serves them, and by nothing else."""
    places = _places(sample)
    if places is None or sample.x[:, list(places)].min() <= 0 or sample.function:
        return False
    servers = sample.x[:, places[1]]
    varying = [place for place in range(len(sample.names)) if len(np.unique(sample.x[:, place])) > 1]
    return all(place in places or _is_multiple(sample, place, servers) for place in varying)


def queueing(sample: Sample, quick: bool) -> Model:  # noqa: ARG001 - see Family
    """Fit the three numbers to the logs of the seconds; where service was measured, two of them to that alone."""
    places = _places(sample)
    assert places is not None
    z, logs = sample.x[:, list(places)], np.log(sample.y)
    least = _LEAST_SLOWED if sample.busy is None else _LEAST_MEASURED
    free = len(sample) >= least and len(np.unique(z[:, 1])) > 1
    if sample.busy is not None:
        law = _best(z, logs, _service(z, np.log(sample.busy), free=free))[0]
    else:
        law, left = _best(z, logs, ((float(logs.min()) - 2, 0.0), (float(logs.max()), 0.0)))
        if free:
            bounds = ((float(logs.min()) - 2, -_MOST_SLOWED), (float(logs.max()), _MOST_SLOWED))
            slower, less = _best(z, logs, bounds)
            law = slower if _earns(left, less, len(sample)) else law
    features = Features(tuple((Base(place, "plain"),) for place in places))
    facts = (("demand", law.demand), ("unevenness", law.uneven), ("slowed", law.slowed))
    return Model("queue", features, law, PlainTarget(), facts)


Bounds: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""The least and the greatest log of the demand with the power of the number of servers."""


def _service(z: Numbers, busy: Numbers, *, free: bool) -> Bounds:
    """Give log of demand and power as they were measured by themselves."""
    level, servers = float(busy.mean()), np.log(z[:, 1])
    if free:
        slowed, offset = (float(each) for each in np.polyfit(servers, busy, 1))
        left, less = (float(np.sum(each**2)) for each in (busy - level, busy - offset - slowed * servers))
        if _earns(left, less, len(busy)) and abs(slowed) <= _MOST_SLOWED:
            return (offset, slowed), (offset, slowed)
    return (level, 0.0), (level, 0.0)


def _earns(left: float, less: float, rows: int) -> bool:
    """Tell whether one more number earns its place: by what Akaike's criterion asks, twice over."""
    return bool(rows * np.log(max(left, _EXACT) / max(less, _EXACT)) > 2 * _AKAIKE)


def _best(z: Numbers, logs: Numbers, bounds: Bounds) -> tuple[Queueing, float]:
    """Give the law of the least error within bounds, and the error; the way there has three beginnings."""
    from scipy.optimize import least_squares  # type: ignore[import-untyped]  # scikit-learn's own

    (low, least), (high, most) = bounds
    limits = ([low - 1e-9, 0.0, least - 1e-9], [high + 1e-9, MOST_UNEVEN, most + 1e-9])
    demand = min(max(float(logs.min()), low), high)
    weights = _steadiness(z, float(np.exp(demand)))
    found = [
        least_squares(
            partial(_left, z, logs, weights),
            (demand, uneven, (least + most) / 2),
            bounds=limits,
        )
        for uneven in (0.05, 0.5, 2.0)
    ]
    best = min(found, key=lambda each: float(each.cost))
    return _law(best.x), float(best.cost)


def _law(numbers: Numbers) -> Queueing:
    return Queueing(float(np.exp(numbers[0])), float(numbers[1]), float(numbers[2]))


def _left(z: Numbers, logs: Numbers, weights: Numbers, numbers: Numbers) -> Numbers:
    return np.asarray(weights * (np.log(_law(numbers).predict(z)) - logs))


def _steadiness(z: Numbers, demand: float) -> Numbers:
    """Give each row's weight: a fuller queue takes longer to settle, so a run says less of its steady state.

    The standard error of a run's mean grows as 1 / (1 - utilisation) (W. Whitt, "Planning queueing simulations",
    Management Science 35, 1989).
    """
    return 1 - np.minimum(z[:, 0] * demand / z[:, 1], FULLEST)


def _places(sample: Sample) -> tuple[int, int] | None:
    """Give the places of the load and of the number of servers: of workers rather than of cores."""
    load = next((place for place, name in enumerate(sample.names) if role(name) == "load"), None)
    servers = sorted(sample.scale, key=lambda place: role(sample.names[place]) == "cores")
    return (load, servers[0]) if load is not None and servers and not sample.is_word(load) else None


def _is_multiple(sample: Sample, place: int, servers: Numbers) -> bool:
    if sample.is_word(place) or place not in sample.scale:
        return False
    ratio = sample.x[:, place] / servers
    return bool(np.allclose(ratio, ratio[0]))
