"""Watchdogs: a server that lives and does not do its work is ended, so that the supervisor starts it again.

nats-server 2.15 takes no message into a stream any more once a write to it has failed, and SeaweedFS 4.48 none into the
folders whose names share a database with the one that was written, though the disk has room again; both say that they
are well, and lose nothing by a restart.
"""

import asyncio
import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from local.broker import PUBLISHER_KV

EVERY, PATIENCE = 5.0, 15.0
"""Seconds between looks, and without success after which a server counts as stuck."""
ROOM = 8 * 2**20
"""Bytes free on the disk; with less a restart would cure nothing."""
PULSE = "events._pulse"
"""A subject that belongs to no bucket: none has a name that begins so."""
log = logging.getLogger("noria.watchdog")


@dataclass(frozen=True)
class Watchdog:
    """Looks at one server of this machine again and again.

    Args:
        name: What to call it.
        folder: Where it keeps its data.
        works: Tells whether it does its work now.
        end: Ends it.
    """

    name: str
    folder: Path
    works: Callable[[], bool]
    end: Callable[[], object]
    patience: float = PATIENCE

    def start(self, stop: threading.Event) -> threading.Thread:
        """Work in a thread of its own until ``stop`` is set."""
        thread = threading.Thread(target=self._watch, args=(stop,), name=f"watchdog {self.name}", daemon=True)
        thread.start()
        return thread

    def _watch(self, stop: threading.Event) -> None:
        well = time.monotonic()
        while not stop.wait(min(EVERY, self.patience)):
            if self._is_well():
                well = time.monotonic()
            elif time.monotonic() - well > self.patience and not stop.is_set():
                log.warning("started again, for it lives and does not work", extra={"part": self.name})
                self.end()
                well = time.monotonic()

    def _is_well(self) -> bool:
        with suppress(OSError):
            return self.works() or shutil.disk_usage(self.folder).free < ROOM
        return True


def takes_messages(given: Configuration) -> bool:
    """Have the broker keep a message in each of the streams that are written to, and forget it again."""
    with suppress(NatsError, OSError, TimeoutError):
        asyncio.run(_pulse(given))
        return True
    return False


async def _pulse(given: Configuration) -> None:
    client = await connect(given, patient=False)
    try:
        js = client.jetstream(timeout=EVERY)
        await js.publish(f"$KV.{PUBLISHER_KV}.pulse", b"")
        kept = await js.publish(PULSE, b"")
        await js.delete_msg(given.stream, kept.seq)
    finally:
        await client.close()
