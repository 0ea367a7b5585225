"""Real load: a file sent again and again at a rate, and how long everything took."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean

from functions.runtime.errors import TryAgain
from functions.runtime.runs import StoredObject
from local.chain import Chain, follow
from local.cli.demo.masks import seconds
from local.cli.output import progress_bar
from local.cli.session import Session

PATIENCE = 120.0
"""Seconds to wait for results after the last upload."""
WARM = 4
"""Files that are sent before, one after the other, and do not count: models are loaded by then."""


@dataclass(frozen=True)
class Measured:
    """What took how long: ``means`` by function and ``whole`` from upload to result, both in seconds a request."""

    requests: int
    failed: int
    means: Mapping[str, float]
    whole: float


def send(session: Session, file: Path, place: str, *, rate: float, seconds: float) -> Measured:
    """Send a file at ``rate`` a second for so many seconds, at random moments, and wait for what comes of it.

    Raises:
        TryAgain: Nothing came of it.
    """
    for number in range(WARM):
        _follow(session, [_upload(session, file, place, f"warm{number}")])
    times = arrivals(rate, seconds)
    began = time.monotonic()
    sent = []
    with progress_bar("sending", len(times)) as progress:
        for number, moment in enumerate(times):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            sent.append(_upload(session, file, place, f"{number:05d}"))
            progress.advance(progress.task_ids[0])
    return measured(_follow(session, sent))


def arrivals(rate: float, seconds: float) -> list[float]:
    """Give moments of a Poisson process of which is known how many there are, so that the rate is what was asked for.

    These are uniform, in order (Ross, Stochastic Processes, theorem 2.3.1). In half a minute the number alone would be
    off by a fifth. The same arguments give the same ones.
    """
    random = Random(0)  # noqa: S311 - the same load each time
    return sorted(random.uniform(0, seconds) for _ in range(max(1, round(rate * seconds))))


def measured(chains: list[Chain]) -> Measured:
    """Sum up what chains took."""
    good = [chain for chain in chains if chain.is_quiet and all(run.state == "committed" for run in chain.runs)]
    if not good:
        raise TryAgain("nothing came of what was sent", hint="look at noria failed list and noria logs")
    took: dict[str, list[float]] = {}
    for run in (run for chain in good for run in chain.runs):
        if run.queued and run.finished:
            took.setdefault(run.function, []).append((run.finished - run.queued).total_seconds())
    means = {name: mean(each) for name, each in took.items()}
    return Measured(len(chains), len(chains) - len(good), means, mean(seconds(chain) for chain in good))


def _upload(session: Session, file: Path, place: str, name: str) -> StoredObject:
    bucket, _, prefix = place.partition("/")
    key = f"{prefix}/{name}-{file.name}"
    etag = session.store.write(bucket, key, file)
    return StoredObject(bucket=bucket, key=key, etag=etag, size=file.stat().st_size)


def _follow(session: Session, sent: list[StoredObject]) -> list[Chain]:
    return follow(sent, session.services, session.ledger, timeout_s=PATIENCE)
