"""Lineage of one object: the runs that it came from, and those that it led to, each step one line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from functions.runtime.ledger import Ledger
from functions.runtime.runs import Run
from local.chain import ancestors
from local.dashboard.index import Index
from local.dashboard.rows import Row

MOST_ABOVE, MOST_BELOW, MOST_BESIDE = 32, 200, 20
Place = tuple[str, str, str]
"""Bucket, key, ETag; an empty ETag stands for any version."""


@dataclass
class Step:
    """A run below an object, what it made, and the runs that this led to; ``left_out`` results are not shown."""

    row: Row
    results: list[tuple[Place, list["Step"]]] = field(default_factory=list)
    left_out: int = 0


def above(parent: str, ledger: Ledger) -> list[Run]:
    """Give the runs that an object came from, the nearest first; ``parent`` is the one that made it."""
    return list(islice(ancestors(parent, ledger), MOST_ABOVE))


def below(place: Place, index: Index) -> list[Step]:
    """Give the runs that an object led to, as far as they fit a page."""
    seen: set[str] = set()
    return _below(place, index, seen, ())


def _below(place: Place, index: Index, seen: set[str], way: Sequence[str]) -> list[Step]:
    bucket, key, etag = place
    steps = []
    for row in index.touching(bucket, key, "in", etag=etag, limit=MOST_BESIDE):
        if row.name in seen or len(seen) >= MOST_BELOW or len(way) >= MOST_ABOVE:
            continue
        seen.add(row.name)
        made = index.outputs(row.name)
        step = Step(row, left_out=max(len(made) - MOST_BESIDE, 0))
        step.results = [(each, _below(each, index, seen, (*way, row.name))) for each in made[:MOST_BESIDE]]
        steps.append(step)
    return steps
