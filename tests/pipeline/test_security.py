"""Planted secrets are found nowhere again: in no log, record, dead letter, event, output or traceback."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats.js.errors import NotFoundError

from events import ObjectCreated
from functions.runtime.configuration import Configuration
from functions.runtime.errors import MissingError
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.store import Store
from local.bell import ring
from local.broker import Broker, User, ensure_streams
from local.connection import operator
from local.credentials import load
from local.weed import Identity, Weed
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline

CONFIGURATIONS = {"credentials.json", "s3.json", "nats.json"}
"""Where keys belong: files that only their owner can read."""


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(12)}"


CANARIES = {name: canary(name) for name in ("TOKEN", "LATER", "API_KEY", "AWS_SECRET_ACCESS_KEY")}
WAYS = ("raise", "cut", "reject", "chain", "thread", "exit", "log")


def telling(**environment: str) -> str:
    """FDL of a function that has secrets: in the file, in the worker's environment, and under a name that says so."""
    text = pipeline("tell", "inbox/in", "outbox/out", function="tests.tellers:tell", **environment)
    secret = f"        Secrets:\n          TOKEN: {CANARIES['TOKEN']}\n          LATER: ''\n"
    head, input_, rest = text.partition("      input:\n")
    return f"{head}{secret}{input_}{rest}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Noria, list[str]]]:
    """A plane whose function has told its secrets in every way, and what every command said of it."""
    folder = tmp_path_factory.mktemp("security")
    given = {name: CANARIES[name] for name in ("LATER", "AWS_SECRET_ACCESS_KEY")}
    noria = Noria(folder / ".noria", {"NORIA_BACKOFF": "0.1", "NORIA_ACK_WAIT": "20", **given})
    file = folder / "tell.yaml"
    file.write_text(telling(API_KEY=CANARIES["API_KEY"]))
    try:
        commands: list[list[str | Path]] = [["up", "--detach", file]]
        for way in WAYS:
            (folder / way).write_text(way)
            commands.append(["put", folder / way, "inbox/in/", "--wait"])
        commands += [["runs", "--json"], ["failed", "list", "--json"], ["status", "--json"], ["logs", "tell", "--json"]]
        commands += [["trace", "inbox/in/log", "--json"], ["doctor", file, "--json"]]
        done = [noria.run(*command) for command in commands]
        said = [each.stdout + each.stderr for each in done]
        assert (done[0].returncode, len(noria.json("runs"))) == (0, len(WAYS))
        yield noria, said
    finally:
        noria("down")


def leaks(texts: dict[str, bytes], values: dict[str, str]) -> dict[str, list[str]]:
    """Name the secrets that are in each text, whole or their better half."""
    halves = {name: value[: 2 * len(value) // 3].encode() for name, value in values.items()}
    found = {place: [name for name, half in halves.items() if half in text] for place, text in texts.items()}
    return {place: names for place, names in found.items() if names}


def files(home: Path) -> dict[str, bytes]:
    """Everything below a home, the store's and the broker's data too, but the private configurations."""
    found: dict[str, bytes] = {}
    for folder, _, names in os.walk(home):
        for path in (Path(folder, name) for name in names if name not in CONFIGURATIONS):
            with suppress(FileNotFoundError):  # gone since it was listed: the servers are at work meanwhile
                found |= {str(path.relative_to(home)): path.read_bytes()} if path.is_file() else {}
    return found


def objects(store: Store, *buckets: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for bucket in buckets:
        for stat in store.list(bucket):
            with suppress(MissingError):  # whoever reads the store's clock has an object there for a moment
                found[f"{bucket}/{stat.key}"] = store.read(bucket, stat.key)[0]
    return found


def messages(given: Configuration, *streams: str) -> dict[str, bytes]:
    async def read() -> dict[str, bytes]:
        client = await connect(given, patient=False)
        js = client.jetstream()
        found = {}
        for stream in streams:
            for sequence in range(1, (await js.stream_info(stream)).state.last_seq + 1):
                try:
                    found[f"{stream} {sequence}"] = (await js.get_msg(stream, seq=sequence)).data or b""
                except NotFoundError:
                    continue
        await client.close()
        return found

    return asyncio.run(read())


def test_what_a_handler_tells_of_its_secrets_is_written_nowhere(told: tuple[Noria, list[str]]) -> None:
    noria, said = told
    given = operator({"NORIA_HOME": str(noria.home)})

    kept = files(noria.home) | objects(Store(given), "inbox", "outbox", "noria-ledger")
    sent = messages(given, "EVENTS", "ADVISORIES")
    shown = {f"command {number}": text.encode() for number, text in enumerate(said)}

    assert len(kept) > 20
    assert len(sent) >= len(WAYS)
    assert leaks(kept | sent | shown, CANARIES) == {}


def test_it_was_told_all_the_same_and_everything_else_is_still_to_be_read(told: tuple[Noria, list[str]]) -> None:
    noria, _ = told

    log = (noria.home / "run" / "worker-tell-0.log").read_text()
    failures = {run["input"]["key"]: run["failures"][-1] for run in noria.json("runs") if run["failures"]}

    assert "the secrets are *** *** ***" in log
    assert failures["in/reject"]["reason"] == "*** *** *** is wrong"
    assert failures["in/reject"]["hint"] == "not *** *** ***"
    assert failures["in/raise"]["reason"] == "RuntimeError: *** *** ***"
    assert set(failures) == {"in/raise", "in/cut", "in/reject", "in/chain", "in/exit"}


def test_the_keys_of_the_plane_are_in_no_log_object_or_message(told: tuple[Noria, list[str]]) -> None:
    noria, said = told
    given = operator({"NORIA_HOME": str(noria.home)})
    keys = {
        f"{name} {kind}": value
        for name, each in load(noria.home / "credentials.json").items()
        for kind, value in (("secret key", each.secret_key), ("password", each.password))
    }

    kept = {name: text for name, text in files(noria.home).items() if not name.startswith("store/data/")}
    kept |= objects(Store(given), "inbox", "outbox", "noria-ledger") | messages(given, "EVENTS", "ADVISORIES")
    shown = {f"command {number}": text.encode() for number, text in enumerate(said)}

    assert len(keys) == 6
    assert leaks(kept | shown, keys) == {}


def test_doctor_names_secrets_that_stand_in_the_file_and_not_their_values(told: tuple[Noria, list[str]]) -> None:
    said = told[1][-1]

    assert "environment.secrets.TOKEN is written in the file" in said
    assert "environment.variables.API_KEY is written in the file" in said
    assert "secrets.LATER" not in said


def test_a_secret_that_is_not_a_good_setting_is_not_shown_for_it(tmp_path: Path) -> None:
    noria, value = Noria(tmp_path / ".noria"), "s3cr-et-pw"
    file = tmp_path / "tell.yaml"
    file.write_text(telling(TELL_PASSWORD=value))

    try:
        done = [noria.run("up", "--detach", file), noria.run("doctor", file)]
    finally:
        noria("down")

    said = {str(number): (each.stdout + each.stderr).encode() for number, each in enumerate(done)}
    assert [each.returncode for each in done] == [4, 5]
    assert b"TELL_PASSWORD" in said["0"]
    assert b"TELL_PASSWORD" in said["1"]
    assert leaks(files(noria.home) | said, {"TELL_PASSWORD": f"{value}?????"}) == {}


@dataclass(frozen=True)
class Servers:
    """A store and a broker of somebody else's."""

    weed: Weed
    broker: Broker
    environ: dict[str, str]

    @property
    def given(self) -> Configuration:
        return Configuration.read(self.environ)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    admin, user = Identity.generate("somebody", ["Admin"]), User("somebody", canary("password"))
    buckets = ("inbox", "outbox", "noria-ledger")
    weed = Weed(folder / "s3", [admin], buckets=buckets, dies_with_parent=True)
    broker = Broker(folder / "nats", [user], dies_with_parent=True)
    try:
        for service in (weed, broker):
            service.start()
        for service in (weed, broker):
            service.wait_until_ready()
        url = broker.url.replace("//", f"//{user.name}:{user.password}@")
        environ = {"NORIA_STORE_URL": weed.endpoint, "NORIA_NATS_URL": url}
        environ |= {"NORIA_STORE_ACCESS_KEY": admin.access_key, "NORIA_STORE_SECRET_KEY": admin.secret_key}
        yield Servers(weed, broker, environ)
    finally:
        broker.kill()
        weed.kill()


def test_name_and_password_in_the_brokers_url_are_used_and_never_shown(servers: Servers, tmp_path: Path) -> None:
    noria = Noria(tmp_path / ".noria", {**servers.environ, "NORIA_RECONCILE": "0.5"})
    file, hello = tmp_path / "copy.yaml", tmp_path / "hello.txt"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    hello.write_text("hello")

    try:
        commands: list[list[str | Path]] = [
            ["up", "--detach", file],
            ["put", hello, "inbox/in/", "--wait", "--timeout", "120"],
            ["status"],
            ["doctor", file],
        ]
        done = [noria.run(*command) for command in commands]
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout
    finally:
        noria("down")

    said = {str(number): (each.stdout + each.stderr).encode() for number, each in enumerate(done)}
    password = servers.given.nats_password.get_secret_value()
    assert [each.returncode for each in done[:3]] == [0, 0, 0], said
    assert password.startswith("canary-")
    assert leaks(files(noria.home) | said | {"ps": listed}, {"password": password}) == {}


WRONG = canary("wrong")
REFUSED = {
    "the store's key": {"NORIA_STORE_SECRET_KEY": WRONG},
    "the broker's password": {"NORIA_NATS_URL": "nats://somebody:{wrong}@{broker}"},
    "the broker's token": {"NORIA_NATS_URL": "nats://{wrong}@{broker}"},
    "a password with a slash": {"NORIA_NATS_URL": "nats://somebody:a/{wrong}@{broker}"},
    "keys in the store's URL": {"NORIA_STORE_URL": "http://somebody:{wrong}@{store}"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_key_that_is_refused_is_not_shown_for_it(servers: Servers, tmp_path: Path, what: str) -> None:
    places = {"broker": servers.broker.url.partition("//")[2], "store": servers.weed.endpoint.partition("//")[2]}
    wrong = {name: value.format(wrong=WRONG, **places) for name, value in REFUSED[what].items()}
    noria = Noria(tmp_path / ".noria", {**servers.environ, **wrong})
    file, hello = tmp_path / "copy.yaml", tmp_path / "hello.txt"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    hello.write_text("hello")

    try:
        commands: list[list[str | Path]] = [["up", "--detach", file], ["put", hello, "inbox/x/"], ["status"]]
        done = [*(noria.run(*command) for command in commands), noria.run("doctor", file)]
    finally:
        noria.run("down")

    said = {str(number): (each.stdout + each.stderr).encode() for number, each in enumerate(done)}
    assert done[0].returncode in {3, 4}, said
    assert not [text for text in said.values() if b"Traceback" in text or b"mistake in noria" in text]
    assert leaks(files(noria.home) | said, {"wrong": WRONG}) == {}


def worker(servers: Servers, folder: Path, **environ: str) -> "subprocess.Popen[bytes]":
    """Start a worker as somebody would who has no plane; its log is ``log`` in the folder."""
    file = folder / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    command = [sys.executable, "-m", "functions.runtime.hosts.jetstream", str(file), "copy"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **servers.environ, **environ}, stdout=log, stderr=log
        )


def await_line(log: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_a_worker_whose_keys_are_refused_says_so_without_them(servers: Servers, tmp_path: Path) -> None:
    stores, brokers = tmp_path / "store", tmp_path / "broker"
    stores.mkdir()
    brokers.mkdir()

    async def announce() -> None:
        client = await connect(servers.given, patient=False)
        await ensure_streams(client.jetstream())
        event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="0" * 32, size=1, time=datetime.now(UTC))
        await ring(client.jetstream(), event, uuid.uuid4().hex)
        await client.close()

    asyncio.run(announce())
    url = f"nats://somebody:{WRONG}@{servers.broker.url.partition('//')[2]}"
    started = [
        worker(servers, stores, NORIA_STORE_SECRET_KEY=WRONG),
        worker(servers, brokers, NORIA_NATS_URL=url),
    ]
    try:
        await_line(stores / "log", "SignatureDoesNotMatch")
        await_line(brokers / "log", "Authorization")
    finally:
        for process in started:
            process.terminate()
            process.wait(60)

    assert leaks({place.name: (place / "log").read_bytes() for place in (stores, brokers)}, {"wrong": WRONG}) == {}
