"""Litter: what a kill in the wrong moment leaves and nobody sees: parts of uploads, checkpoints of runs that ended."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fdl import Service
from functions.runtime.errors import FunctionError
from functions.runtime.keeping import KEPT
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL
from functions.runtime.store import Store

EVERY = 3600.0
"""Seconds between looks; the first comes that long after the start."""
OLD = timedelta(days=1)
log = logging.getLogger("noria.reconcile")


@dataclass
class Litter:
    """Looks now and then for what is older than a day: uploads in parts where ``services`` read and write, and what
    their runs have kept in the bucket ``ledger``.
    """

    store: Store
    services: Sequence[Service]
    ledger: str
    _looked: float = field(default_factory=time.monotonic)

    def sweep(self, *, every: float = EVERY, old: timedelta = OLD) -> int:
        """Throw away what is old, if it is time to look again; gives how many things."""
        if time.monotonic() - self._looked < every:
            return 0
        self._looked = time.monotonic()
        places = {
            (path.bucket, f"{path.prefix}/" if path.prefix else "")
            for service in self.services
            for path in (*service.inputs, *service.outputs)
        }
        uploads = sum(self._sweep(bucket, prefix, old) for bucket, prefix in sorted(places))
        return uploads + sum(self._sweep_kept(service.name, old) for service in self.services)

    def _sweep_kept(self, function: str, old: timedelta) -> int:
        """Throw away what runs kept that have ended, and wishes to cancel them."""
        ledger = Ledger(self.store, self.ledger, lease=0)
        swept = 0
        try:
            for stat in self.store.list(self.ledger, function):
                name, _, kind = stat.key.rpartition(".")
                if f".{kind}" in KEPT and self.store.age(self.ledger, stat) > old:
                    run = ledger.find(name)
                    if run is None or run.state in FINAL:
                        self.store.delete_version(self.ledger, stat.key, stat.etag)
                        swept += 1
        except FunctionError as error:
            log.warning("not swept", extra={"folder": f"{self.ledger}/{function}", "reason": error.message})
        return swept

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
