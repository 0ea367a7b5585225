"""Progress: which runs of a function are under way, by their leases and records alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from functions.runtime.errors import FunctionError, MissingError, Rejected
from functions.runtime.runs import FINAL, Run
from functions.runtime.store import Stat, Store

READERS = 16
BATCH = 128
JITTER = 1.2
"""How much longer than its step of the backoff a run may wait."""

Condition = Literal["running", "retrying", "lost", "committed", "failed", "superseded"]
"""A run's state, but ``lost`` where its last attempt ended with its worker, whether somebody has noted that or not."""


@dataclass(frozen=True)
class Seen:
    """One run as it was read: its state now, and since when it is in it (UTC)."""

    run: Run
    condition: Condition
    since: datetime | None

    @property
    def reason(self) -> str:
        """Why its last attempt failed; empty for one that is or was well."""
        if self.condition == "lost" and self.run.state == "running":
            return "the worker is silent: its lease has run out"
        if self.run.state == "retrying" and self.run.waiting_for:
            return f"waits: {self.run.waiting_for}"
        return self.run.failures[-1].reason if self.run.failures and self.condition != "committed" else ""


@dataclass(frozen=True)
class Progress:
    """The unfinished runs of a function; ``exact`` unless more of them may lie deeper in the ledger."""

    unfinished: tuple[Seen, ...]
    exact: bool

    def count(self, *conditions: Condition) -> int:
        """Count those in one of these states."""
        return sum(seen.condition in conditions for seen in self.unfinished)


@dataclass(frozen=True)
class Reader:
    """Reads many runs at once.

    Args:
        store: Where the ledger is.
        bucket: The ledger's.
        ack_wait: Seconds after which a lease that nobody renewed has run out.
        leave_out: Called with what is wrong with a ledger object that cannot be read.
        most: How many are read at most.
        patience: Seconds that looking for unfinished runs may take.
    """

    store: Store
    bucket: str
    ack_wait: float
    leave_out: Callable[[FunctionError], None]
    most: int = 5_000
    patience: float = 5.0

    def newest_first(self, stats: Sequence[Stat], limit: int | None = None) -> Iterator[Seen]:
        """Go through the runs of a listing (the newest last) from its end; ``limit`` or ``most`` of them."""
        limit = self.most if limit is None else limit
        with ThreadPoolExecutor(READERS) as pool:
            newest = stats[::-1][:limit]
            for start in range(0, len(newest), BATCH):
                yield from filter(None, pool.map(self._seen, newest[start : start + BATCH]))

    def progress(self, stats: Sequence[Stat], *, expected: int, backoff: Sequence[float]) -> Progress:
        """Find the unfinished runs of a function.

        Args:
            stats: Its ledger objects, the newest last.
            expected: How many the broker thinks are at work: no more are looked for once as many were found.
            backoff: Seconds between attempts; nothing older than the longest can be waiting.
        """
        longest = max(backoff, default=0) * JITTER + self.ack_wait + 5
        young = sum(self._age(stat) < longest for stat in stats) if stats else 0
        unfinished: list[Seen] = []
        deadline = time.monotonic() + self.patience
        for read, seen in enumerate(self.newest_first(stats, min(young, self.most)), 1):
            unfinished += [seen] if seen.run.state not in FINAL else []
            if read >= BATCH and len(unfinished) >= expected:
                return Progress(tuple(unfinished), exact=True)
            if time.monotonic() > deadline:
                return Progress(tuple(unfinished), exact=False)
        return Progress(tuple(unfinished), exact=young <= self.most or len(unfinished) >= expected)

    def _seen(self, stat: Stat) -> Seen | None:
        try:
            body, stat = self.store.read(self.bucket, stat.key)  # not the listing's: its lease may be younger by now
            return self.judged(Run.model_validate_json(body), stat)
        except MissingError:  # deleted since it was listed
            return None
        except ValidationError:
            name = stat.key.removesuffix(".json")
            self.leave_out(Rejected(f"the ledger object of {name} is not a run", hint="delete it or mend it"))
            return None

    def judged(self, run: Run, stat: Stat) -> Seen:
        """Tell the state of a run by its record and, while it runs, by the age of its lease."""
        silent = run.state == "running" and self._age(stat) > self.ack_wait + 1
        if run.state == "running":
            return Seen(run, "lost" if silent else "running", stat.modified if silent else run.started)
        if run.state == "retrying":
            return Seen(run, "lost" if run.is_lost else "retrying", stat.modified)
        return Seen(run, run.state, run.finished)

    def _age(self, stat: Stat) -> float:
        return self.store.age(self.bucket, stat).total_seconds()
