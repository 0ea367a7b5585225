"""How long a request takes if a network runs in two halves on two machines, and if it runs on one of them."""

from dataclasses import dataclass

KILO = 1000


@dataclass(frozen=True)
class Link:
    """Two machines and the network between them.

    Attributes:
        bandwidth: kbit/s.
        delay: Seconds until the first bit is there.
        first_speed: How many times as fast as the machine that measured the first one is; ``second_speed`` likewise.
    """

    bandwidth: float
    delay: float = 0.0
    first_speed: float = 1.0
    second_speed: float = 1.0

    def travel(self, size: int) -> float:
        """Give the seconds that so many bytes take."""
        return self.delay + size * 8 / KILO / self.bandwidth


@dataclass(frozen=True)
class Predicted:
    """Seconds of one request: on the first machine, between the two, and on the second."""

    first: float
    travel: float
    second: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.first + self.travel + self.second


def apart(link: Link, *, first: float, size: int, second: float) -> Predicted:
    """Predict a request whose halves take ``first`` and ``second`` CPU seconds here, ``size`` bytes between them."""
    return Predicted(first / link.first_speed, link.travel(size), second / link.second_speed)


def on_first(link: Link, whole: float) -> Predicted:
    """Predict a request that stays where it begins."""
    return Predicted(whole / link.first_speed, 0.0, 0.0)


def on_second(link: Link, whole: float, *, size: int) -> Predicted:
    """Predict a request that goes to the second machine as it begins, in ``size`` bytes."""
    return Predicted(0.0, link.travel(size), whole / link.second_speed)
