"""What a plane left: the records, outputs and dead letters in the store, and the journal of its workers."""

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fdl import Service
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.ledger import Ledger
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Store
from tests.faults.history import Found

READERS = 8


@dataclass(frozen=True)
class Remains:
    """Reads everything again each time; ``bucket`` is the ledger's, ``journal`` where workers note their commits."""

    store: Store
    ledger: Ledger
    bucket: str
    journal: Path

    def found(self, service: Service) -> Found:
        """Read everything of a service."""
        outputs = {(o.bucket, o.prefix) for o in service.outputs if FAILURE_SUFFIX not in o.suffixes}
        inputs = [(path.bucket, stat) for path in service.inputs for stat in self.store.list(path.bucket, path.prefix)]
        return Found(
            runs=self.runs(service.name),
            inputs={(bucket, stat.key): stat.etag for bucket, stat in inputs},
            outputs={(one.bucket, one.key): one for place in sorted(outputs) for one in self._read(*place)},
            letters=tuple(letter.run for letter in self.letters(service)),
            commits=self._commits(service.name),
        )

    def runs(self, service: str) -> dict[str, Run]:
        """Read the records of a service, by the run's name."""
        names = [stat.key.removesuffix(".json") for stat in self.ledger.runs(service)]
        with ThreadPoolExecutor(READERS) as pool:
            return {run.name: run for run in pool.map(self.ledger.find, names) if run}

    def letters(self, service: Service) -> list[DeadLetter]:
        """Read the dead letters of a service."""
        bucket, prefix = failure_folder(service, self.bucket)
        keys = [stat.key for stat in self.store.list(bucket, prefix)]
        return [DeadLetter.model_validate_json(self.store.read(bucket, key)[0]) for key in keys]

    def _read(self, bucket: str, prefix: str) -> list[StoredObject]:
        def read(key: str) -> StoredObject:
            body, stat = self.store.read(bucket, key)
            digest = hashlib.sha256(body).hexdigest()
            return StoredObject(bucket=bucket, key=key, etag=stat.etag, size=stat.size, sha256=digest)

        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(read, [stat.key for stat in self.store.list(bucket, prefix)]))

    def _commits(self, service: str) -> Counter[str]:
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        names = (json.loads(line)["run"] for line in lines)
        return Counter(name for name in names if name.startswith(f"{service}/"))
