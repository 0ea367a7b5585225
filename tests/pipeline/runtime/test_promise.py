"""The promise where it is hardest: objects that come back, versions that overtake, metadata that lies."""

import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest
from pydantic import SecretStr

import fdl
from functions.runtime import inputs
from functions.runtime.attempts import Attempt
from functions.runtime.dead_letters import DeadLetter, DeadLetters
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.publication import failure_place
from functions.runtime.reception import receive
from functions.runtime.runs import run_id
from functions.runtime.workspace import private_folder, sweep
from local.letters import letter_places
from tests.handlers import MISBEHAVIOURS
from tests.pipeline.runtime.conftest import Bench, letters, record
from tests.pipelines import pipeline


def while_running(bench: Bench, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let ``act`` happen once, after the next handler has run and before its outputs are uploaded."""
    plain = bench.engine._runner.run

    def run(*given: object) -> object:
        usage = plain(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(bench.engine._runner, "run", plain)
        act()
        return usage

    monkeypatch.setattr(bench.engine._runner, "run", run)


def test_an_object_uploaded_again_after_it_vanished_is_processed_and_its_letter_is_gone(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    bench.store.delete("inbox", event.key)
    vanished = bench.engine.process(event)
    assert (vanished.kind, len(letters(bench))) == ("dead", 1)

    again = bench.engine.process(bench.put("a.txt", b"hello"))

    assert (again.kind, record(bench, again).state) == ("done", "committed")
    assert bench.outputs() == {"a.txt.copy": b"hello"}
    assert letters(bench) == []


def test_a_version_that_was_superseded_and_came_back_is_processed(bench: Bench) -> None:
    first = bench.put("a.txt", b"one")
    second = bench.put("a.txt", b"two")
    assert record(bench, bench.engine.process(first)).state == "superseded"
    third = bench.put("a.txt", b"one")
    assert record(bench, bench.engine.process(second)).state == "superseded"

    verdict = bench.engine.process(third)

    assert record(bench, verdict).state == "committed"
    assert bench.outputs() == {"a.txt.copy": b"one"}


def test_the_older_content_uploaded_again_gets_its_results_back(bench: Bench) -> None:
    for content in (b"one", b"two", b"one"):
        verdict = bench.engine.process(bench.put("a.txt", content))

    assert record(bench, verdict).state == "committed"
    assert bench.outputs() == {"a.txt.copy": b"one"}


def test_results_that_a_person_deleted_are_not_made_again_by_a_repeated_event(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    bench.engine.process(event)
    bench.store.delete("outbox", f"{bench.folder}/a.txt.copy")

    bench.engine.process(event)

    assert bench.outputs() == {}
    assert len(bench.runs) == 1


def test_results_that_a_person_replaced_stay_and_the_run_stays_committed(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    bench.engine.process(event)
    bench.store.write("outbox", f"{bench.folder}/a.txt.copy", b"corrected by hand")

    again = bench.engine.process(event)

    assert (again.kind, record(bench, again).state) == ("done", "committed")
    assert bench.outputs() == {"a.txt.copy": b"corrected by hand"}
    assert letters(bench) == []


def test_a_failed_run_and_its_letter_know_the_trace(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"reject", {"noria-trace": "t" * 32, "noria-hops": "3"}))

    run = record(bench, verdict)
    letter = DeadLetter.model_validate_json(bench.store.read("outbox", letters(bench)[0])[0])
    assert (run.trace, run.hops, letter.trace) == ("t" * 32, 3, "t" * 32)


def test_a_slow_run_of_an_old_version_does_not_overwrite_the_newer_results(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = bench.put("a.txt", b"old")
    while_running(bench, monkeypatch, lambda: bench.engine.process(bench.put("a.txt", b"new")))

    verdict = bench.engine.process(old)

    assert record(bench, verdict).state == "superseded"
    assert bench.outputs() == {"a.txt.copy": b"new"}


def test_an_object_that_names_its_own_run_as_its_producer_is_processed(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello")
    own = f"{bench.service.name}/{run_id(bench.service.name, event)}"

    verdict = bench.engine.process(bench.put("a.txt", b"hello", {"noria-parent": own}))

    assert record(bench, verdict).state == "committed"


def test_nobody_is_waited_for_without_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.store, "age", lambda *_: timedelta(seconds=1))  # between two looks
    bench.engine._given = bench.engine._given.model_copy(update={"ack_wait": 0, "backoff": (0.0,)})
    claimed = bench.engine.ledger.claim(bench.engine._first(bench.put("parent.txt", b"hello"), None))
    assert isinstance(claimed, Claim)
    bench.engine.ledger.finish(claimed, claimed.run.model_copy(update={"state": "retrying"}))
    child = bench.put("child.txt", b"hello", {"noria-parent": claimed.run.name})

    kinds = [bench.engine.process(child).kind for _ in range(4)]

    assert kinds == ["wait", "retry", "dead", "done"]


def test_what_a_lost_attempt_left_is_not_passed_on(bench: Bench) -> None:
    produced = record(bench, bench.engine.process(bench.put("a.txt", b"hello")))
    there = produced.outputs[0]
    forged = produced.model_copy(
        update={"outputs": (there.model_copy(update={"bucket": "inbox", "key": f"{bench.folder}/other.txt"}),)}
    )
    bench.store.write("noria-ledger", f"{produced.name}.json", forged.model_dump_json().encode())

    left = bench.engine.process(bench.put("left.txt", b"left", {"noria-parent": produced.name}))

    assert record(bench, left).state == "superseded"


def test_a_copy_among_the_results_is_a_first_upload_once_it_cannot_be_left_from_an_attempt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "LATEST", timedelta(0))
    failed = record(bench, bench.engine.process(bench.put("bad.txt", b"reject")))
    sleep(1.1)  # the store's times have whole seconds

    copied = bench.engine.process(bench.put("copied.txt", b"copied", {"noria-parent": failed.name}))

    assert record(bench, copied).state == "committed"
    assert bench.outputs() == {"copied.txt.copy": b"copied"}


def test_a_message_that_is_no_event_has_a_letter_in_a_bucket_without_folders_too(bench: Bench) -> None:
    text = pipeline(bench.service.name, f"inbox/{bench.folder}", f"outbox/{bench.folder}")
    service = fdl.loads(text.replace(f"outbox/{bench.folder}-failed", "outbox")).services[0]
    bench.engine.dead_letters = DeadLetters(service, bench.store, "noria-ledger")

    verdict = receive(bench.engine, f"no event {bench.folder}".encode())

    assert verdict.kind == "dead"


def test_a_copy_that_kept_its_metadata_is_a_first_upload(bench: Bench) -> None:
    produced = record(bench, bench.engine.process(bench.put("a.txt", b"hello")))

    copied = bench.engine.process(bench.put("copied.txt", b"copied", {"noria-parent": produced.name}))

    assert record(bench, copied).state == "committed"


def test_a_worker_that_was_asleep_writes_no_dead_letter(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    event = bench.put("a.txt", b"hello")
    claimed = bench.engine.ledger.claim(bench.engine._first(event, None))
    assert isinstance(claimed, Claim)
    name = f"{claimed.run.name}.json"
    taken = claimed.run.model_copy(update={"state": "committed", "holder": "somebody else"})
    bench.store.write("noria-ledger", name, taken.model_dump_json().encode())
    bench.store.delete("inbox", event.key)

    with pytest.raises(Exception, match="taken over"):
        bench.engine._run(event, claimed, Attempt())

    assert letters(bench) == []


def test_a_set_is_replaced_whole_or_not_at_all(bench: Bench) -> None:
    bench.store.write("outbox", f"{bench.folder}/a.txt.copy", b"precious")

    verdict = bench.engine.process(bench.put("a.txt", b"pair"))

    assert verdict.kind == "dead"
    assert bench.outputs() == {"a.txt.copy": b"precious"}


def test_a_dead_letter_with_no_place_in_the_fdl_lies_in_the_ledgers_bucket(bench: Bench) -> None:
    bucket = f"no-{bench.folder}"
    text = pipeline(bench.service.name, f"inbox/{bench.folder}", f"{bucket}/out")
    service = fdl.loads(text).services[0]
    bench.engine.service = service
    bench.engine.dead_letters = DeadLetters(service, bench.store, "noria-ledger")

    verdict = bench.engine.process(bench.put("a.txt", b"reject"))

    places = list(letter_places(service, bench.store, "noria-ledger"))
    assert verdict.kind == "dead"
    assert [(bucket, key.partition("/")[0]) for bucket, key in places] == [("noria-ledger", "dead-letters")]


def test_a_services_secret_is_in_no_record_and_no_letter(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = 'correct "horse" battery'
    bench.engine.service = bench.service.model_copy(update={"secrets": {"TOKEN": SecretStr(secret)}})

    def tell(_: object) -> None:
        raise Rejected(f"refused with {secret}", hint=f"another than {secret}")

    monkeypatch.setitem(MISBEHAVIOURS, b"reject", tell)

    verdict = bench.engine.process(bench.put("a.txt", b"reject"))

    written = record(bench, verdict).model_dump_json() + bench.store.read("outbox", letters(bench)[0])[0].decode()
    assert verdict.reason == "refused with ***"
    assert "horse" not in written


def test_a_link_in_the_output_folder_is_refused(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"link"))

    assert (verdict.kind, verdict.reason) == ("dead", "the output environment.copy is not a regular file")
    assert bench.outputs() == {}


def test_a_metric_that_is_no_number_is_tried_again_and_never_recorded(bench: Bench) -> None:
    verdict = bench.engine.process(bench.put("a.txt", b"nan"))

    assert (verdict.kind, verdict.reason) == ("retry", "ValueError: the metric mean is nan")
    assert all(math.isfinite(value) for value in record(bench, verdict).metrics.values())


@pytest.mark.parametrize("name", ["x" * 252, "写" * 84, f"{'d' * 250}/{'e' * 250}/{'f' * 252}"])
def test_a_name_too_long_for_its_results_is_one_dead_letter(bench: Bench, name: str) -> None:
    verdict = bench.engine.process(bench.put(name, b"hello"))

    assert (verdict.kind, verdict.reason) == ("dead", "the object's name is too long to name results after it")
    assert len(letters(bench)) == 1


def test_a_letters_key_is_never_too_long_for_a_store(bench: Bench) -> None:
    event = bench.put("a.txt", b"hello").model_copy(update={"key": f"{bench.folder}/{'写' * 330}"})

    _, key = failure_place(bench.service, event, "0" * 64, "noria-ledger")

    assert max(len(part.encode()) for part in key.split("/")) <= 255
    assert key.endswith(".failure.json")


def test_a_missing_ledger_is_a_retry_and_no_dead_letter(bench: Bench) -> None:
    bench.engine.ledger = Ledger(bench.store, "no-such-bucket", lease=2)

    verdict = bench.engine.process(bench.put("a.txt", b"hello"))

    assert (verdict.kind, verdict.reason) == ("retry", "the ledger's bucket no-such-bucket does not exist")
    assert letters(bench) == []


def test_a_work_folder_that_is_not_there_is_a_retry_that_says_so(bench: Bench, tmp_path: Path) -> None:
    bench.engine._given = bench.engine._given.model_copy(update={"work": tmp_path / "gone"})

    verdict = bench.engine.process(bench.put("a.txt", b"hello"))

    assert verdict.kind == "retry"
    assert "No such file or directory" in verdict.reason


def test_folders_of_killed_workers_are_swept_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "noria-run-4194305-dead").mkdir()  # above the kernel's highest process id
    (tmp_path / "somebody-elses").mkdir()

    with private_folder(tmp_path) as mine:
        assert sweep(tmp_path) == 1
        assert mine.is_dir()

    assert [path.name for path in tmp_path.iterdir()] == ["somebody-elses"]
