"""The index is as the ledger is, whatever happened to either, and whether the store tells of changes or not."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from functions.runtime.configuration import Configuration
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Store
from local.dashboard.attention import Attention
from local.dashboard.feeding import Feeder
from local.dashboard.index import Index, Wanted
from local.dashboard.pulse import Pulse
from local.dashboard.sources import Sources
from local.weed import Identity, Weed
from tests.waiting import eventually

LEDGER = "noria-ledger"


@dataclass
class Bookkeeper:
    """A store with a ledger, and what is known of it."""

    weed: Weed
    sources: Sources
    look: Callable[[], object] = lambda: None

    def begin(self, number: int) -> Claim:
        """Begin a run."""
        one = StoredObject(bucket="photos", key=f"in/{number}.png", etag=f"{number:032x}")
        claim = self.sources.ledger.claim(Run(state="running", id=f"{number:064x}", function="blur", input=one))
        assert isinstance(claim, Claim)
        return claim

    def commit(self, number: int) -> None:
        """Begin a run and end it."""
        claim = self.begin(number)
        self.sources.ledger.finish(claim, claim.run.model_copy(update={"state": "committed"}))

    @property
    def known(self) -> dict[str, str]:
        """The state of each object's run, as somebody sees it who looks again and again."""
        self.look()
        return self.unseen

    @property
    def unseen(self) -> dict[str, str]:
        """The same, while nobody looks."""
        return {row.key: row.state for row in self.sources.index.page(Wanted(), 1000)}

    @contextmanager
    def fed(self) -> Iterator[None]:
        """Feed the index meanwhile, as far as somebody looks."""
        loop = asyncio.new_event_loop()
        task = loop.create_task(Feeder(self.sources).run())
        self.look = lambda: loop.call_soon_threadsafe(self.sources.attention.look)

        def work() -> None:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()
            self.look = lambda: None
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Bookkeeper]:
    admin = Identity.generate("admin", ["Admin"])
    weed = Weed(tmp_path / "store", [admin], buckets=(LEDGER,), dies_with_parent=True)
    weed.start()
    try:
        weed.wait_until_ready()
        secret = SecretStr(admin.secret_key)
        keys = {"store_access_key": admin.access_key, "store_secret_key": secret}
        given = Configuration(store_url=weed.endpoint, **keys)
        store = Store(given)
        ledger = Ledger(store, LEDGER, lease=30)
        index, attention = Index(tmp_path / "runs.sqlite"), Attention()
        pulse = Pulse(given, (), attention)
        yield Bookkeeper(weed, Sources(given, store, ledger, (), index, pulse, attention, weed.filer))
    finally:
        weed.kill()


def test_what_was_there_before_and_what_happens_meanwhile_is_known(keeper: Bookkeeper) -> None:
    keeper.commit(1)
    with keeper.fed():
        keeper.commit(2)
        claim = keeper.begin(3)
        eventually(lambda: keeper.known == {"in/1.png": "committed", "in/2.png": "committed", "in/3.png": "running"})
        keeper.sources.ledger.finish(claim, claim.run.model_copy(update={"state": "failed"}))

        eventually(lambda: keeper.known["in/3.png"] == "failed")


def test_what_changes_while_nobody_follows_is_found_afterwards(keeper: Bookkeeper) -> None:
    claim = keeper.begin(1)
    keeper.commit(2)
    with keeper.fed():
        eventually(lambda: len(keeper.known) == 2)
    keeper.sources.ledger.finish(claim, claim.run.model_copy(update={"state": "committed"}))
    keeper.sources.store.delete(LEDGER, f"blur/{2:064x}.json")

    with keeper.fed():
        eventually(lambda: keeper.known == {"in/1.png": "committed"})


def test_a_store_that_tells_nothing_is_listed_again_and_again(keeper: Bookkeeper) -> None:
    keeper.sources = replace(keeper.sources, filer="")
    with keeper.fed():
        keeper.commit(1)

        eventually(lambda: keeper.known == {"in/1.png": "committed"})


def test_a_store_that_was_away_is_followed_again(keeper: Bookkeeper) -> None:
    with keeper.fed():
        keeper.commit(1)
        eventually(lambda: len(keeper.known) == 1)
        keeper.weed.kill()
        keeper.weed.start()
        keeper.weed.wait_until_ready()
        keeper.commit(2)

        eventually(lambda: keeper.known == {"in/1.png": "committed", "in/2.png": "committed"})


def test_what_is_no_run_is_left_out(keeper: Bookkeeper) -> None:
    keeper.sources.store.write(LEDGER, f"blur/{7:064x}.json", b"not a run")
    keeper.sources.store.write(LEDGER, f"blur/{8:064x}.set.json", b"{}")
    with keeper.fed():
        keeper.commit(1)
        keeper.sources.store.write(LEDGER, f"blur/{9:064x}.json", b"{}")

        eventually(lambda: keeper.known == {"in/1.png": "committed"})


def test_while_nobody_looks_nothing_is_read_and_the_first_look_finds_everything(keeper: Bookkeeper) -> None:
    with keeper.fed():
        keeper.commit(1)
        time.sleep(1)
        assert keeper.unseen == {}

        eventually(lambda: keeper.known == {"in/1.png": "committed"})
