"""Limits: what one run of a handler may take, and how long the host itself is there."""

import math
import time
from dataclasses import dataclass

SHORTEST = 0.1
"""Seconds that a handler has at least."""
NEARLY = 0.75
"""Share of what it could have had at best, of which a handler that is cut off had its chance."""


@dataclass(frozen=True)
class Term:
    """How long the host is there: ``whole`` seconds in all, until ``ends`` on the monotonic clock."""

    whole: float = math.inf
    ends: float = math.inf

    @classmethod
    def of(cls, seconds: float) -> "Term":
        """Begin one now."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """How many seconds remain."""
        return self.ends - time.monotonic()


FOR_EVER = Term()


@dataclass(frozen=True)
class Limits:
    """What one run of a handler may take: ``time`` in seconds, ``memory`` in bytes, ``processes`` (0: all there is).

    ``is_cut``: its host ends so soon that the run says nothing of the handler, should it be stopped then.
    """

    time: float
    memory: int = 0
    is_cut: bool = False
    processes: int = 0

    @classmethod
    def within(cls, term: Term, longest: float, *, memory: int, processes: int = 0) -> "Limits":
        """Give those of a run that begins now, may take ``longest`` seconds, and has to end with its host's term."""
        left = max(term.left, SHORTEST)
        return cls(min(longest, left), memory, left < NEARLY * min(longest, term.whole), processes)

    @property
    def too_long(self) -> str:
        """What becomes of a run that takes longer."""
        return f"the handler took longer than {self.time:g} s and was stopped"

    @property
    def cut_off(self) -> str:
        """What becomes of a run that would go on when its host ends."""
        return f"the handler was stopped after {self.time:.3g} s, with its host"

    @property
    def too_much(self) -> str:
        """What becomes of a run that takes more memory."""
        return f"the handler took more than its {self.memory / 2**20:,.0f} MiB of memory and was stopped"

    @property
    def too_many(self) -> str:
        """What becomes of a run that starts more processes."""
        return f"the handler started more than {self.processes} processes and was stopped"
