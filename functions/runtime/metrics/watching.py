"""A worker's metrics, as its configuration wants them: in a file for the plane's exporter, or over HTTP."""

from typing import TYPE_CHECKING, Self

from functions.runtime.attempts import Attempt
from functions.runtime.configuration import Configuration
from functions.runtime.metrics.accounts import Accounts
from functions.runtime.metrics.serving import Server
from functions.runtime.metrics.snapshots import Snapshots

if TYPE_CHECKING:
    from functions.runtime.engine import Engine


class CountingWatcher:
    """Counts, and has what it counts written to a file soon after."""

    def __init__(self, accounts: Accounts, snapshots: Snapshots | None) -> None:
        self._accounts = accounts
        self._snapshots = snapshots

    @classmethod
    def of(cls, engine: "Engine", configuration: Configuration, worker: str) -> Self:
        """Begin to count what the engine of ``worker`` does."""
        path, address = configuration.metrics_snapshot, configuration.metrics_address
        accounts = Accounts(engine.service.name, worker, engine.leases, process=path is None)
        if path is not None:
            return cls(accounts, Snapshots(path, accounts.text, lambda: bool(engine.leases())))

        async def text() -> str:
            return accounts.text()

        if address is not None:
            Server(address, text).start()
        return cls(accounts, None)

    def began(self) -> None:
        """Have it shown that something runs."""
        if self._snapshots:
            self._snapshots.soon()

    def saw(self, attempt: Attempt) -> None:
        """Count."""
        self._accounts.saw(attempt)
        if self._snapshots:
            self._snapshots.soon()

    def flush(self, seconds: float) -> None:
        """Nothing is written in haste: what is read of a worker that is frozen is as old as that anyway."""

    def close(self) -> None:
        """Write the last numbers."""
        if self._snapshots:
            self._snapshots.close()
