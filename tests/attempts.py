"""A watcher that keeps what an engine tells it."""

from dataclasses import dataclass, field

from functions.runtime.attempts import Attempt


@dataclass
class Noting:
    """Keeps every attempt."""

    attempts: list[Attempt] = field(default_factory=list)

    def began(self) -> None:
        pass

    def saw(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def flush(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass
