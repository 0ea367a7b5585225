"""Objects are traced by the ledger; a mistake in a command is one sentence."""

import pytest

from events import ObjectCreated, wire
from functions.runtime.runs import run_id
from tests.pipeline.tools.duty import Duty
from tests.waiting import eventually

MISTAKES = {
    "failed retry": (2, "say which dead letters: BUCKET/KEY..., --function NAME or --all"),
    "failed purge --all --function flaky": (2, "one of the three"),
    "failed retry --function flakey": (2, "did you mean flaky?"),
    "failed retry nonsense": (2, "give BUCKET/KEY"),
    "failed retry --all --rate 501": (2, "501 is not in the range 1<=x<=500"),
    "failed purge outbox/out/flaky-failed/none.failure.json": (
        3,
        "there is no dead letter outbox/out/flaky-failed/none",
    ),
    "failed show outbox/none.failure.json": (3, "hint: noria failed list names them"),
    "failed retry inbox/plain/a.txt": (3, "inbox/plain/a.txt is not a dead letter"),
    "replay": (2, "say what to replay: FILES, --since, --until, --function or --prefix"),
    "replay --since yesterday": (2, "'yesterday' is no time: give 15m, 2h, 7d or 2026-11-22T14:30 (UTC)"),
    "replay --since 1h --until 2h": (2, "is later than --until"),
    "replay --function cpoy": (2, "did you mean copy?"),
    "replay --prefix inbxo/in": (2, "no function watches the bucket 'inbxo'; did you mean inbox?"),
    "replay nofile.json": (3, "there is no file nofile.json"),
    "replay tests": (3, "its files are tests/*"),
    "replay README.md": (3, "left out: README.md, line 1: the document is not JSON at column 1"),
    "runs --state runing": (2, "there is no state 'runing'; did you mean running?"),
    "trace inbox/plain/none.txt": (3, "inbox/plain/none.txt does not exist, and none of the newest"),
    "logs -f cpoy": (3, "did you mean copy?"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_is_sent_again(noria: Duty, line: str) -> None:
    noria.put_all("plain", "a.txt")
    code, sentence = MISTAKES[line]

    done = noria.run(*line.split())

    assert (done.returncode, sentence in " ".join(done.stderr.split())) == (code, True), done.stderr
    assert "mistake in noria" not in done.stderr


def test_an_input_that_is_gone_is_traced_by_the_ledger(noria: Duty) -> None:
    objects = noria.put_all("plain/trace", "a.txt")
    noria.await_state("copy", objects, "committed")
    noria.store.delete("inbox", "plain/trace/a.txt")

    forth = noria.json("trace", "inbox/plain/trace/a.txt")
    shown = noria("trace", "inbox/plain/trace/a.txt")

    assert (forth["gone"], forth["object"]["key"], forth["waiting"]) == (True, "plain/trace/a.txt", [])
    assert [(run["function"], run["state"]) for run in forth["to"]] == [("copy", "committed")]
    assert forth["trace"] == forth["to"][0]["trace"] != ""
    assert "* inbox/plain/trace/a.txt  it is gone" in shown


def test_a_result_that_is_gone_is_traced_back_by_the_ledger(noria: Duty) -> None:
    objects = noria.put_all("plain/trace", "b.txt")
    noria.await_state("copy", objects, "committed")
    noria.store.delete("outbox", "out/copy/trace/b.txt.copy")

    back = noria.json("trace", "outbox/out/copy/trace/b.txt.copy")

    assert (back["gone"], [run["input"]["key"] for run in back["from"]]) == (True, ["plain/trace/b.txt"])


def test_a_dead_letter_is_traced_to_its_run_and_its_input(noria: Duty) -> None:
    objects = noria.put_all("in/letter", "a.txt")
    noria.await_state("flaky", objects, "failed")
    letter = noria.letters("in/letter/")[0]

    back, shown = noria.json("trace", letter), noria("trace", letter)

    assert [(run["state"], run["input"]["key"]) for run in back["from"]] == [("failed", "in/letter/a.txt")]
    assert back["letter"]["reason"] == "the door is closed"
    assert "attempt 1: the door is closed" in shown
    assert "a dead letter of flaky: the door is closed" in shown
    noria("failed", "purge", letter)


def test_what_a_superseded_run_left_is_traced_to_it_with_the_reason(noria: Duty) -> None:
    noria.put_all("plain/super", "a.txt")
    stale = ObjectCreated(bucket="inbox", key="plain/super/a.txt", etag="0" * 32)
    noria.publish(wire.minio_document(stale))
    name = f"copy/{run_id('copy', stale)}"
    eventually(lambda: (run := noria.ledger.find(name)) is not None and run.state == "superseded")
    noria.store.write("outbox", "out/copy/super/left.copy", b"left", metadata={"noria-parent": name})

    back, shown = (
        noria.json("trace", "outbox/out/copy/super/left.copy"),
        noria("trace", "outbox/out/copy/super/left.copy"),
    )

    assert [run["state"] for run in back["from"]] == ["superseded"]
    assert "attempt 1: the object was overwritten before it was read" in shown
    superseded = noria.json("runs", "--state", "superseded")
    assert {run["state"] for run in superseded} == {"superseded"}
    assert name.endswith(superseded[-1]["id"])
