"""What inputs are made in: a folder that a container's user may read, and servers for those that need one."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

from pydantic import SecretStr

from functions.runtime.configuration import Configuration
from local.weed import Identity, Weed
from tests.webhook import Webhook, webhook

BUCKETS = ("inbox", "outbox", "noria-ledger")


class World:
    """Servers begin when first asked for: a store takes as long as a job."""

    def __init__(self, folder: Path, servers: ExitStack) -> None:
        self._folder = folder
        self._servers = servers
        self._numbers = count(1)

    def place(self) -> Path:
        """Give a new folder."""
        path = self._folder / f"{next(self._numbers)}"
        path.mkdir(mode=0o755)
        return path

    @cached_property
    def hook(self) -> Webhook:
        """A webhook."""
        return self._servers.enter_context(webhook())

    @cached_property
    def store(self) -> Configuration:
        """An object store, as who may do everything there is told of it."""
        admin = Identity.generate("admin", ["Admin"])
        weed = Weed(self.place(), [admin], buckets=BUCKETS, dies_with_parent=True)
        weed.start()
        self._servers.callback(weed.kill)
        weed.wait_until_ready()
        return Configuration(
            store_url=weed.endpoint,
            store_access_key=admin.access_key,
            store_secret_key=SecretStr(admin.secret_key),
            ack_wait=20,
            backoff=(0.1, 0.2),
        )


@contextmanager
def world() -> Iterator[World]:
    """Give one; its servers and files are gone after it."""
    temporary = tempfile.TemporaryDirectory(prefix="noria-inputs-", ignore_cleanup_errors=True)
    with temporary as folder, ExitStack() as servers:
        Path(folder).chmod(0o755)
        yield World(Path(folder), servers)


def readable(folder: Path) -> Path:
    """Let a container's user read all that lies in a folder."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder
