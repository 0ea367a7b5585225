"""One real store for all hosts: what they read is the same, what each writes lies in buckets of its own."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fdl
from events import ObjectCreated
from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.errors import MissingError
from functions.runtime.store import Store
from local.weed import Identity, Weed
from tests import pipelines

HOSTS = ("jetstream", "oscar", "knative", "aws_lambda")
SERVICE = "contract"
INPUT = "contract-in"
ELSEWHERE = "contract-elsewhere"
PATIENCE = {"NORIA_ACK_WAIT": "10", "NORIA_BACKOFF": "0.1,0.2", "NORIA_TIME_LIMIT": "15"}
PATIENCE |= {"NORIA_INPUT_LIMIT": "30000000"}
"""Four hosts at once on two cores: who stands still for some seconds is neither lost nor too slow."""
OF_ITS_OWN = {"host", "holder", "beat", "queued", "started", "finished", "waiting_since", "waited", "resource", "at"}
OF_ITS_OWN |= {"cpu_seconds", "handler_seconds", "fetch_seconds", "wait_seconds", "publish_seconds", "peak_memory"}
OF_ITS_OWN |= {"retry_in"}
"""Fields of a record and of a letter that say who did it, when, and what it cost."""


def buckets_of(host: str) -> tuple[str, str]:
    """Give a host's ledger and its output bucket."""
    name = host.replace("_", "-")
    return f"ledger-{name}", f"results-{name}"


@dataclass
class World:
    """The store, and what is to be known of it."""

    folder: Path
    weed: Weed
    admin: Identity
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(Configuration.read(self.environ("jetstream")))

    @classmethod
    def begin(cls, folder: Path) -> "World":
        """Start the store with every host's buckets."""
        admin = Identity.generate("admin", ["Admin"])
        own = [bucket for host in HOSTS for bucket in buckets_of(host)]
        weed = Weed(folder / "store", [admin], buckets=(INPUT, ELSEWHERE, *own), dies_with_parent=True)
        weed.start()
        weed.wait_until_ready()
        return cls(folder, weed, admin)

    def environ(self, host: str) -> dict[str, str]:
        """Give what a host is told by its environment."""
        return {
            **PATIENCE,
            "NORIA_STORE_URL": self.weed.endpoint,
            "NORIA_STORE_ACCESS_KEY": self.admin.access_key,
            "NORIA_STORE_SECRET_KEY": self.admin.secret_key,
            "NORIA_LEDGER": buckets_of(host)[0],
        }

    def pipeline(self, host: str) -> str:
        """Give the pipeline that a host serves."""
        function = "tests.contract.handler:contract"
        target = f"{buckets_of(host)[1]}/out"
        return pipelines.pipeline(
            SERVICE, f"{INPUT}/in", target, function=function, suffixes=(".copy", ".sum"), memory="300Mi"
        )

    def service(self, host: str) -> Service:
        """Give its service."""
        return fdl.loads(self.pipeline(host)).services[0]

    def pipeline_file(self, host: str) -> Path:
        """Write it, and give where."""
        path = self.folder / f"{host}.yaml"
        path.write_text(self.pipeline(host))
        return path

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, *, bucket: str = INPUT
    ) -> ObjectCreated:
        """Upload an object, and give its event."""
        etag = self.store.write(bucket, key, content, metadata=metadata)
        return ObjectCreated(bucket=bucket, key=key, etag=etag, size=len(content), source="minio:s3")

    def record(self, host: str, run: str) -> dict[str, Any] | None:
        """Read a run's record, without what is only the host's own."""
        ledger, results = buckets_of(host)
        try:
            body, _ = self.store.read(ledger, f"{SERVICE}/{run}.json")
        except MissingError:
            return None
        found: dict[str, Any] = plain(json.loads(body), {results: "RESULTS", ledger: "LEDGER"})
        return found

    def running(self, host: str, run: str) -> None:
        """Wait until a run is under way."""
        deadline = time.monotonic() + 60
        while (self.record(host, run) or {}).get("state") != "running":
            assert time.monotonic() < deadline, run
            time.sleep(0.02)

    def results(self, host: str) -> dict[str, bytes]:
        """Read everything that a host has written for others, by its key."""
        bucket = buckets_of(host)[1]
        return {stat.key: self.store.read(bucket, stat.key)[0] for stat in self.store.list(bucket, "")}

    def close(self) -> None:
        """End the store."""
        self.weed.kill()


def plain(found: Any, names: Mapping[str, str]) -> Any:
    """Take out what differs from host to host by right, and give buckets one name for all."""
    if isinstance(found, dict):
        return {key: plain(value, names) for key, value in found.items() if key not in OF_ITS_OWN}
    if isinstance(found, list):
        return [plain(value, names) for value in found]
    if isinstance(found, str):
        for name, common in names.items():
            found = found.replace(name, common)
    return found
