"""What is in the store but was never announced, because a crash took the last minute of the log with it."""

import asyncio
import logging
from collections.abc import Sequence

import grpc.aio

from local.publisher.filer import Filer
from local.publisher.metadata import existing
from local.publisher.outbox import Outbox

# The log is written to the disk once a minute, objects at once.
LOOK_BACK_S = 90
RETRY_S = 1.0

log = logging.getLogger(__name__)


async def reconcile(filer: Filer, buckets: Sequence[str], outbox: Outbox, *, since_ns: int) -> None:
    """Publish all objects written since 90 s before then; the broker drops those that it has.

    The caller holds the offset back meanwhile, so that a crash in between starts here again.
    """
    while True:
        try:
            objects = await _walk(filer, buckets, outbox, since_s=since_ns // 10**9 - LOOK_BACK_S)
        except grpc.aio.AioRpcError as error:
            log.warning("reconciliation failed, trying again", extra={"error": error.details()})
            await asyncio.sleep(RETRY_S)
        else:
            log.info("reconciled", extra={"objects": objects, "since_s": since_ns // 10**9})
            return


async def _walk(filer: Filer, buckets: Sequence[str], outbox: Outbox, *, since_s: int) -> int:
    """Publish what is new enough; gives how many that were."""
    objects = 0
    for bucket in buckets:
        async for directory, entry in filer.entries(bucket):
            found = existing(directory, entry) if entry.attributes.mtime >= since_s else None
            if found is not None:
                objects += 1
                await outbox.put(found, entry.attributes.mtime * 10**9)
    return objects
