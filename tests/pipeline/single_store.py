"""A real store without a broker, for tests that call the engine themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from functions.runtime.configuration import Configuration
from local.weed import Identity, Weed


@contextmanager
def single_store(folder: Path, *, ack_wait: int) -> Iterator[Configuration]:
    """Give what a host is told of a store in ``folder``; leases last ``ack_wait`` seconds."""
    admin = Identity.generate("admin", ["Admin"])
    weed = Weed(folder, [admin], buckets=("inbox", "outbox", "noria-ledger"))
    weed.start()
    try:
        weed.wait_until_ready()
        yield Configuration(
            store_url=weed.endpoint,
            store_access_key=admin.access_key,
            store_secret_key=SecretStr(admin.secret_key),
            ack_wait=ack_wait,
            backoff=(0.1, 0.2),
        )
    finally:
        weed.kill()
