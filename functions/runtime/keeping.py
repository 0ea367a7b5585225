"""Keeping: what a run leaves in the ledger while it runs: how far it is, and a checkpoint for its next attempt."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from functions.runtime.errors import CancelledError, ConflictError, FunctionError, MissingError, StoreUnavailableError
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import Run
from functions.runtime.store import Store

log = logging.getLogger("noria.runtime")
MOST = 64
"""Numbers that a run shows."""
OFTEN = 1.0
"""Seconds between two writes of how far a run is."""


CHECKPOINT, CANCEL = ".checkpoint", ".cancel"
KEPT = (CHECKPOINT, CANCEL)
"""How the names end of what lies beside a run's ledger object."""


def cancel_key(run: str) -> str:
    """Give the key, in the ledger's bucket, of the object by which a person ends the run ``<function>/<id>``."""
    return f"{run}{CANCEL}"


def checkpoint_key(run: str) -> str:
    """Give the key, in the ledger's bucket, of what the run keeps for its next attempt."""
    return f"{run}{CHECKPOINT}"


def forget(store: Store, bucket: str, run: Run) -> None:
    """Take away what a run that has ended kept, and the wish to cancel it."""
    with suppress(FunctionError):
        if run.kept:
            store.delete(bucket, checkpoint_key(run.name))
        if any(failure.error == CancelledError.__name__ for failure in run.failures):
            store.delete(bucket, cancel_key(run.name))


@dataclass
class Keeping:
    """What the run that ``claim`` is for keeps in the ledger's ``bucket``; ``folder`` is for local files.

    ``take`` gives the file that a handler names another name, which the handler cannot change.
    """

    store: Store
    ledger: Ledger
    bucket: str
    claim: Claim
    folder: Path
    take: Callable[[Path], Path] = lambda path: path
    _looked: float = field(default=float("-inf"))

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Write into the lease how far the run is, once a second at most.

        Raises:
            CancelledError: A person has cancelled it.
            LeaseLostError: Another worker holds it.
        """
        self.claim.note(progress=dict(islice(numbers.items(), MOST)))
        if time.monotonic() - self._looked < OFTEN:
            return
        self._looked = time.monotonic()
        self.check_wanted()
        with self._patience():
            self.ledger.renew(self.claim)

    def check_wanted(self) -> None:
        """See whether anybody has cancelled the run.

        Raises:
            CancelledError: Somebody has.
        """
        with suppress(MissingError), self._patience():
            self.store.stat(self.bucket, cancel_key(self.claim.run.name))
            raise CancelledError("the run was cancelled", hint="upload the objects again if it is wanted after all")

    def checkpoint(self, path: Path) -> None:
        """Keep a file in place of the one kept before.

        Raises:
            LeaseLostError: Another worker holds the run.
            Rejected: The file is not the handler's to give.
        """
        kept = self.take(path)
        with self._patience():
            self.claim.note(kept=True, advanced=True)
            self.ledger.renew(self.claim)
            self.store.write(self.bucket, self._checkpoint, kept)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Go on though the store does not answer: what it missed is told again, and the commit will meet the same."""
        try:
            yield
        except StoreUnavailableError as error:
            log.warning("not told how far it is", extra={"run": self.claim.run.name, "reason": error.message})

    def checkpointed(self) -> Path | None:
        """Download what an earlier attempt kept."""
        if not self.claim.run.kept:
            return None
        path = self.folder / "checkpoint"
        try:
            etag = self.store.stat(self.bucket, self._checkpoint).etag
            self.store.download(self.bucket, self._checkpoint, path, etag=etag, limit=2**62)
        except (MissingError, ConflictError):
            return None
        return path

    @property
    def _checkpoint(self) -> str:
        return checkpoint_key(self.claim.run.name)
