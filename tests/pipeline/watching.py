"""A plane seen through its store and its ledger: what is uploaded, and what became of it."""

from dataclasses import dataclass
from pathlib import Path

from events import ObjectCreated
from functions.runtime.configuration import Configuration
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run, run_id
from functions.runtime.store import Store
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.waiting import eventually


@dataclass
class Watched(Noria):
    """A home with one plane in it."""

    @property
    def operator(self) -> Configuration:
        """What an operator of the plane may do."""
        return operator({"NORIA_HOME": str(self.home)})

    @property
    def store(self) -> Store:
        return Store(self.operator)

    @property
    def ledger(self) -> Ledger:
        return Ledger(Store(self.operator), self.operator.ledger, lease=3)

    def write(self, service: str, bucket: str, key: str, content: bytes | Path) -> str:
        """Upload one object, and give the name of the run of ``service`` that its event is for."""
        etag = self.store.write(bucket, key, content)
        return f"{service}/{run_id(service, ObjectCreated(bucket=bucket, key=key, etag=etag))}"

    def ended(self, *names: str, timeout_s: float = 150) -> list[Run]:
        """Wait until these runs have ended."""
        found: dict[str, Run] = {}

        def all_over() -> bool:
            found.update({name: run for name in names if (run := self.ledger.find(name))})
            return all(name in found and found[name].state in FINAL for name in names)

        eventually(all_over, timeout_s)
        return [found[name] for name in names]

    def content(self, run: Run, name: str) -> bytes:
        """Give one output of a committed run."""
        assert run.state == "committed", run.failures or run
        assert run.outputs
        found = next(one for one in run.outputs if one.key.endswith(f"/{name}"))
        return self.store.read(found.bucket, found.key)[0]


def alone(runs: list[Run]) -> Run:
    """Give the one run of a set that did the work; the others name it, unless they found no set any more."""
    worked = [run for run in runs if run.outputs]
    assert len(worked) == 1, runs
    assert {run.member_of for run in runs if run is not worked[0]} <= {worked[0].name}
    return worked[0]
