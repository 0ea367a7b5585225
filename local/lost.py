"""Lost workers: what a worker that died had in hand is released at once, with the reason, and rung for again.

Without this a run waits until its lease and its message have run out; so it does when the whole machine is lost.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from events import ObjectCreated
from fdl import Service
from functions.runtime.assembly import configuration_of
from functions.runtime.configuration import Configuration
from functions.runtime.errors import FunctionError
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger
from functions.runtime.runs import WORKER_LOST, Failure, Run
from functions.runtime.store import Store
from functions.runtime.workspace import Abandoned, abandoned
from local.bell import again, ring

log = logging.getLogger("noria.lost")


@dataclass(frozen=True)
class LostWorkers:
    """Releases the runs of workers of this machine; ``given`` may write every ledger and ring for everything."""

    given: Configuration
    environ: Mapping[str, str]

    def release(self, service: Service, how: str) -> threading.Thread | None:
        """Release what dead workers of ``service`` had in hand, in a thread; ``how`` they ended, ``SIGKILL``.

        Call it before the next worker starts: that one sweeps the folders from which this reads.
        """
        work = configuration_of(service, self.environ).work
        left = [each for each in abandoned(work) if each.note.run.startswith(f"{service.name}/")]
        if not left:
            return None
        thread = threading.Thread(target=self._release, args=(left, how), name="lost", daemon=True)
        thread.start()
        return thread

    def _release(self, left: Sequence[Abandoned], how: str) -> None:
        try:
            ledger = Ledger(Store(self.given), self.given.ledger, lease=self.given.ack_wait)
            suspects = Counter(each.worker for each in left if each.is_suspect)
            released = [run for each in left if (run := _released(ledger, each, how, suspects[each.worker]))]
            asyncio.run(self._ring([again(run.input) for run in released]))
        except Exception as error:  # noqa: BLE001 - the leases run out, and reconcile rings
            log.warning("not released", extra={"reason": f"{type(error).__name__}: {error}"})
            return
        log.info("released", extra={"runs": [run.name for run in released], "reason": how})

    async def _ring(self, events: Sequence[ObjectCreated]) -> None:
        client = await connect(self.given, patient=False)
        try:
            for event in events:
                await ring(client.jetstream(), event)
        finally:
            await client.close()


def _released(ledger: Ledger, left: Abandoned, how: str, suspects: int) -> Run | None:
    """Release one run; its attempt counts only if no other can have ended the worker."""
    reason = f"the worker was lost ({how})"
    failure = Failure(reason=reason, error=WORKER_LOST, left=left.left, suspect=left.is_suspect)
    try:
        return ledger.lose(
            left.note.run, left.note.holder, failure, counts=left.left or (left.running and suspects == 1)
        )
    except FunctionError as error:
        log.warning("not released", extra={"run": left.note.run, "reason": error.message})
        return None
