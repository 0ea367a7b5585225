"""The judge itself: each way to break the promise is seen, and nothing else is."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

import fdl
from functions.runtime.runs import Failure, Run, StoredObject
from tests.faults.handlers import results_of
from tests.faults.history import Found, History, Report, Upload, judge
from tests.faults.rig import pipeline

SERVICE = fdl.loads(pipeline()).services[0]


def uploaded(*outcomes: str, key: str = "", dead: bool = False) -> History:
    """Give a history of uploads one after the other, each to a key of its own unless there is one."""
    history = History()
    for number, outcome in enumerate(outcomes):
        upload = history.invoke(0, "inbox", key or f"in/{number}.txt", dead=dead)
        history.end(upload, outcome)  # type: ignore[arg-type]
    return history


def committed(upload: Upload) -> Run:
    """Give the record of a run that did what it should."""
    outputs = []
    for name, body in results_of(upload.key.rpartition("/")[2], upload.content).items():
        digest = hashlib.sha256(body).hexdigest()
        outputs.append(StoredObject(bucket="outbox", key=f"out/{name}", etag=f"e-{digest[:8]}", sha256=digest))
    return ended(upload, "committed", outputs=tuple(outputs))


def ended(upload: Upload, state: str, **known: object) -> Run:
    """Give a record in some state."""
    source = StoredObject(bucket=upload.bucket, key=upload.key, etag=upload.etag)
    run = {"state": state, "id": upload.run_of("faulty").partition("/")[2], "function": "faulty", "input": source}
    return Run.model_validate({**run, **known})


def failed(upload: Upload) -> Run:
    """Give the record of a run that ended in a dead letter."""
    return ended(upload, "failed", failures=(Failure(reason="because"),))


def found(history: History, *runs: Run, letters: tuple[str, ...] = ()) -> Found:
    """Give what a store holds where these runs did what they say, and every upload that may have arrived did."""
    inputs = {upload.place: upload.etag for upload in history.uploads if upload.outcome != "fail"}
    outputs = {(o.bucket, o.key): o for run in runs if run.state == "committed" for o in run.outputs}
    return Found({run.name: run for run in runs}, inputs, outputs, letters, {run.name: 1 for run in runs})


def judged(history: History, end: Found) -> Report:
    return judge(history, end, SERVICE, results_of)


def kinds(report: Report) -> list[str]:
    return sorted(violation.kind for violation in report.violations)


def test_a_promise_that_was_kept_is_no_violation() -> None:
    history = uploaded("ok", "unknown", "fail")
    poison = history.invoke(1, "inbox", "in/poison.txt", dead=True)
    history.end(poison, "ok")

    report = judged(
        history, found(history, committed(history.uploads[0]), failed(poison), letters=(poison.run_of("faulty"),))
    )

    assert report.violations == []
    assert report.counts["committed"] == 1


@pytest.mark.parametrize(("lost", "where"), [(0, "prefix"), (1, "middle"), (2, "postfix")])
def test_an_acknowledged_upload_without_a_record_is_lost_and_its_place_in_the_order_is_told(
    lost: int, where: str
) -> None:
    history = uploaded("ok", "ok", "ok")
    kept = [committed(upload) for upload in history.uploads if upload is not history.uploads[lost]]

    report = judged(history, found(history, *kept))

    assert kinds(report) == ["lost"]
    assert f"acknowledged {lost + 1} of 3 ({where})" in str(report)


def test_where_everything_is_lost_it_is_said_of_each() -> None:
    history = uploaded("ok", "ok")

    report = judged(history, found(history))

    assert kinds(report) == ["lost", "lost"]


def test_an_upload_without_an_answer_may_have_become_either() -> None:
    history = uploaded("unknown", "unknown")

    report = judged(history, found(history, committed(history.uploads[0])))

    assert report.violations == []


def test_an_acknowledged_object_that_the_store_has_no_more_is_seen() -> None:
    history = uploaded("ok")
    end = found(history, committed(history.uploads[0]))

    report = judged(history, replace(end, inputs={}))

    assert kinds(report) == ["not in the store"]


@pytest.mark.parametrize("state", ["running", "retrying"])
def test_a_run_that_never_ends_is_seen(state: str) -> None:
    history = uploaded("ok")

    report = judged(history, found(history, ended(history.uploads[0], state)))

    assert kinds(report) == ["unfinished"]


def test_a_commit_too_many_is_seen() -> None:
    history = uploaded("ok")
    run = committed(history.uploads[0])

    report = judged(history, replace(found(history, run), commits={run.name: 2}))

    assert kinds(report) == ["committed twice"]


def test_an_output_that_no_record_names_is_seen() -> None:
    history = uploaded("ok")
    end = found(history, committed(history.uploads[0]))
    orphan = StoredObject(bucket="outbox", key="out/orphan.copy", etag="e")

    report = judged(history, replace(end, outputs={**end.outputs, ("outbox", "out/orphan.copy"): orphan}))

    assert kinds(report) == ["orphan"]


def test_half_of_a_set_of_a_run_that_did_not_commit_is_seen() -> None:
    history = uploaded("ok", dead=True)
    upload = history.uploads[0]
    half = committed(upload).outputs[0]

    report = judged(
        history,
        replace(
            found(history, failed(upload), letters=(upload.run_of("faulty"),)),
            outputs={(half.bucket, half.key): half},
        ),
    )

    assert kinds(report) == ["orphan"]


def test_an_output_that_is_gone_is_seen() -> None:
    history = uploaded("ok")
    end = found(history, committed(history.uploads[0]))
    place = next(iter(end.outputs))

    report = judged(history, replace(end, outputs={k: v for k, v in end.outputs.items() if k != place}))

    assert kinds(report) == ["output gone"]


def test_an_output_with_another_content_than_recorded_is_seen() -> None:
    history = uploaded("ok")
    end = found(history, committed(history.uploads[0]))
    place, one = next(iter(end.outputs.items()))

    report = judged(history, replace(end, outputs={**end.outputs, place: one.model_copy(update={"sha256": "other"})}))

    assert kinds(report) == ["wrong output"]


def test_a_record_of_results_that_do_not_follow_from_the_upload_is_seen() -> None:
    history = uploaded("ok", "ok")
    first, second = history.uploads
    wrong = committed(first).model_copy(update={"outputs": committed(second).outputs})

    report = judged(history, found(history, wrong, committed(second)))

    assert kinds(report) == ["wrong record"]


def test_a_version_is_superseded_by_a_newer_one_only() -> None:
    history = uploaded("ok", "ok", key="in/a.txt")
    old, new = history.uploads
    right = judged(history, found(history, ended(old, "superseded"), committed(new)))

    wrong = judged(history, found(history, committed(old), ended(new, "superseded")))

    assert right.violations == []
    assert "superseded" in kinds(wrong)


def test_a_version_overwritten_before_anybody_heard_of_it_is_not_lost() -> None:
    history = uploaded("ok", "ok", key="in/a.txt")

    report = judged(history, found(history, committed(history.uploads[1])))

    assert report.violations == []
    assert report.counts["without a run"] == 1


@pytest.mark.parametrize("letters", [0, 2])
def test_poison_has_one_dead_letter_not_none_and_not_two(letters: int) -> None:
    history = uploaded("ok", dead=True)
    upload = history.uploads[0]

    report = judged(history, found(history, failed(upload), letters=(upload.run_of("faulty"),) * letters))

    assert kinds(report) == ["not one dead letter"]


def test_poison_that_committed_is_seen() -> None:
    history = uploaded("ok", dead=True)

    report = judged(history, found(history, committed(history.uploads[0])))

    assert kinds(report) == ["not one dead letter", "poison committed"]


def test_a_dead_letter_of_what_was_good_is_seen() -> None:
    history = uploaded("ok")
    upload = history.uploads[0]

    report = judged(history, found(history, failed(upload), letters=(upload.run_of("faulty"),)))

    assert kinds(report) == ["dead letter of nothing that should have one", "false dead letter"]
    assert "because" in str(report)


def test_a_dead_letter_that_was_asked_for_without_an_upload_must_be_there() -> None:
    history = uploaded()
    history.expect_letter("faulty/none")

    missing = judged(history, found(history))
    there = judged(history, found(history, letters=("faulty/none",)))

    assert (kinds(missing), kinds(there)) == (["not one dead letter"], [])


def test_a_run_of_what_nobody_uploaded_is_seen() -> None:
    history, other = uploaded("ok"), uploaded("ok", key="in/other.txt")

    report = judged(history, found(history, committed(history.uploads[0]), committed(other.uploads[0])))

    assert kinds(report) == ["phantom"]


def test_every_upload_is_on_the_disk_before_it_is_sent(tmp_path: Path) -> None:
    history = History(tmp_path / "history")

    history.invoke(3, "inbox", "in/a.txt")

    assert '"upload": "3-1", "outcome": "invoked", "key": "inbox/in/a.txt"' in (tmp_path / "history").read_text()
