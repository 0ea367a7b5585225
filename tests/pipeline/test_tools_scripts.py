"""The scripts for any S3 and any NATS: a plain store and a plain broker, no plane."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import events
from events import ObjectCreated, wire
from local.broker import EVENTS
from local.process import Process
from tests.pipeline.conftest import ADMIN, OPERATOR, ROOT, Plane, operators
from tests.pipelines import pipeline
from tests.waiting import eventually


@dataclass
class Scripts:
    """A copy of ``events/`` and nothing else, and where its scripts find a store and a broker."""

    folder: Path
    plane: Plane

    def __call__(self, name: str, *arguments: str | Path, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run a script as a person would, from the folder that has the copy."""
        keys = {"AWS_ACCESS_KEY_ID": ADMIN.access_key, "AWS_SECRET_ACCESS_KEY": ADMIN.secret_key}
        command = [sys.executable, "-m", f"events.scripts.{name}", *map(str, arguments)]
        environ = {**os.environ, **keys, "PYTHONSAFEPATH": ""}
        done = subprocess.run(
            command, cwd=self.folder, env=environ, input=stdin, capture_output=True, check=False, timeout=60
        )
        assert b"Traceback" not in done.stderr
        return done

    @property
    def broker(self) -> list[str]:
        """How a script is told of the broker."""
        secret = self.folder / "password"
        secret.write_text(f"{OPERATOR.password}\n")
        return ["--nats", self.plane.broker.url, "--user", OPERATOR.name, "--password-file", str(secret)]

    def put(self, *keys: str) -> None:
        for key in keys:
            self.plane.s3.put_object(Bucket="photos", Key=key, Body=key.encode())


@pytest.fixture
def scripts(own_plane: Plane, tmp_path: Path) -> Scripts:
    shutil.copytree(Path(events.__file__).parent, tmp_path / "alone" / "events")
    return Scripts(tmp_path / "alone", own_plane)


@contextmanager
def worker(plane: Plane, folder: Path) -> Iterator[Process]:
    """A worker of the copy function, told by its environment alone where store and broker are."""
    file = folder / "copy.yaml"
    file.write_text(pipeline("copy", "photos/in", "photos-blurred/out"))
    process = Process(
        "worker",
        [sys.executable, "-m", "functions.runtime.hosts.jetstream", file, "copy"],
        folder=folder,
        cwd=ROOT,
        environment=operators(plane),
    )
    process.start()
    try:
        yield process
    finally:
        process.stop()


def results(plane: Plane) -> set[str]:
    listed = plane.s3.list_objects_v2(Bucket="photos-blurred").get("Contents", [])
    return {each["Key"] for each in listed}


def test_objects_that_were_announced_by_a_script_are_worked_on_by_a_worker_without_a_plane(
    scripts: Scripts, tmp_path: Path
) -> None:
    plane = scripts.plane
    plane.s3.create_bucket(Bucket="noria-ledger")
    scripts.put("in/a b+ü.txt", "in/sub/b.txt", "elsewhere/c.txt")

    with worker(plane, tmp_path):
        done = scripts("announce_objects", "photos/in/", "--endpoint", plane.store.endpoint, *scripts.broker)
        eventually(lambda: len(results(plane)) == 2)

    assert (done.returncode, done.stderr) == (0, b"2 published, 0 known to the broker\n")
    assert results(plane) == {"out/a b+ü.txt.copy", "out/sub/b.txt.copy"}


def test_what_one_script_writes_the_other_publishes(scripts: Scripts) -> None:
    scripts.put("in/a.txt", "in/b.txt")

    written = scripts("announce_objects", "photos", "--endpoint", scripts.plane.store.endpoint)
    done = scripts("replay_events", "-", *scripts.broker, stdin=written.stdout)

    assert written.stderr == b"2 announced\n"
    assert [each["Key"] for each in map(json.loads, written.stdout.splitlines())] == [
        "photos/in/a.txt",
        "photos/in/b.txt",
    ]
    assert (done.returncode, done.stderr) == (0, b"2 published, 0 known to the broker, 0 unreadable\n")
    stored = scripts.plane.s3.head_object(Bucket="photos", Key="in/a.txt")
    assert scripts.plane.announced()[0].event.etag == stored["ETag"].strip('"')


def test_every_sample_is_published_in_minios_form_to_its_buckets_subject(scripts: Scripts) -> None:
    samples = sorted((scripts.folder / "events" / "samples").glob("*.json"))
    told = [event for file in samples for event in wire.announcement(file.read_bytes()).events]

    done = scripts("replay_events", *samples, *scripts.broker)

    announced = scripts.plane.announced()
    assert done.returncode == 3  # one sample is of something else
    assert done.stderr.decode().splitlines()[0].startswith(f"left out: {samples[-2]}, line 1: record 1 of 1")
    assert {one.event.identity for one in announced} == {event.identity for event in told}
    assert {one.event.source for one in announced} == {"minio:s3"}


def test_an_event_is_published_once_however_often_it_is_replayed_unless_it_is_asked_for_again(
    scripts: Scripts, tmp_path: Path
) -> None:
    recorded = tmp_path / "recorded.jsonl.gz"
    lines = [wire.minio_document(ObjectCreated(bucket="photos", key=f"in/{n}.txt", etag=f"{n}")) for n in range(50)]
    recorded.write_bytes(gzip.compress(b"\xef\xbb\xbf" + b"\n".join(lines)))

    said = [
        scripts("replay_events", recorded, *scripts.broker, *more).stderr.decode().split(",")[0]
        for more in ([], [], ["--again", "--rate", "5000"])
    ]

    assert said == ["50 published", "0 published", "50 published"]
    assert [one.event.key for one in scripts.plane.announced()] == [f"in/{n}.txt" for n in range(50)] * 2


def test_a_broker_where_no_stream_takes_the_event_is_told_and_nothing_is_lost_silently(scripts: Scripts) -> None:
    scripts.put("in/a.txt")
    announce = ["announce_objects", "photos", "--endpoint", scripts.plane.store.endpoint, *scripts.broker]
    checked = scripts(*announce, "--stream-check")
    scripts.plane.ask(lambda js: js.delete_stream(EVENTS))

    lost, found = scripts(*announce), scripts(*announce, "--stream-check")

    assert (checked.returncode, checked.stderr) == (0, b"0 published, 0 known to the broker\n")
    assert (lost.returncode, found.returncode) == (4, 4)
    assert lost.stderr == found.stderr == b"error: no stream takes events.photos: what is published is lost\n"


def test_what_is_away_or_wrong_is_one_sentence(scripts: Scripts, tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.json", tmp_path / "wrong"
    good.write_bytes(wire.minio_document(ObjectCreated(bucket="photos", key="in/a.txt", etag="1")))
    wrong.write_text("wrong")
    store = ["--endpoint", scripts.plane.store.endpoint]
    url = scripts.plane.broker.url

    said = {
        (done.returncode, done.stderr.decode().splitlines()[-1].partition(" (")[0])
        for done in (
            scripts("replay_events", good, "--nats", "nats://127.0.0.1:9"),
            scripts("replay_events", good, "--nats", url, "--user", OPERATOR.name, "--password-file", wrong),
            scripts("replay_events", tmp_path / "none.json", "--nats", url),
            scripts("replay_events", good, "--nats", url, "--password-file", tmp_path / "secret"),
            scripts("replay_events", good, "--nats", url, "--rate", "0"),
            scripts("announce_objects", "no-such-bucket", *store),
            scripts("announce_objects", "photos", "--endpoint", "http://127.0.0.1:9"),
        )
    }

    assert {code for code, _ in said} == {2, 3, 4}
    assert any(text.endswith(f"there is no file {tmp_path / 'secret'}") for code, text in said if code == 2)
    assert any(text.endswith("--rate: 0 is no number above 0") for code, text in said if code == 2)
    assert (3, "error: the store refuses no-such-bucket: NoSuchBucket") in said
    assert (2, f"replay_events: error: there is no file {tmp_path / 'none.json'}") in said
    assert (
        sum(
            f"the broker {broker} does not let us in" in text
            for _, text in said
            for broker in (url, "nats://127.0.0.1:9")
        )
        == 2
    )


@pytest.mark.parametrize("name", ["replay_events", "announce_objects"])
def test_a_scripts_help_has_an_example(scripts: Scripts, name: str) -> None:
    shown = scripts(name, "--help").stdout.decode()

    assert f"  python -m events.scripts.{name} " in shown
    assert "--stream-check" in shown
