"""What the person on duty does: see what is stuck, send dead letters round again, replay what was announced."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import events
import fdl
from events import ObjectCreated, wire
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger
from functions.runtime.runs import Failure, Run, run_id
from functions.runtime.store import Store
from local.connection import operator
from local.letters import read_letter
from local.progress import Reader
from local.reconcile import Reconciler
from local.redrive import Redrive
from local.replay import Looker
from tests.pipeline.conftest import eventually
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline

SAMPLES = Path(events.__file__).parent / "samples"


class Duty(Noria):
    """A plane of two functions on one bucket, and what a test looks up beside the command line."""

    @property
    def door(self) -> Path:
        return self.home.parent / "door"

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

        eventually(reached, 30)

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

        eventually(is_quiet, 60)

    def publish(self, document: bytes, subject: str = "events.inbox") -> None:
        """Put something into the stream, as anybody might who may."""

        async def put() -> None:
            client = await connect(operator({"NORIA_HOME": str(self.home)}), patient=False)
            await client.jetstream().publish(subject, document)
            await client.close()

        asyncio.run(put())


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duty]:
    """Two functions: flaky on inbox/in, copy on inbox/plain; long leases, so that nothing is lost by being slow."""
    folder = tmp_path_factory.mktemp("tools")
    noria = Duty(folder / ".noria", {"NORIA_ACK_WAIT": "20", "NORIA_BACKOFF": "30,30", "NORIA_RECONCILE": "300"})
    flaky = {"function": "tests.flaky:flaky", "FLAKY_DOOR": str(noria.door)}
    files = [folder / "flaky.yaml", folder / "copy.yaml"]
    files[0].write_text(pipeline("flaky", "inbox/in", "outbox/out/flaky", **flaky))
    files[1].write_text(pipeline("copy", "inbox/plain", "outbox/out/copy"))
    try:
        noria("up", "--detach", *files)
        yield noria
    finally:
        noria("down")


@pytest.fixture(autouse=True)
def closed_door(noria: Duty) -> Iterator[None]:
    noria.door.unlink(missing_ok=True)
    yield
    noria.door.touch()


def test_a_dead_letters_event_succeeds_once_its_cause_is_gone(noria: Duty) -> None:
    objects = noria.put_all("in/gone", *(f"{number}.txt" for number in range(5)))
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/gone/")
    noria.door.touch()

    document = noria.json("failed", "retry", "--function", "flaky", "--rate", "50")

    assert document == {"retried": letters, "left": []}
    noria.await_state("flaky", objects, "committed")
    assert (len(letters), noria.letters("in/gone/")) == (5, [])


def test_dead_letters_are_listed_and_sent_again_the_oldest_first(noria: Duty) -> None:
    names = ["c.txt", "a.txt", "b.txt"]
    for name in names:
        noria.await_state("flaky", noria.put_all("in/order", name), "failed")
    before = noria.letters("in/order/")

    document = noria.json("failed", "retry", *reversed(before), "--rate", "500")
    noria.await_state("flaky", [f"inbox/in/order/{name}" for name in names], "failed")

    assert [letter.split("/")[-1].split(".")[0] for letter in before] == ["c", "a", "b"]
    assert document["retried"] == before
    assert sorted(noria.letters("in/order/")) == sorted(before)
    assert noria.run_of("flaky", "in/order/a.txt").reopened  # type: ignore[union-attr]
    noria("failed", "purge", *before)


def test_a_retry_that_was_cut_off_is_finished_by_the_next_one(noria: Duty) -> None:
    objects = noria.put_all("in/cut", "1.txt", "2.txt")
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/cut/")
    for each in objects:  # as far as a retry comes that is killed after its first step
        run = noria.run_of("flaky", each.removeprefix("inbox/"))
        assert run
        noria.ledger.reopen(run.name)
    noria.door.touch()

    document = noria.json("failed", "retry", *letters)

    assert document["retried"] == letters
    noria.await_state("flaky", objects, "committed")
    assert noria.letters("in/cut/") == []


def test_a_retry_that_was_killed_before_it_rang_is_found_by_reconcile(noria: Duty) -> None:
    objects = noria.put_all("in/silent", "1.txt")
    noria.await_state("flaky", objects, "failed")
    letter = noria.letters("in/silent/")[0]
    noria.door.touch()
    services = fdl.load(noria.home.parent / "flaky.yaml").services
    given = operator({"NORIA_HOME": str(noria.home)})

    Redrive(noria.store, noria.ledger, services).release(read_letter(noria.store, *letter.split("/", 1)))
    between = noria.run_of("flaky", "in/silent/1.txt")
    eventually(lambda: asyncio.run(Reconciler(given, services, 1).once()) > 0, 30)

    assert between
    assert (between.state, noria.letters("in/silent/")) == ("retrying", [])
    noria.await_state("flaky", objects, "committed")


def test_a_letter_left_beside_a_committed_run_goes_and_nothing_runs_twice(noria: Duty) -> None:
    noria.door.touch()
    objects = noria.put_all("in/beside", "1.txt")
    noria.await_state("flaky", objects, "committed")
    run = noria.run_of("flaky", "in/beside/1.txt")
    assert run
    letter = DeadLetter(function="flaky", run=run.name, input=run.input, reason="left")
    noria.store.write("outbox", "out/flaky-failed/left.failure.json", letter.model_dump_json().encode())

    document = noria.json("failed", "retry", "outbox/out/flaky-failed/left.failure.json")
    noria.await_quiet()

    assert document["retried"] == ["outbox/out/flaky-failed/left.failure.json"]
    assert noria.run_of("flaky", "in/beside/1.txt") == run
    assert noria.letters("in/beside/") == []


def test_a_letter_that_is_just_being_written_is_left_to_its_run(noria: Duty) -> None:
    objects = noria.put_all("in/writing", "hang.txt")
    noria.await_state("flaky", objects, "running")
    run = noria.run_of("flaky", "in/writing/hang.txt")
    assert run
    failures = (Failure(reason="the last one"),)  # the worker writes the letter first, and then the ledger
    letter = DeadLetter(function="flaky", run=run.name, input=run.input, reason="the last one", failures=failures)
    address = "outbox/out/flaky-failed/writing.failure.json"
    noria.store.write("outbox", "out/flaky-failed/writing.failure.json", letter.model_dump_json().encode())

    done = noria.run("failed", "retry", address)

    assert (done.returncode, f"left: {address}: its run has not ended yet" in done.stderr) == (3, True)
    assert noria.letters("in/writing/") == [address]
    noria("failed", "purge", address)
    noria.door.touch()
    noria.await_state("flaky", objects, "committed")


def test_purged_letters_are_gone_and_their_runs_stay_failed(noria: Duty) -> None:
    objects = noria.put_all("in/purge", "1.txt", "2.txt")
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/purge/")
    noria.door.touch()

    listed = noria.json("failed", "purge", *letters, "--dry-run")
    between = noria.letters("in/purge/")
    purged = noria.json("failed", "purge", *letters)
    noria("replay", "--prefix", "inbox/in/purge/")
    noria.await_quiet()

    assert listed == purged == {"purged": letters, "left": []}
    assert between == letters
    assert noria.letters("in/purge/") == []
    noria.await_state("flaky", objects, "failed")


def test_what_cannot_be_retried_stays_and_says_why_while_the_others_go_on(noria: Duty) -> None:
    objects = noria.put_all("in/mixed", "deleted.txt", "overwritten.txt", "there.txt")
    noria.await_state("flaky", objects, "failed")
    noria.publish(b"no event at all")
    noria.await_quiet()
    everything = {each["letter"]: each.get("input") for each in noria.json("failed", "list")}
    mixed = [address for address, one in everything.items() if one is None or one["key"].startswith("in/mixed/")]
    noria.store.delete("inbox", "in/mixed/deleted.txt")
    noria.store.write("inbox", "in/mixed/overwritten.txt", b"newer")
    noria.door.touch()

    looked = noria.json("failed", "retry", *mixed, "--dry-run")
    done = noria.run("failed", "retry", *mixed, "--json")
    nothing = noria.run("failed", "retry", *(each["letter"] for each in looked["left"]))

    assert looked == json.loads(done.stdout)
    assert [address.split("/")[-1][:9] for address in looked["retried"]] == ["there.txt"]
    assert sorted(each["reason"] for each in looked["left"]) == [
        "it tells of a message that was no event",
        "it tells of a message that was no event",  # of each function that watches the bucket
        "its object was deleted",
        "its object was overwritten; the newer version has an event of its own",
    ]
    assert (done.returncode, nothing.returncode) == (0, 3)
    assert len([line for line in nothing.stderr.splitlines() if line.startswith("left: ")]) == 4
    noria.await_state("flaky", ["inbox/in/mixed/there.txt"], "committed")
    noria("failed", "purge", *(each["letter"] for each in looked["left"]))


def test_with_the_broker_away_a_retry_and_a_replay_change_nothing(noria: Duty) -> None:
    objects = noria.put_all("in/away", "1.txt")
    noria.await_state("flaky", objects, "failed")
    run, letters = noria.run_of("flaky", "in/away/1.txt"), noria.letters("in/away/")
    away = Noria(noria.home, {**noria.environ, "NORIA_NATS_URL": "nats://127.0.0.1:9"})

    done = [away.run("failed", "retry", *letters), away.run("replay", "--since", "1h", "--force"), away.run("status")]

    assert {each.returncode for each in done} == {4}
    assert all("error: the broker does not answer" in each.stderr for each in done)
    assert (noria.run_of("flaky", "in/away/1.txt"), noria.letters("in/away/")) == (run, letters)
    noria("failed", "purge", *letters)


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


def test_the_whole_stream_replayed_makes_no_new_output(noria: Duty) -> None:
    noria.door.touch()
    objects = noria.put_all("plain/whole", *(f"{number}.txt" for number in range(20)))
    noria.await_state("copy", objects, "committed")
    noria.await_quiet()
    before = noria.outputs()

    documents = [noria.json("replay", "--until", "2030-01-01") for _ in range(2)]
    noria.await_quiet()

    assert noria.outputs() == before
    assert documents[0]["found"] == documents[1]["found"] >= 20  # each once, however often it was announced
    assert documents[1]["repeated"] >= documents[0]["rung"] > 0
    assert documents[1]["already"]["committed"] >= 20


def test_a_replay_takes_the_part_of_the_stream_that_it_is_told(noria: Duty) -> None:
    first = noria.put_all("plain/part", "a1.txt", "a2.txt")
    noria.await_state("copy", first, "committed")
    noria.await_quiet()
    middle = datetime.now(UTC)
    second = noria.put_all("plain/part", "b1.txt", "b2.txt", "b3.txt")
    noria.await_state("copy", second, "committed")

    def found(*options: str) -> list[str]:
        listed = noria.json("replay", "--prefix", "inbox/plain/part/", "--dry-run", *options)["events"]
        return [each["key"].rpartition("/")[2] for each in listed]

    since, until = (
        ["--since", middle.isoformat()],
        ["--until", f"{middle:%Y-%m-%dT%H:%M:%S.%f}"],
    )  # UTC if it says nothing
    assert (found(*since), found(*until)) == (["b1.txt", "b2.txt", "b3.txt"], ["a1.txt", "a2.txt"])
    assert found("--since", "15m", "--prefix", "inbox/plain/part/b2") == ["b2.txt"]
    assert (len(found("--function", "copy")), found("--function", "flaky")) == (5, [])
    assert noria.run_of("copy", "plain/part/a1.txt").reopened == ()  # type: ignore[union-attr]


def test_forced_runs_begin_anew_and_only_those_of_the_chosen_function(noria: Duty) -> None:
    noria.door.touch()
    objects = noria.put_all("plain/force", "a.txt", "b.txt") + noria.put_all("in/force", "c.txt")
    noria.await_state("copy", objects[:2], "committed")
    noria.await_state("flaky", objects[2:], "committed")

    document = noria.json("replay", "--since", "10m", "--force", "--function", "copy", "--prefix", "inbox/plain/force/")
    eventually(lambda: all(is_done_again(noria, each) for each in objects[:2]))

    assert (document["found"], document["rung"], document["reopened"]) == (2, 2, 2)
    assert noria.run_of("flaky", "in/force/c.txt").reopened == ()  # type: ignore[union-attr]


def is_done_again(noria: Duty, address: str) -> bool:
    run = noria.run_of("copy", address.removeprefix("inbox/"))
    return bool(run and run.reopened and run.state == "committed")


def test_a_forced_replay_takes_a_failed_runs_letter_with_it(noria: Duty) -> None:
    objects = noria.put_all("in/forced", "a.txt")
    noria.await_state("flaky", objects, "failed")
    run = noria.run_of("flaky", "in/forced/a.txt")
    assert run
    event = ObjectCreated(bucket="inbox", key="in/forced/a.txt", etag=run.input.etag)
    services = fdl.load(noria.home.parent / "flaky.yaml").services

    looker = Looker(noria.store, noria.ledger, services, force=True)
    reopened = looker.begin_anew(looker.look(event))  # as far as a replay comes before it rings
    between = noria.letters("in/forced/")
    noria.door.touch()
    noria("replay", "--force", "--prefix", "inbox/in/forced/")

    assert (reopened, between) == (1, [])
    noria.await_state("flaky", objects, "committed")


def test_objects_that_are_gone_or_newer_are_left_out_and_counted(noria: Duty) -> None:
    objects = noria.put_all("plain/left", "gone.txt", "newer.txt", "there.txt")
    noria.await_state("copy", objects, "committed")
    noria.store.delete("inbox", "plain/left/gone.txt")
    noria.store.write("inbox", "plain/left/newer.txt", b"newer")
    noria.await_state("copy", [objects[1]], "committed")

    document = noria.json("replay", "--prefix", "inbox/plain/left/")

    assert (document["found"], document["rung"]) == (4, 2)
    assert document["left_out"] == {
        "its object was deleted": 1,
        "its object was overwritten; the newer version has an event of its own": 1,
    }


def test_an_event_that_the_ledger_has_lost_is_worked_on_again_from_a_file(noria: Duty, tmp_path: Path) -> None:
    objects = noria.put_all("plain/lost", "a.txt")
    noria.await_state("copy", objects, "committed")
    run = noria.run_of("copy", "plain/lost/a.txt")
    assert run
    noria.store.delete("noria-ledger", f"{run.name}.json")
    noria.store.delete("outbox", run.outputs[0].key)
    file = tmp_path / "recorded.json"
    file.write_bytes(wire.minio_document(ObjectCreated(bucket="inbox", key="plain/lost/a.txt", etag=run.input.etag)))

    document = noria.json("replay", file)

    assert (document["found"], document["rung"], document["already"]) == (1, 1, {})
    noria.await_state("copy", objects, "committed")
    assert noria.store.stat("outbox", run.outputs[0].key).etag == run.outputs[0].etag


def rewritten(part: Any, key: str, etag: str) -> Any:
    """Give a sample, whatever its form, as if it told of an object of this plane."""
    if isinstance(part, str) and part.startswith("{"):
        return json.dumps(rewritten(json.loads(part), key, etag))
    if isinstance(part, list):
        return [rewritten(each, key, etag) for each in part]
    if not isinstance(part, dict):
        return part
    changed = {name: rewritten(each, key, etag) for name, each in part.items()}
    if "bucket" in part and "object" in part:
        changed["bucket"] = {**part["bucket"], "name": "inbox"}
        known = {"etag" if "etag" in part["object"] else "eTag": etag, "key": key}
        changed["object"] = {**part["object"], **known}
    return changed


def test_recorded_documents_of_every_store_are_replayed_from_one_file(noria: Duty, tmp_path: Path) -> None:
    lines, keys = [], []
    for sample in sorted(SAMPLES.glob("*.json")):
        if wire.announcement(sample.read_bytes()).events:
            key = f"plain/samples/{sample.stem}.txt"
            noria.put_all("plain/samples", f"{sample.stem}.txt")
            etag = noria.store.stat("inbox", key).etag
            lines.append(json.dumps(rewritten(json.loads(sample.read_text()), key, etag)))
            keys.append(key)
    noria.await_state("copy", [f"inbox/{key}" for key in keys], "committed")
    file = tmp_path / "recorded.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(["\ufeff" + lines[0], "rubbish", *lines[1:], lines[0]]).encode()))

    done = noria.run("replay", file, "--json")
    piped = subprocess.run(
        [sys.executable, "-m", "local.cli", "replay", "-", "--dry-run", "--json"],
        cwd=ROOT,
        env={**os.environ, "NORIA_HOME": str(noria.home)},
        input=file.read_bytes(),
        capture_output=True,
        check=True,
    )

    document = json.loads(done.stdout)
    assert len(keys) == 10
    assert (document["found"], document["rung"], document["repeated"], document["unreadable"]) == (10, 10, 1, 1)
    assert document["already"] == {"committed": 10}
    assert f"left out: {file}, line 2: the document is not JSON at column 1" in done.stderr
    assert [each["key"] for each in json.loads(piped.stdout)["events"]] == keys


def test_the_part_of_a_file_that_is_replayed_goes_by_when_it_happened(noria: Duty, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    ages = {"plain/age/day.txt": timedelta(days=1), "plain/age/hour.txt": timedelta(hours=1)}
    noria.put_all("plain/age", "day.txt", "hour.txt")
    told = [
        ObjectCreated(bucket="inbox", key=key, etag=noria.store.stat("inbox", key).etag, time=now - age)
        for key, age in ages.items()
    ]
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps([wire.s3_document(*told)], indent=2))

    found = [
        noria.json("replay", file, "--dry-run", *part)["events"] for part in (["--since", "2h"], ["--until", "2h"])
    ]

    assert [[each["key"] for each in part] for part in found] == [["plain/age/hour.txt"], ["plain/age/day.txt"]]


def test_a_count_that_is_only_the_least_says_so(noria: Duty) -> None:
    noria.await_state("copy", noria.put_all("plain/least", "1.txt", "2.txt"), "committed")
    stats = noria.ledger.runs("copy")
    reader = Reader(noria.store, "noria-ledger", 20, lambda _: None, most=1)

    shallow = reader.progress(stats, expected=1, backoff=(3600,))
    whole = replace(reader, most=5000).progress(stats, expected=1, backoff=(3600,))
    hasty = replace(reader, most=5000, patience=0).progress(stats, expected=1, backoff=(3600,))

    assert len(stats) >= 2
    assert (shallow.exact, hasty.exact, whole.exact, whole.unfinished) == (False, False, True, ())


def test_a_replay_leaves_no_consumer_behind(noria: Duty) -> None:
    noria("replay", "--since", "1m")

    async def consumers() -> set[str]:
        client = await connect(operator({"NORIA_HOME": str(noria.home)}), patient=False)
        found = await client.jetstream().consumers_info("EVENTS")
        await client.close()
        return {each.name for each in found}

    assert asyncio.run(consumers()) == {"flaky", "copy"}


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


def test_a_broker_that_goes_away_in_the_middle_is_one_sentence_and_the_rest_is_sent_the_next_time(noria: Duty) -> None:
    objects = noria.put_all("in/middle", *(f"{number}.txt" for number in range(30)))
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/middle/")
    noria.door.touch()
    with noria.begin("failed", "retry", *letters, "--rate", "5") as retrying:
        eventually(lambda: 0 < len(noria.letters("in/middle/")) < 30)
        noria.await_restart("nats-server", noria.kill("nats-server"))
        said = retrying.communicate(timeout=60)[1]

    eventually(lambda: noria.run("failed", "retry", *noria.letters("in/middle/")).returncode == 0)

    assert retrying.returncode == 4
    assert "were sent again before this" in said
    assert "error: the broker went away" in said
    assert [line.split(" ")[0] for line in said.splitlines()][-2:] == ["error:", "hint:"]
    assert "Traceback" not in said
    assert "never retrieved" not in said
    services = fdl.load(noria.home.parent / "flaky.yaml").services
    reconciler = Reconciler(operator({"NORIA_HOME": str(noria.home)}), services, 1)

    def committed() -> bool:
        asyncio.run(reconciler.once())  # for the one whose run was reopened, and whose bell was not heard
        runs = [noria.run_of("flaky", address.removeprefix("inbox/")) for address in objects]
        return all(run is not None and run.state == "committed" for run in runs)

    eventually(committed, 60)
    assert noria.letters("in/middle/") == []


@pytest.mark.parametrize("way", ["the broker is killed", "ctrl-c"])
def test_a_replay_that_is_cut_off_is_told_in_one_sentence(noria: Duty, way: str) -> None:
    noria.put_all("plain/cut", *(f"{number}.txt" for number in range(30)))
    eventually(lambda: len(noria.json("replay", "--prefix", "inbox/plain/cut/", "--dry-run")["events"]) == 30)
    rung = noria.json("replay", "--prefix", "inbox/plain/cut/", "--dry-run")["documents"]
    with noria.begin("replay", "--prefix", "inbox/plain/cut/", "--rate", "5") as replaying:
        again = ["replay", "--prefix", "inbox/plain/cut/", "--dry-run"]
        eventually(lambda: noria.json(*again)["documents"] > rung)  # it has begun to ring
        if way == "ctrl-c":
            replaying.send_signal(signal.SIGINT)
        else:
            noria.await_restart("nats-server", noria.kill("nats-server"))
        said = replaying.communicate(timeout=60)[1].splitlines()

    if way == "ctrl-c":
        assert (replaying.returncode, "".join(said)) == (130, "stopped")
    else:
        assert replaying.returncode == 4
        assert [line.partition(" ")[0] for line in said][1:] == ["error:", "hint:"]
        assert said[0].endswith("were rung for before this; rung again, they collapse on the ledger")
