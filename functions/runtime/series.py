"""Series: runs of one function that go on from one another, such as the deployments of one application.

The latest run of a series is named in ``<function>/<digest of the series' name>.last`` of the ledger, with the one
before it. Who takes the next place writes its own name over exactly that, and only once the run that is named has
ended: so a series is one line, whatever comes at the same time.
"""

import hashlib
import time
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.runtime.errors import ConflictError, MissingError, NotYetError
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import FINAL
from functions.runtime.store import Stat, Store

LONGEST = 86400.0
"""Seconds that a run waits for the one before it."""
AT_ONCE, LOOK = 0.25, 0.01
"""Seconds that it waits in the handler: the one before is most likely being committed; and between two looks."""


class Last(BaseModel):
    """The latest run of a series, and the one that it follows; names of runs, empty where there is none."""

    model_config = ConfigDict(frozen=True)

    run: str = ""
    after: str = ""


@dataclass(frozen=True)
class Series:
    """The series of the function that ``claim`` is a run of; kept in the ledger's ``bucket``."""

    store: Store
    ledger: Ledger
    bucket: str
    claim: Claim

    def follow(self, name: str) -> str:
        """Take the next place, and give the name of the run before that has outputs; empty for the first.

        Raises:
            NotYetError: It has not ended, or another run took the place just now.
        """
        before = self.claim.run.before
        if before is not None and before.state == "committed":  # a person's second round: the place is still its own
            self.claim.note(follows=before.follows)
            return before.follows
        key = f"{self.claim.run.function}/{hashlib.sha256(name.encode()).hexdigest()}.last"
        last, stat = self._read(key)
        follows = last.after if last.run == self.claim.run.name else self._latest(last, name)
        if last.run != self.claim.run.name:
            self._write(key, Last(run=self.claim.run.name, after=follows), stat)
        self.claim.note(follows=follows)
        self.ledger.renew(self.claim)
        return follows

    def _latest(self, last: Last, name: str) -> str:
        run = self.ledger.find(last.run) if last.run else None
        deadline = time.monotonic() + AT_ONCE
        while run is not None and run.state == "running" and time.monotonic() < deadline:
            time.sleep(LOOK)
            run = self.ledger.find(last.run)
        if run is not None and run.state not in FINAL:
            raise NotYetError(f"{last.run}, the run of {name} before this, has not ended", delay=1, patience=LONGEST)
        return last.run if run is not None and run.state == "committed" and run.outputs else last.after

    def _read(self, key: str) -> tuple[Last, Stat | None]:
        try:
            body, stat = self.store.read(self.bucket, key)
            return Last.model_validate_json(body), stat
        except MissingError:
            return Last(), None
        except ValidationError as error:
            raise NotYetError(f"the ledger's object {key} is no place in a series", delay=60) from error

    def _write(self, key: str, last: Last, stat: Stat | None) -> None:
        body = last.model_dump_json().encode()
        try:
            if stat is None:
                self.store.create(self.bucket, key, body)
            else:
                self.store.replace(self.bucket, key, body, etag=stat.etag)
        except (ConflictError, MissingError) as error:
            raise NotYetError("another run took the next place in the series just now", delay=0.2) from error
