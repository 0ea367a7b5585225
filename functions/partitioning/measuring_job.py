"""The process that measures a network nobody vouches for: ``python -m functions.partitioning.measuring_job FOLDER``.

The folder has the network and what to do; a JSON line goes to standard output for each thing that was measured.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.partitioning.cuts import cuts
from functions.partitioning.exits import Exit
from functions.partitioning.measuring import Measuring
from functions.partitioning.network import read_network, with_shapes

NETWORK, ORDER = "network.onnx", "order.json"


@dataclass(frozen=True)
class Order:
    """What to measure.

    Attributes:
        inputs: Sizes of inputs that are others than the file's.
        cuts: Tensors, the most wanted first.
        exits: Name, tensors and results of each.
        seconds: After which nothing new is begun.
    """

    inputs: dict[str, tuple[int, ...]]
    cuts: tuple[str, ...]
    exits: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    rounds: int
    seconds: float

    @classmethod
    def read(cls, path: Path) -> "Order":
        """Read it again."""
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        exits = tuple((name, tuple(tensors), tuple(results)) for name, tensors, results in fields["exits"])
        return cls(**{**fields, "exits": exits, "cuts": tuple(fields["cuts"])})

    def write(self, path: Path) -> None:
        """Write it for another process."""
        path.write_text(json.dumps(vars(self)), encoding="utf-8")


def main(folder: Path) -> None:
    """Measure, and tell each thing as it is known."""
    begun = time.monotonic()
    order = Order.read(folder / ORDER)
    network = read_network(folder / NETWORK, apart=False)
    if order.inputs:
        network = with_shapes(network, {name: tuple(sizes) for name, sizes in order.inputs.items()})
    measuring = Measuring(network, rounds=order.rounds)
    _say(whole=measuring.whole)
    if order.exits:
        parts = measuring.exits(tuple(Exit(*each) for each in order.exits))
        _say(parts=parts.parts, difference=parts.difference)
    known = {each.tensor: each for each in cuts(network)}
    for name in order.cuts:
        if time.monotonic() - begun > order.seconds:
            break
        half = measuring.halves(known[name])
        _say(cut=name, first=half.first, second=half.second, difference=half.difference)


def _say(**found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
