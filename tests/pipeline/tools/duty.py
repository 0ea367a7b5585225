"""The plane of the person on duty, and what a test looks up beside the command line."""

import asyncio
from datetime import datetime
from pathlib import Path

from events import ObjectCreated
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger
from functions.runtime.runs import Run, run_id
from functions.runtime.store import Store
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.waiting import eventually


class Duty(Noria):
    """A plane of two functions on one bucket, and what a test looks up beside the command line."""

    @property
    def door(self) -> Path:
        return self.home.parent / "doors" / "door"

    @property
    def store(self) -> Store:
        return Store(operator({"NORIA_HOME": str(self.home)}))

    def put_all(self, prefix: str, *names: str, content: bytes = b"") -> list[str]:
        """Upload objects, and give their addresses."""
        keys = [f"{prefix}/{name}" for name in names]
        for key in keys:
            self.store.write("inbox", key, content or key.encode())
        return [f"inbox/{key}" for key in keys]

    def run_of(self, function: str, key: str) -> Run | None:
        etag = self.store.stat("inbox", key).etag
        name = run_id(function, ObjectCreated(bucket="inbox", key=key, etag=etag))
        return self.ledger.find(f"{function}/{name}")

    def await_state(self, function: str, addresses: list[str], state: str) -> None:
        def reached() -> bool:
            runs = [self.run_of(function, address.removeprefix("inbox/")) for address in addresses]
            return all(run is not None and run.state == state for run in runs)

        eventually(reached)

    def letters(self, prefix: str) -> list[str]:
        return [each["letter"] for each in self.json("failed", "list") if each["input"]["key"].startswith(prefix)]

    def outputs(self) -> list[tuple[str, str, datetime]]:
        """Every result: its key, its content's hash, and when it was written."""
        return [(stat.key, stat.etag, stat.modified) for stat in self.store.list("outbox", "out")]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store, "noria-ledger", lease=20)

    def await_quiet(self) -> None:
        """Wait until every event of the stream was answered."""

        def is_quiet() -> bool:
            functions = self.json("status")["functions"]
            return all(each["queued"] == each["in_flight"] == 0 for each in functions)

        eventually(is_quiet)

    def publish(self, document: bytes, subject: str = "events.inbox") -> None:
        """Put something into the stream, as anybody might who may."""

        async def put() -> None:
            client = await connect(operator({"NORIA_HOME": str(self.home)}), patient=False)
            await client.jetstream().publish(subject, document)
            await client.close()

        asyncio.run(put())
