"""Chains: which runs an object causes, and which run caused it, by the FDL and the ledger alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from events import ObjectCreated
from fdl import Service
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run, StoredObject, run_id


@dataclass
class Chain:
    """The runs that one object causes, directly and through outputs, as far as they have come."""

    root: StoredObject
    runs: list[Run] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        """Whether every run that the object causes has ended."""
        return not self.waiting

    @property
    def results(self) -> list[StoredObject]:
        """Every output, in the order of the chain; dead letters too."""
        return [output for run in self.runs for output in run.outputs]


class Records(Protocol):
    """Where runs are found by their names: a ledger, or what stands in for one."""

    def find(self, name: str) -> Run | None:
        """Give what is known of a run."""
        ...


def look(root: StoredObject, services: Sequence[Service], ledger: Records) -> Chain:
    """Follow an object downstream now, without waiting."""
    chain = Chain(root)
    todo = [root]
    seen: set[str] = set()
    while todo:
        names = _expected(todo.pop(0), services)
        while names:
            if (name := names.pop(0)) in seen:
                continue
            seen.add(name)
            run = ledger.find(name)
            if run is None or run.state not in FINAL:
                chain.waiting.append(name)
            if run is not None:
                chain.runs.append(run)
                names += [run.member_of] if run.member_of else []
                todo += run.outputs if run.state == "committed" else ()
    return chain


def follow(
    roots: Sequence[StoredObject],
    services: Sequence[Service],
    ledger: Ledger,
    *,
    timeout_s: float,
    progress: Callable[[Chain], None] = lambda _: None,
) -> list[Chain]:
    """Wait until every chain is quiet, ``timeout_s`` at most; gives the chains as far as they came."""
    deadline = time.monotonic() + timeout_s
    chains = {index: Chain(root, waiting=["?"]) for index, root in enumerate(roots)}
    pause = 0.01
    while time.monotonic() < deadline:
        for index, chain in chains.items():
            if not chain.is_quiet:
                chains[index] = look(chain.root, services, ledger)
                if chains[index].is_quiet:
                    progress(chains[index])
        if all(chain.is_quiet for chain in chains.values()):
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    return list(chains.values())


def ancestors(parent: str, ledger: Ledger) -> Iterator[Run]:
    """Go upstream from the run ``parent``, nearest first."""
    seen: set[str] = set()
    while parent and parent not in seen and (run := ledger.find(parent)) is not None:
        seen.add(parent)
        yield run
        parent = run.parent


def _expected(one: StoredObject, services: Sequence[Service]) -> list[str]:
    event = ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag)
    watching = (s for s in services if any(path.holds(one.bucket, one.key) for path in s.inputs))
    return [f"{service.name}/{run_id(service.name, event)}" for service in watching]
