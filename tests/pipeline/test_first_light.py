"""The whole of it on this machine: store, broker, publisher, workers and the command line as a person uses it."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fdl
from functions.runtime.ledger import Ledger
from functions.runtime.runs import StoredObject
from functions.runtime.store import Store
from local.chain import follow
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline
from tests.waiting import eventually

ODD_NAMES = ["a b.txt", "a+b.txt", "100%.txt", "a%20b.txt", "写真 日本語.txt", "ü&=?#.txt", "x" * 200]


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    """Two functions in a chain: inbox/in -> middle/in -> outbox/out."""
    folder = tmp_path_factory.mktemp("first-light")
    noria = Noria(folder / ".noria", {"NORIA_ACK_WAIT": "10", "NORIA_BACKOFF": "0.2,0.5"})
    files = [folder / "first.yaml", folder / "second.yaml"]
    files[0].write_text(pipeline("first", "inbox/in", "middle/in"))
    files[1].write_text(pipeline("second", "middle/in", "outbox/out"))
    try:
        noria("up", "--detach", *files)
        yield noria
    finally:
        noria("down")


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    file = tmp_path / "hello.txt"
    file.write_text(f"hello {tmp_path}")
    return file


def test_an_upload_comes_out_of_the_last_bucket(noria: Noria, hello: Path) -> None:
    document = noria.json("put", hello, "inbox/in/one/", "--wait")

    assert [(run["function"], run["state"]) for run in document["runs"]] == [
        ("first", "committed"),
        ("second", "committed"),
    ]
    noria("get", "outbox/out/one/hello.txt.copy.copy", hello.parent / "got")
    assert (hello.parent / "got").read_bytes() == hello.read_bytes()


def test_the_same_upload_again_changes_nothing(noria: Noria, hello: Path) -> None:
    first = noria.json("put", hello, "inbox/in/again/", "--wait")
    second = noria.json("put", hello, "inbox/in/again/", "--wait")

    assert [upload["new"] for upload in (*first["uploaded"], *second["uploaded"])] == [True, False]
    assert first["runs"] == second["runs"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_key_gets_its_result(noria: Noria, hello: Path, name: str) -> None:
    noria("put", hello, f"inbox/in/odd/{name}", "--wait")

    listed = {each["key"] for each in noria.json("ls", "outbox/out/odd")}
    assert f"out/odd/{name}.copy.copy" in listed


def test_a_rejected_upload_is_one_dead_letter_with_its_reason(noria: Noria, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"reject")

    noria("put", bad, "inbox/in/bad/", "--wait", code=3)

    letters = [each for each in noria.json("failed", "list") if each["input"]["key"] == "in/bad/bad.txt"]
    assert [letter["reason"] for letter in letters] == ["the content says reject"]
    shown = noria("failed", "show", letters[0]["letter"])
    assert "hint: upload something else" in shown


def test_a_crash_is_tried_again_and_then_a_dead_letter_that_says_how(noria: Noria, tmp_path: Path) -> None:
    bad = tmp_path / "crash.txt"
    bad.write_bytes(b"segfault")

    document = noria.json("put", bad, "inbox/in/crash/", "--wait", code=3)

    run = document["runs"][0]
    assert (run["state"], run["attempt"]) == ("failed", 3)
    assert {failure["reason"] for failure in run["failures"]} == {"the handler's process was lost (SIGSEGV)"}


def test_a_result_is_traced_back_to_its_first_upload_and_forward(noria: Noria, hello: Path) -> None:
    noria("put", hello, "inbox/in/trace/", "--wait")

    back = noria.json("trace", "outbox/out/trace/hello.txt.copy.copy")
    forth = noria.json("trace", "inbox/in/trace/hello.txt")

    assert [run["input"]["key"] for run in back["from"]] == ["in/trace/hello.txt.copy", "in/trace/hello.txt"]
    assert [run["function"] for run in forth["to"]] == ["first", "second"]
    assert len({back["trace"], *(run["trace"] for run in forth["to"])}) == 1


def test_status_runs_and_logs_tell_what_happened(noria: Noria, hello: Path) -> None:
    noria("put", hello, "inbox/in/status/", "--wait")

    status = noria.json("status")
    runs = noria.json("runs", "--function", "second", "--limit", "1")

    assert status["phase"] == "ready"
    assert [(each["function"], each["workers"]) for each in status["functions"]] == [("first", 1), ("second", 1)]
    eventually(lambda: [each["queued"] for each in noria.json("status")["functions"]] == [0, 0])  # letters are objects
    assert runs[0]["function"] == "second"
    eventually(lambda: {"in/status/hello.txt"} <= {line.get("key") for line in answered(noria)})
    assert {"time", "level", "event", "function", "host"} <= set(answered(noria)[0])


def answered(noria: Noria) -> list[dict[str, object]]:
    """Give what the first function's log tells of answers, which come after the commit that a person waits for."""
    lines = [json.loads(line) for line in noria("logs", "first", "--json").splitlines()]
    return [line for line in lines if line["event"] == "answered"]


def test_no_secret_is_in_any_log(noria: Noria) -> None:
    secrets = [
        value for keys in json.loads((noria.home / "credentials.json").read_text()).values() for value in keys.values()
    ]
    logs = "".join(file.read_text() for file in noria.home.glob("*/*.log"))

    assert len(secrets) >= 9
    assert not [secret for secret in secrets if secret in logs]


def test_a_worker_reaches_its_own_buckets_only(noria: Noria) -> None:
    given = operator({"NORIA_HOME": str(noria.home)})
    keys = json.loads((noria.home / "credentials.json").read_text())["second"]
    secret = type(given.store_secret_key)(keys["secret_key"])
    own = Store(given.model_copy(update={"store_access_key": keys["access_key"], "store_secret_key": secret}))
    everything = Store(given)
    everything.write("inbox", "in-private/secret.txt", b"1")
    everything.write("noria-ledger", "first/forged.json", b"1")

    for forbidden in (
        lambda: own.read("inbox", "in-private/secret.txt"),
        lambda: own.write("inbox", "in/forged.txt", b"1"),
        lambda: own.write("middle", "in/forged.txt", b"1"),
        lambda: own.write("noria-ledger", "first/forged.json", b"1"),
        lambda: own.delete("middle", "in/one/hello.txt.copy"),
    ):
        with pytest.raises(Exception, match="AccessDenied"):
            forbidden()
    own.write("outbox", "out/mine.txt", b"1")


def upload_many(noria: Noria, count: int, prefix: str) -> tuple[Store, Ledger, list[StoredObject]]:
    given = operator({"NORIA_HOME": str(noria.home)})
    store = Store(given)

    def upload(number: int) -> StoredObject:
        key = f"in/{prefix}/{number}.txt"
        return StoredObject(bucket="inbox", key=key, etag=store.write("inbox", key, os.urandom(64)))

    with ThreadPoolExecutor(4) as pool:
        return store, Ledger(store, given.ledger, lease=10), list(pool.map(upload, range(count)))


def test_a_worker_and_the_publisher_killed_in_the_middle_lose_and_double_nothing(noria: Noria) -> None:
    parts = ["worker-first-0", "publisher", "worker-second-0", "worker-first-0"]
    roots: list[StoredObject] = []
    for number, part in enumerate(parts):
        store, ledger, uploaded = upload_many(noria, 40, f"kill{number}")
        roots += uploaded
        noria.await_restart(part, noria.kill(part))

    services = [
        service
        for file in json.loads((noria.home / "plane.json").read_text())["fdl"]
        for service in fdl.load(file).services
    ]
    chains = follow(roots, services, ledger, timeout_s=180)

    assert [chain.waiting for chain in chains if chain.waiting] == []
    states = Counter((run.function, run.state) for chain in chains for run in chain.runs)
    assert states == {("first", "committed"): 160, ("second", "committed"): 160}
    results = [stat.key for stat in store.list("outbox", "out") if "/kill" in stat.key]
    assert len(results) == 160
    for chain in chains:
        for output in chain.results:
            assert store.stat(output.bucket, output.key).etag == output.etag


def test_up_again_says_that_it_runs_and_other_pipelines_are_refused(noria: Noria, tmp_path: Path) -> None:
    files = json.loads((noria.home / "plane.json").read_text())["fdl"]
    other = tmp_path / "other.yaml"
    other.write_text(pipeline("other", "inbox/other", "outbox/other"))

    again = noria.run("up", "--detach", *files)
    refused = noria.run("up", "--detach", other)

    assert (again.returncode, "already running" in again.stderr) == (0, True)
    assert (refused.returncode, "noria down first" in refused.stderr) == (3, True)


MISTAKES = {
    "put {file} inbox/in --wait": (2, "did you mean inbox/in/?"),
    "put {file}": (2, "where to? noria put {file} BUCKET/PREFIX/"),
    "put {folder}/nofile inbox/in/": (3, "there is no file {folder}/nofile"),
    "put {folder} inbox/in/": (3, "a folder is uploaded with {folder}/*"),
    "get inbox/in/mistakes": (3, "did you mean inbox/in/mistakes/?"),
    "get inbox": (2, "everything in it is inbox/"),
    "get inbox/in/mistakes/ {file}": (3, "cannot use {file}"),
    "get inbox/in/mistakes/a.txt /proc/x": (3, "cannot use /proc/x"),
    "ls inbxo": (3, "did you mean inbox?"),
    "trace nonsense": (2, "give BUCKET/KEY"),
    "failed show nonsense": (2, "give BUCKET/KEY"),
    "failed list --function frist": (2, "did you mean first?"),
    "logs frist": (3, "did you mean first?"),
    "logs nonsense": (3, "there are logs of first, publisher, second, supervisor"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_newcomers_mistake_is_answered_with_what_was_meant(noria: Noria, tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    store = Store(operator({"NORIA_HOME": str(noria.home)}))
    store.write("inbox", "in/mistakes/a.txt", b"a")
    code, sentence = MISTAKES[line]

    done = noria.run(*line.format(file=file, folder=tmp_path).split())

    said = " ".join(done.stderr.split())
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence.format(file=file, folder=tmp_path) in said
    assert "mistake in noria" not in said
    assert [stat.key for stat in store.list("inbox") if stat.key == "in"] == []


def test_an_upload_that_nobody_watches_says_so(noria: Noria, hello: Path) -> None:
    done = noria.run("put", hello, "inbox/elsewhere/", "--wait")

    assert done.returncode == 0
    assert "no function watches this folder" in done.stderr
    assert "no function watches" not in noria.run("put", hello, "inbox/in/watched/", "--wait").stderr


def test_one_unreadable_object_hides_no_other(noria: Noria, tmp_path: Path) -> None:
    bad = tmp_path / "beside.txt"
    bad.write_bytes(b"reject")
    noria("put", bad, "inbox/in/", "--wait", code=3)
    store = Store(operator({"NORIA_HOME": str(noria.home)}))
    forged = f"first/{'0' * 64}.json"
    letter = "middle/in-failed/forged.failure.json"
    store.write("noria-ledger", forged, b"no run")
    store.write("middle", letter.removeprefix("middle/"), b"no letter")

    runs, letters = noria.run("runs", "--json"), noria.run("failed", "list", "--json")

    store.delete("noria-ledger", forged)
    store.delete("middle", letter.removeprefix("middle/"))
    assert (runs.returncode, letters.returncode) == (0, 0)
    assert "in/beside.txt" in {run["input"]["key"] for run in json.loads(runs.stdout)}
    assert "in/beside.txt" in {each["input"]["key"] for each in json.loads(letters.stdout)}
    assert "left out: " in runs.stderr
    assert f"left out: {letter} is not a dead letter" in letters.stderr


def test_variables_for_other_programs_do_not_lead_the_command_astray(noria: Noria, hello: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    foreign = {"http_proxy": nowhere, "HTTPS_PROXY": nowhere, "ALL_PROXY": nowhere}
    foreign |= {"AWS_SESSION_TOKEN": "x", "AWS_ENDPOINT_URL": nowhere, "AWS_ACCESS_KEY_ID": "x", "no_proxy": "a.b"}
    shell = Noria(noria.home, {**noria.environ, **foreign})

    document = shell.json("put", hello, "inbox/in/foreign/", "--wait")

    assert [run["state"] for run in document["runs"]] == ["committed", "committed"]
