"""What was announced is replayed: from the stream, from recorded files, by force."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import events
import fdl
from events import ObjectCreated, wire
from functions.runtime.hosts.jetstream.consumer import connect
from local.connection import operator
from local.progress import Reader
from local.replay import Looker
from tests.pipeline.noria import ROOT
from tests.pipeline.tools.duty import Duty
from tests.waiting import eventually

SAMPLES = Path(events.__file__).parent / "samples"


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
    noria.await_quiet()  # what other tests have left
    stats = noria.ledger.runs("copy")
    reader = Reader(noria.store, "noria-ledger", 20, lambda _: None, most=1)

    shallow = reader.progress(stats, expected=1, backoff=(3600,))
    whole = replace(reader, most=5000, patience=60).progress(stats, expected=1, backoff=(3600,))
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


@pytest.mark.parametrize("way", ["the broker is killed", "ctrl-c"])
def test_a_replay_that_is_cut_off_is_told_in_one_sentence(noria: Duty, way: str) -> None:
    folder = f"plain/{way.replace(' ', '-')}"  # of its own: what comes late of another would look like a replay
    replay = ["replay", "--prefix", f"inbox/{folder}/"]
    noria.put_all(folder, *(f"{number}.txt" for number in range(30)))
    eventually(lambda: len(noria.json(*replay, "--dry-run")["events"]) == 30)
    rung = noria.json(*replay, "--dry-run")["documents"]
    with noria.begin(*replay, "--rate", "1") as replaying:
        eventually(lambda: noria.json(*replay, "--dry-run")["documents"] > rung)  # it has begun to ring
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
