"""What nobody thinks of any more is found: objects without a run, and runs without a worker."""

from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from functions.runtime import ledger as ledger_module
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import WORKER_LOST, Failure
from functions.runtime.uploads import Uploads
from local.forgotten import Forgotten
from tests.pipeline.runtime.conftest import Bench
from tests.waiting import eventually


@pytest.fixture
def forgotten(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Forgotten:
    monkeypatch.setattr(ledger_module, "STALE", 1.0)
    return Forgotten(bench.service, bench.store, bench.engine.ledger)


def found(forgotten: Forgotten, before: datetime | None = None) -> list[str]:
    return [event.name for event, _ in forgotten.look(before)]


def claim(bench: Bench, name: str) -> Claim:
    claimed = bench.engine.ledger.claim(bench.engine._first(bench.put(name, b"hello"), None))
    assert isinstance(claimed, Claim)
    return claimed


def test_an_object_that_was_never_announced_is_found_until_it_has_a_run(bench: Bench, forgotten: Forgotten) -> None:
    event = bench.put("a.txt", b"hello")

    assert found(forgotten) == ["a.txt"]

    bench.engine.process(event)
    assert found(forgotten) == []


def test_an_object_younger_than_the_oldest_in_the_queue_may_be_in_it_too(bench: Bench, forgotten: Forgotten) -> None:
    bench.put("a.txt", b"hello")
    now = datetime.now(UTC)

    assert found(forgotten, now - timedelta(minutes=1)) == []
    assert found(forgotten, now + timedelta(minutes=1)) == ["a.txt"]


def test_a_run_whose_lease_nobody_renews_is_found_once_its_time_is_over(bench: Bench, forgotten: Forgotten) -> None:
    claimed = claim(bench, "silent.txt")

    assert found(Forgotten(bench.service, bench.store, Ledger(bench.store, "noria-ledger", lease=600))) == []

    eventually(lambda: found(forgotten) == ["silent.txt"])  # with a lease of 2 s
    bench.engine.ledger.finish(claimed, claimed.run.model_copy(update={"state": "committed"}))
    assert found(forgotten) == []


def test_a_run_that_was_released_and_that_nobody_came_for_is_found(bench: Bench, forgotten: Forgotten) -> None:
    run = claim(bench, "lost.txt").run
    bench.engine.ledger.lose(run.name, run.holder, Failure(reason="lost", error=WORKER_LOST))

    eventually(lambda: found(forgotten) == ["lost.txt"])


def test_a_ledger_object_that_is_no_run_hides_no_other(bench: Bench, forgotten: Forgotten) -> None:
    bench.store.write("noria-ledger", f"{bench.service.name}/{'0' * 64}.json", b"no run")
    bench.put("a.txt", b"hello")

    assert found(forgotten) == ["a.txt"]


def test_an_object_that_came_back_after_another_version_is_found_until_it_was_rung_for(
    bench: Bench, forgotten: Forgotten
) -> None:
    for content in (b"one", b"two"):
        bench.engine.process(bench.put("a.txt", content))
    assert found(forgotten) == []
    sleep(1.1)  # the store's times have whole seconds
    back = bench.put("a.txt", b"one")

    looks = [list(forgotten.look()) for _ in range(2)]
    forgotten.rang(looks[0][0][1])

    assert [[event.name for event, _ in look] for look in looks] == [["a.txt"], ["a.txt"]]
    assert found(forgotten) == []
    bench.engine.process(back)
    assert bench.outputs() == {"a.txt.copy": b"one"}


def test_a_key_that_not_every_client_can_read_hides_no_other_and_gets_its_letter(
    bench: Bench, forgotten: Forgotten
) -> None:
    uploads = Uploads(bench.engine._given)
    for name in ("a.txt", "b\nc.txt", "d.txt"):
        uploads._s3.put_object(Bucket="inbox", Key=f"{bench.folder}/{name}", Body=b"hello")

    events = [event for event, _ in forgotten.look()]
    verdicts = [bench.engine.process(event).kind for event in events]

    uploads._s3.close()
    assert [event.name for event in events] == ["a.txt", "b\nc.txt", "d.txt"]
    assert verdicts == ["done", "dead", "done"]
    assert set(bench.outputs()) == {"a.txt.copy", "d.txt.copy"}
