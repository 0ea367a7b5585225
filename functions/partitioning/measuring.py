"""How long the parts of a network take here, and how far what they give together is from what the whole gives."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ModelProto, helper

from functions.partitioning.cuts import Cut
from functions.partitioning.exits import Exit, parts_of_exits
from functions.partitioning.network import Network
from functions.partitioning.parts import halves


@dataclass(frozen=True)
class Measured:
    """A cut and the CPU seconds of one request: its first half, its second half, and the whole network.

    ``difference``: between a number that the halves give and the same of the whole, the greatest there is. Where a
    runtime joins an operation with the next, as a convolution with its activation, a cut between them rounds once more.
    """

    cut: Cut
    first: float
    second: float
    whole: float
    difference: float = 0.0


@dataclass(frozen=True)
class MeasuredParts:
    """CPU seconds of each part of a network with exits, none of which was taken, and the difference as above."""

    parts: tuple[float, ...]
    difference: float


class Measuring:
    """Runs a network and its parts on the same random numbers, one thread; the median of ``rounds`` counts.

    The whole is measured without weights among its inputs, as the parts are: else they would seem faster than it.
    """

    def __init__(self, network: Network, *, rounds: int, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        self._network = network
        self._rounds = rounds
        self._given = {name: _numbers(network, name, generator) for name in network.inputs}
        self.whole, self._results = _timed(network.model, self._given, rounds)

    def halves(self, cut: Cut) -> Measured:
        """Measure both halves of a cut."""
        seconds, results = self._chained(halves(self._network, cut.tensor))
        return Measured(cut, seconds[0], seconds[1], self.whole, self._difference(results))

    def exits(self, exits: tuple[Exit, ...]) -> MeasuredParts:
        """Measure the parts between exits."""
        seconds, results = self._chained(tuple(parts_of_exits(self._network, exits)))
        return MeasuredParts(tuple(seconds), self._difference(results))

    def _chained(self, parts: Sequence[ModelProto]) -> tuple[list[float], dict[str, Any]]:
        values = dict(self._given)
        seconds = []
        for each in parts:
            taken, results = _timed(each, {one.name: values[one.name] for one in each.graph.input}, self._rounds)
            seconds.append(taken)
            values |= results
        return seconds, values

    def _difference(self, values: Mapping[str, Any]) -> float:
        pairs = [(values[name], whole) for name, whole in self._results.items() if whole.size]
        apart = [np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)) for a, b in pairs]
        return float(max((np.nan_to_num(each, nan=0.0).max() for each in apart), default=0.0))


def _numbers(network: Network, name: str, generator: np.random.Generator) -> Any:  # noqa: ANN401 - any type of number
    fact = network.fact(name)
    kind = helper.tensor_dtype_to_np_dtype(fact.kind)
    shape = [1 if size is None else size for size in fact.shape or ()]
    if np.issubdtype(kind, np.floating):
        return generator.standard_normal(shape).astype(kind)
    return generator.integers(0, 2, shape).astype(kind)


def _timed(model: ModelProto, given: dict[str, Any], rounds: int) -> tuple[float, dict[str, Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads, options.inter_op_num_threads = 3, 1, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    results = dict(zip(names, session.run(None, given), strict=True))
    taken = []
    for _ in range(rounds):
        begun = time.thread_time()
        session.run(None, given)
        taken.append(time.thread_time() - begun)
    return statistics.median(taken), results
