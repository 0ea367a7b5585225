"""One event's way through the engine, on a real store."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

import fdl
from events import ObjectCreated, wire
from functions.runtime import Context
from functions.runtime.engine import Engine
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.reception import receive
from functions.runtime.runs import Run
from functions.runtime.store import Store
from tests.handlers import MISBEHAVIOURS, Copy
from tests.pipeline.runtime.conftest import Bench, until_done
from tests.pipelines import pipeline


def record(bench: Bench, verdict_run: Run | None) -> Run:
    assert verdict_run is not None
    found = bench.engine.ledger.find(verdict_run.name)
    assert found is not None
    return found


def test_an_event_ends_in_one_committed_result_set(bench: Bench) -> None:
    event = bench.put("trip/a b+c%20.txt", b"hello")

    verdict = bench.engine.process(event)

    run = record(bench, verdict.run)
    assert (verdict.kind, run.state) == ("done", "committed")
    assert bench.outputs() == {"trip/a b+c%20.txt.copy": b"hello"}
    assert run.outputs[0].sha256 == run.input.sha256
    assert run.metrics == {"bytes": 5}
    assert run.queued
    assert run.started
    assert run.finished
    assert run.queued <= run.finished


def test_the_same_event_again_runs_nothing(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")

    kinds = [bench.engine.process(event).kind for _ in range(4)]

    assert kinds == ["done"] * 4
    assert len(bench.runs) == 1


def test_two_workers_at_once_run_it_once(bench: Bench) -> None:
    bench.engine.ledger = Ledger(bench.store, "noria-ledger", lease=60)  # nobody is taken for lost who is only slow
    event = bench.put("a.txt", b"hello")
    kinds: list[str] = []

    threads = [threading.Thread(target=lambda: kinds.append(bench.engine.process(event).kind)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(bench.runs) == 1
    assert len(kinds) == 8
    assert set(kinds) <= {"done", "wait"}


def test_a_rejected_event_is_one_dead_letter_and_no_output(bench: Bench) -> None:
    event = bench.put("bad.txt", b"reject")

    verdicts = [bench.engine.process(event) for _ in range(2)]

    run = record(bench, verdicts[0].run)
    letter = json.loads(bench.store.read(run.outputs[0].bucket, run.outputs[0].key)[0])
    assert [verdict.kind for verdict in verdicts] == ["dead", "done"]
    assert run.state == "failed"
    assert bench.outputs() == {}
    assert run.outputs[0].key == f"{bench.folder}-failed/bad.txt.{run.id[:12]}.failure.json"
    assert (letter["reason"], letter["hint"]) == ("the content says reject", "upload something else")
    assert letter["input"]["key"] == event.key


def test_what_nobody_foresaw_is_tried_again_and_then_a_dead_letter(bench: Bench) -> None:
    event = bench.put("odd.txt", b"raise")
    kinds: list[str] = []

    for _ in range(3):
        verdict = bench.engine.process(event)
        kinds.append(verdict.kind)
        threading.Event().wait(verdict.delay)

    run = record(bench, verdict.run)
    assert kinds == ["retry", "retry", "dead"]
    assert [failure.attempt for failure in run.failures] == [1, 2, 3]
    assert "RuntimeError: nobody foresaw this" in run.failures[-1].reason


def test_an_object_deleted_before_it_was_read_is_a_dead_letter_that_says_so(bench: Bench) -> None:
    event = bench.put("gone.txt", b"hello")
    bench.store.delete("inbox", event.key)

    verdict = bench.engine.process(event)

    assert (verdict.kind, verdict.reason) == ("dead", "the object was deleted before it was read")


def test_an_overwritten_object_ends_as_superseded_and_its_newer_version_is_processed(bench: Bench) -> None:
    older, newer = bench.put("a.txt", b"one"), bench.put("a.txt", b"two")

    verdicts = [bench.engine.process(newer), bench.engine.process(older)]

    assert [record(bench, verdict.run).state for verdict in verdicts] == ["committed", "superseded"]
    assert bench.outputs() == {"a.txt.copy": b"two"}


def test_a_newer_version_of_an_input_overwrites_the_output_of_the_older(bench: Bench) -> None:
    for content in (b"one", b"two"):
        bench.engine.process(bench.put("a.txt", content))

    assert bench.outputs() == {"a.txt.copy": b"two"}


def test_an_object_that_somebody_else_put_in_the_way_is_never_overwritten(bench: Bench) -> None:
    bench.store.write("outbox", f"{bench.folder}/a.txt.copy", b"precious")

    verdict = bench.engine.process(bench.put("a.txt", b"hello"))

    assert verdict.kind == "dead"
    assert f"inbox/{bench.folder}/a.txt would overwrite outbox/{bench.folder}/a.txt.copy" in verdict.reason
    assert bench.outputs() == {"a.txt.copy": b"precious"}


def test_no_output_can_be_taken_for_a_dead_letter(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge(ctx: Context[Copy]) -> None:
        ctx.output("z.failure.json").write_bytes(b"{}")

    monkeypatch.setitem(MISBEHAVIOURS, b"reject", forge)

    verdict = bench.engine.process(bench.put("a.txt", b"reject"))

    letters = [stat.key for stat in bench.store.list("outbox", f"{bench.folder}-failed")]
    assert verdict.kind == "dead"
    assert "the output z.failure.json would be taken for a dead letter" in verdict.reason
    assert bench.outputs() == {}
    assert letters == [each.key for each in record(bench, verdict.run).outputs]


def test_an_outputs_prefix_is_of_what_the_handler_writes_whatever_folder_was_uploaded_to(bench: Bench) -> None:
    text = pipeline(bench.service.name, f"inbox/{bench.folder}", f"outbox/{bench.folder}")
    service = fdl.loads(text.replace('suffix: [".copy"]', 'prefix: ["a."]')).services[0]
    engine = Engine(service, bench.engine._runner, bench.store, bench.engine._given, host="test")

    kinds = [engine.process(bench.put(name, b"hello")).kind for name in ("a.txt", "trip/a.txt", "a.trip/b.txt")]

    assert kinds == ["done", "done", "dead"]
    assert bench.outputs() == {"a.txt.copy": b"hello", "trip/a.txt.copy": b"hello"}


def test_an_output_says_where_it_came_from(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"hello", {"noria-hops": "2", "noria-trace": "t" * 32}))

    metadata = bench.store.stat("outbox", f"{bench.folder}/a.txt.copy").metadata
    assert (metadata["noria-hops"], metadata["noria-trace"]) == ("3", "t" * 32)
    assert metadata["noria-parent"] == record(bench, verdict.run).name


def test_a_loop_ends_at_the_hop_limit_with_one_dead_letter(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"hello", {"noria-hops": "16"}))

    assert (verdict.kind, verdict.reason) == ("dead", "the object has passed through 16 functions, the limit")


def test_an_output_of_a_set_that_is_not_committed_waits_and_is_no_attempt(bench: Bench) -> None:
    parent = bench.put("parent.txt", b"hello")
    claimed = bench.engine.ledger.claim(bench.engine._first(parent, None))
    assert isinstance(claimed, Claim)
    child = bench.put("child.txt", b"hello", {"noria-parent": claimed.run.name})

    waiting = bench.engine.process(child)
    bench.engine.ledger.finish(claimed, claimed.run.model_copy(update={"state": "committed"}))
    done = bench.engine.process(child)

    assert (waiting.kind, done.kind) == ("wait", "done")
    assert record(bench, done.run).attempt == 1


def test_an_output_left_by_a_run_that_failed_is_not_processed(bench: Bench) -> None:
    failed = bench.engine.process(bench.put("bad.txt", b"reject"))
    left = bench.put("left.txt", b"hello", {"noria-parent": record(bench, failed.run).name})

    verdict = bench.engine.process(left)

    assert record(bench, verdict.run).state == "superseded"
    assert bench.outputs() == {}


def test_an_event_that_names_another_bucket_or_folder_is_a_dead_letter_and_nothing_is_read(bench: Bench) -> None:
    for bucket, folder in (("outbox", bench.folder), ("inbox", f"{bench.folder}elsewhere")):
        etag = bench.store.write(bucket, f"{folder}/secret.txt", b"secret")

        verdict = bench.engine.process(ObjectCreated(bucket=bucket, key=f"{folder}/secret.txt", etag=etag))

        assert (verdict.kind, bench.runs) == ("dead", [])
        assert f"{bucket}/{folder}/secret.txt lies below no input of copy-" in verdict.reason
    assert bench.outputs() == {"secret.txt": b"secret"}


def test_a_host_that_hears_of_a_whole_bucket_leaves_what_lies_beside_the_watched_folder(bench: Bench) -> None:
    event = ObjectCreated(bucket="inbox", key=f"{bench.folder}elsewhere/a.txt", etag="e")
    other = event.model_copy(update={"bucket": "outbox"})

    verdicts = [receive(bench.engine, wire.minio_document(each), shared={"inbox"}) for each in (event, other)]

    assert [verdict.kind for verdict in verdicts] == ["done", "dead"]


@pytest.mark.parametrize("key", ["../a.txt", "x//a.txt", "./a.txt", "a\x7fb.txt"])
def test_a_key_that_no_store_serves_is_a_dead_letter(bench: Bench, key: str) -> None:
    event = ObjectCreated(bucket="inbox", key=f"{bench.folder}/{key}", etag="e")

    verdict = bench.engine.process(event)

    assert verdict.kind == "dead"
    assert verdict.reason.startswith("the key ")


def test_an_object_over_the_size_limit_is_refused_unread(bench: Bench) -> None:
    bench.engine._given = bench.engine._given.model_copy(update={"input_limit": 4})

    verdict = bench.engine.process(bench.put("large.txt", b"hello"))

    assert (verdict.kind, verdict.reason) == ("dead", "the object has 5 bytes, more than the limit of 4")


def test_a_store_that_is_away_is_a_retry_and_no_dead_letter(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    away = Store(bench.engine._given.model_copy(update={"store_url": "http://127.0.0.1:9"}))
    bench.engine.ledger = Ledger(away, "noria-ledger", lease=2)

    verdict = bench.engine.process(event)

    assert verdict.kind == "retry"
    assert "did not serve" in verdict.reason


def test_nothing_is_left_in_the_work_folder(bench: Bench) -> None:
    work = bench.engine._given.work
    for content in (b"hello", b"reject", b"raise"):
        bench.engine.process(bench.put(f"{content.decode()}.txt", content))

    assert list(work.iterdir()) == []


@pytest.mark.parametrize("payload", [b"not json", b"{}", b"[" * 1_000_000, b"\xff\xfe", b'{"Records": [{}]}'])
def test_a_message_that_is_no_event_is_one_dead_letter(bench: Bench, payload: bytes) -> None:
    verdicts = [receive(bench.engine, payload) for _ in range(2)]

    letters = [stat.key for stat in bench.store.list("outbox", f"{bench.folder}-failed")]
    assert [verdict.kind for verdict in verdicts] == ["dead", "dead"]
    assert len(letters) == 1


def test_one_bad_record_does_not_hide_its_neighbours(bench: Bench) -> None:
    good = json.loads(wire.minio_document(bench.put("a.txt", b"hello")))
    document = {"Records": [{"s3": {}, "eventName": "s3:ObjectCreated:Put"}, *good["Records"]]}

    verdict = receive(bench.engine, json.dumps(document).encode())

    assert verdict.kind == "dead"
    assert bench.outputs() == {"a.txt.copy": b"hello"}


def test_a_worker_that_was_asleep_cannot_commit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    event = bench.put("a.txt", b"hello")
    engine = Engine(bench.service, bench.engine._runner, bench.store, bench.engine._given, host="another")
    another = replace(bench, engine=engine)
    runner_run: Callable[..., object] = bench.engine._runner.run

    def asleep(*given: object) -> object:
        usage = runner_run(*given)
        monkeypatch.setattr(bench.engine._runner, "run", runner_run)
        others.append(until_done(another, event).kind)  # once the lease is over, for it has no heartbeat
        return usage

    others: list[str] = []
    monkeypatch.setattr(bench.engine._runner, "run", asleep)
    late = bench.engine.process(event)

    found = record(bench, late.run)
    assert others == ["done"]
    assert late.kind == "wait"
    assert (found.state, found.attempt) == ("committed", 2)
    assert bench.outputs() == {"a.txt.copy": b"hello"}
