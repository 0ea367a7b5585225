"""Poison: what can never succeed becomes one dead letter that says why, and what was uploaded beside it is done."""

import hashlib
import json
import re
from collections.abc import Iterator

import pytest
from nats.js import JetStreamContext

from events import ObjectCreated
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.runs import run_id
from local.bell import ring
from tests.faults.history import Upload
from tests.faults.rig import Rig

ATTEMPTS = 3
LIMIT = 5
"""Seconds of a handler: more than one takes to eat its memory, however busy the machine is."""
WORDS = {
    "reject": "the content says reject",
    "raise": "RuntimeError: nobody foresaw this",
    "exit": "lost .exit code 7.",
    "segfault": "lost .SIGSEGV.",
    "hang": f"took longer than {LIMIT} s and was stopped",
    "eat": "256 MiB of memory",
}
"""What a handler does, and what its dead letter says."""
MESSAGES = {
    "not JSON": b"not JSON",
    "nothing at all": b"",
    "JSON that is no event": b'{"hello": 1}',
    "a record without a bucket": json.dumps({"Records": [{"eventName": "s3:ObjectCreated:Put", "s3": {}}]}).encode(),
    "a megabyte of brackets": b"[" * 500_000 + b"]" * 500_000,
}
KEYS = {
    "a way out of the folder": "in/../../../etc/passwd",
    "a NUL": "in/poison/a\0b.txt",
    "an object that is not there": "in/poison/missing.txt",
    "a key of 1,024 bytes that is not there": "in/"
    + "/".join(["\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 100] * 5)
    + "/"
    + "x" * 16,
}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    short = {"NORIA_TIME_LIMIT": str(LIMIT), "NORIA_BACKOFF": "0.1,0.2", "NORIA_ACK_WAIT": "20"}
    with Rig(tmp_path_factory.mktemp("poison"), environ=short) as rig:
        yield rig


def letter_of(rig: Rig, run: str) -> DeadLetter:
    (letter,) = [letter for letter in rig.letters() if letter.run == run]
    return letter


def publish(rig: Rig, data: bytes) -> None:
    async def send(js: JetStreamContext) -> None:
        await js.publish("events.inbox", data)

    rig.ask(send)


def test_what_misbehaves_is_a_dead_letter_and_its_neighbours_are_done(rig: Rig) -> None:
    uploads: dict[str, Upload] = {}
    workers = [rig.pid("worker-faulty-0"), rig.pid("worker-faulty-1")]
    for word in WORDS:
        uploads[word] = rig.upload([f"{word}.txt"], word, dead=True)[0]
        rig.upload([f"beside {word} {number}.txt" for number in range(3)])
        rig.upload([f"beside {word}, much.txt"], "much")

    rig.settle()

    rig.judge()
    letters = {word: letter_of(rig, upload.run_of("faulty")) for word, upload in uploads.items()}
    assert {word: bool(re.search(WORDS[word], letter.reason)) for word, letter in letters.items()} == dict.fromkeys(
        WORDS, True
    ), {word: letter.reason for word, letter in letters.items()}
    attempts = {word: letter.attempts for word, letter in letters.items()}
    assert attempts == {word: 1 if word == "reject" else ATTEMPTS for word in WORDS}
    assert [rig.pid("worker-faulty-0"), rig.pid("worker-faulty-1")] == workers


def test_what_is_no_event_is_a_dead_letter_by_the_hash_of_its_bytes(rig: Rig) -> None:
    runs = {what: f"faulty/{hashlib.sha256(message).hexdigest()}" for what, message in MESSAGES.items()}
    for what, message in MESSAGES.items():
        rig.history.expect_letter(runs[what])
        publish(rig, message)
        rig.upload([f"beside {what}.txt"])

    rig.settle()

    rig.judge()
    assert {letter_of(rig, run).error for run in runs.values()} == {"NotAnEvent"}


@pytest.mark.parametrize("what", KEYS)
def test_an_event_of_a_key_that_no_object_has_is_a_dead_letter(rig: Rig, what: str) -> None:
    event = ObjectCreated(bucket="inbox", key=KEYS[what], etag="d41d8cd98f00b204e9800998ecf8427e")
    run = f"faulty/{run_id('faulty', event)}"
    rig.history.expect_letter(run)
    rig.ask(lambda js: ring(js, event, f"poison {what}"))
    rig.upload([f"beside {what.replace(' ', '-')}.txt"])

    rig.settle()

    rig.judge()
    letter = letter_of(rig, run)
    assert letter.reason
    assert letter.attempts == 1


def test_an_event_of_a_key_outside_the_functions_folder_has_no_effect(rig: Rig) -> None:
    event = ObjectCreated(bucket="inbox", key="../in/a.txt", etag="d41d8cd98f00b204e9800998ecf8427e")
    before = rig.letters()

    rig.ask(lambda js: ring(js, event, "outside"))

    rig.settle()
    assert rig.letters() == before
    rig.judge()


def test_an_empty_object_and_one_of_any_bytes_are_no_poison(rig: Rig) -> None:
    rig.upload_content("empty.txt", b"")
    rig.upload_content("bytes.txt", bytes(range(256)))

    rig.settle()

    assert rig.judge()["committed"] >= 2


def test_a_key_of_1024_bytes_that_the_store_took_is_done_or_has_a_letter(rig: Rig) -> None:
    deep = "/".join(["\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 100] * 5)
    name = f"{deep}/" + "x" * (1024 - len(f"in/{deep}/".encode()))
    sent = rig.upload_content(name, b"long")

    rig.settle()

    assert len(sent.key.encode()) == 1024
    run = rig.runs()[sent.run_of("faulty")]
    if run.state == "failed":  # the store has no room for the results' longer names
        sent.dead = True
    rig.judge()
