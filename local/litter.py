"""Litter: the parts of uploads that somebody was killed in the middle of; they take room, and nobody sees them."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fdl import Service
from functions.runtime.errors import FunctionError
from functions.runtime.store import Store

EVERY = 3600.0
"""Seconds between looks; the first comes that long after the start."""
OLD = timedelta(days=1)
log = logging.getLogger("noria.reconcile")


@dataclass
class Litter:
    """Looks now and then below the outputs of ``services`` for uploads in parts that were begun more than a day ago."""

    store: Store
    services: Sequence[Service]
    _looked: float = field(default_factory=time.monotonic)

    def sweep(self, *, every: float = EVERY, old: timedelta = OLD) -> int:
        """Throw away what is old, if it is time to look again; gives how many uploads."""
        if time.monotonic() - self._looked < every:
            return 0
        self._looked = time.monotonic()
        places = {
            (path.bucket, f"{path.prefix}/" if path.prefix else "")
            for service in self.services
            for path in service.outputs
        }
        return sum(self._sweep(bucket, prefix, old) for bucket, prefix in sorted(places))

    def _sweep(self, bucket: str, prefix: str, old: timedelta) -> int:
        swept = 0
        try:
            for upload in self.store.abandoned(bucket, prefix, old):
                self.store.abort(upload)
                log.info("threw an unfinished upload away", extra={"bucket": bucket, "key": upload.key})
                swept += 1
        except FunctionError as error:
            log.warning("not swept", extra={"folder": f"{bucket}/{prefix}", "reason": error.message})
        return swept
