"""Knative's way on this machine: the stream, the source, an HTTP server in the function's place, the store."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from local.broker import User
from local.permissions import broker_permissions
from local.platforms.knative import PLATFORM
from local.platforms.knative.preparing import prepare
from local.platforms.target import Target, read
from local.ports import free_port
from tests import pipelines
from tests.pipeline.conftest import ADMIN, OPERATOR, PUBLISHER, ROOT, Plane, operators
from tests.waiting import eventually

COUNT = 24
WORKER = User("copy", "copys-password", broker_permissions("copy", "EVENTS"))
LEDGER = "copys-ledger"


@contextmanager
def running(folder: Path, module: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a host or a source, with nothing of this process' environment."""
    command = [sys.executable, "-m", f"functions.runtime.hosts.{module}", str(folder / "copy.yaml"), "copy"]
    with (folder / f"{module}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environ}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def served(own_plane: Plane, tmp_path: Path) -> tuple[Plane, Mapping[str, str], Mapping[str, str]]:
    """Give a plane that announces, what the function's host is told, and what its source is."""
    text = pipelines.pipeline("copy", "photos/in", "photos-blurred/out", NORIA_ACK_WAIT="2", NORIA_BACKOFF="0.1,0.2")
    (tmp_path / "copy.yaml").write_text(text)
    own_plane.broker.allow([OPERATOR, PUBLISHER, WORKER])
    prepare(Target(read([tmp_path / "copy.yaml"]), ledger=LEDGER, environ=operators(own_plane)), lambda _: None)
    own_plane.start_publisher("photos")
    port = str(free_port())
    store = {
        "PORT": port,
        "NORIA_STORE_URL": own_plane.store.endpoint,
        "NORIA_STORE_ACCESS_KEY": ADMIN.access_key,
        "NORIA_STORE_SECRET_KEY": ADMIN.secret_key,
        "NORIA_LEDGER": LEDGER,
    }
    broker = {
        "K_SINK": f"http://127.0.0.1:{port}",
        "NORIA_NATS_URL": own_plane.broker.url,
        "NORIA_NATS_USER": WORKER.name,
        "NORIA_NATS_PASSWORD": WORKER.password,
    }
    return own_plane, store, broker


def results(plane: Plane) -> dict[str, bytes]:
    listed = plane.s3.list_objects_v2(Bucket="photos-blurred", Prefix="out/").get("Contents", [])
    return {
        each["Key"]: plane.s3.get_object(Bucket="photos-blurred", Key=each["Key"])["Body"].read() for each in listed
    }


def test_objects_are_announced_posted_and_done_though_the_function_is_killed_meanwhile(
    served: tuple[Plane, Mapping[str, str], Mapping[str, str]], tmp_path: Path
) -> None:
    plane, store, broker = served
    with running(tmp_path, "jetstream.source", broker):
        for number in range(COUNT):
            plane.s3.put_object(Bucket="photos", Key=f"in/a b+{number}.txt", Body=b"%d" % number)
        with running(tmp_path, "knative", store) as function:
            eventually(lambda: bool(results(plane)))
            end(function)
        with running(tmp_path, "knative", store):
            eventually(lambda: len(results(plane)) == COUNT, 90)

            waiting = plane.ask(lambda js: js.consumer_info("EVENTS", "copy"))
            eventually(lambda: not plane.ask(lambda js: js.consumer_info("EVENTS", "copy")).num_ack_pending)

    assert waiting.num_pending == 0
    assert results(plane) == {f"out/a b+{n}.txt.copy": b"%d" % n for n in range(COUNT)}


def test_what_is_there_already_is_left_as_it_is(own_plane: Plane, tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text(pipelines.pipeline("copy", "photos/in", "photos-blurred/out"))
    target = Target(read([tmp_path / "copy.yaml"]), ledger=LEDGER, environ=operators(own_plane))
    said: list[str] = []

    prepare(target, said.append)
    before = own_plane.ask(lambda js: js.stream_info("EVENTS"))
    prepare(target, said.append)
    after = own_plane.ask(lambda js: js.stream_info("EVENTS"))

    assert before.config == after.config
    assert after.state.consumer_count == 1
    assert said[:2] == [
        f"made the buckets {LEDGER}, photos, photos-blurred",
        "made the stream EVENTS and the consumers copy",
    ]


def test_the_broker_answers_what_keda_asks_it_for_the_lag(own_plane: Plane, tmp_path: Path) -> None:
    """kedacore/keda, pkg/scalers/nats_jetstream_scaler.go: pending messages and those in flight of one consumer."""
    (tmp_path / "copy.yaml").write_text(pipelines.pipeline("copy", "photos/in", "photos-blurred/out"))
    monitoring = own_plane.broker.monitoring.removeprefix("http://")
    target = Target(
        read([tmp_path / "copy.yaml"]),
        nats_url=own_plane.broker.url,
        nats_monitoring=monitoring,
        plain=True,
        environ=operators(own_plane),
    )
    prepare(target, lambda _: None)
    own_plane.start_publisher("photos")
    for number in range(5):
        own_plane.s3.put_object(Bucket="photos", Key=f"in/{number}", Body=b"x")
    own_plane.await_keys([f"in/{number}" for number in range(5)])

    text = PLATFORM.files(target)["functions/copy.yaml"]
    (scaler,) = [each for each in yaml.safe_load_all(text) if each["kind"] == "ScaledObject"]
    asked = scaler["spec"]["triggers"][0]["metadata"]
    where = f"http://{asked['natsServerMonitoringEndpoint']}/jsz?acc={asked['account']}&consumers=true&config=true"
    with urlopen(where) as answer:
        told = json.load(answer)

    (account,) = [each for each in told["account_details"] if each["name"] == asked["account"]]
    (stream,) = [each for each in account["stream_detail"] if each["name"] == asked["stream"]]
    (consumer,) = [each for each in stream["consumer_detail"] if each["name"] == asked["consumer"]]
    assert consumer["num_pending"] + consumer["num_ack_pending"] == 5


def test_a_source_without_a_sink_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text(pipelines.pipeline("copy", "photos/in", "photos-blurred/out"))

    with running(tmp_path, "jetstream.source", {"NORIA_NATS_URL": "nats://127.0.0.1:1"}) as source:
        code = source.wait(60)

    said = (tmp_path / "jetstream.source.log").read_text()
    assert code == 3
    assert "K_SINK is '', no address" in said
    assert "Traceback" not in said
