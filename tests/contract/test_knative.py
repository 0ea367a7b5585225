"""What only Knative has: probes, statuses by a broker's rule, a proxy that gives up, and an end that is asked for."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from events.wire import http_cloudevent, minio_document
from functions.runtime.runs import run_id
from local.ports import free_port
from tests.contract.knative import KnativeDriver, cloudevent
from tests.contract.world import SERVICE, World
from tests.pipeline.noria import ROOT
from tests.waiting import eventually


@pytest.fixture(scope="module")
def driver(world: World) -> Iterator[KnativeDriver]:
    """A server with one place."""
    made = KnativeDriver(world, NORIA_CONCURRENCY="1", NORIA_TIME_LIMIT="60")
    yield made
    made.close()


def test_a_binary_cloudevent_is_answered_without_a_body(world: World, driver: KnativeDriver) -> None:
    headers, body = http_cloudevent(world.put("in/binary/ü a.txt", b"binary\n"))

    status, told, said = driver.post(body, headers)

    assert (status, told["noria-verdict"], said) == (204, "done", b"")


def test_a_bare_notification_is_taken_as_a_stores_webhook_sends_it(world: World, driver: KnativeDriver) -> None:
    event = world.put("in/bare/a.txt", b"bare\n")

    status, told, _ = driver.post(minio_document(event), {"content-type": "application/json"})

    assert (status, told["noria-run"]) == (204, f"{SERVICE}/{run_id(SERVICE, event)}")


def test_a_batch_of_cloudevents_is_one_request(world: World, driver: KnativeDriver) -> None:
    events = [world.put(f"in/batch/{number}.txt", b"batch\n") for number in range(3)]
    batch = [{"specversion": "1.0", "data": json.loads(minio_document(event))} for event in events]

    status, _, _ = driver.post(json.dumps(batch).encode(), {"content-type": "application/cloudevents-batch+json"})

    assert status == 204
    assert all((world.record("knative", run_id(SERVICE, event)) or {})["state"] == "committed" for event in events)


@pytest.mark.parametrize(
    ("environ", "reason"),
    [({"PORT": "http"}, "PORT has value"), ({"NORIA_ACK_WAITS": "3"}, "did you mean NORIA_ACK_WAIT?")],
    ids=["port", "setting"],
)
def test_a_server_that_cannot_start_says_why_in_a_line(world: World, environ: dict[str, str], reason: str) -> None:
    command = [sys.executable, "-m", "functions.runtime.hosts.knative", str(world.pipeline_file("knative")), SERVICE]

    ended = subprocess.run(
        command, env={**world.environ("knative"), **environ}, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 3
    assert reason in json.loads(ended.stderr)["reason"]


def test_many_at_once_are_done_once_each(world: World, driver: KnativeDriver) -> None:
    events = [world.put(f"in/many/{number}.txt", b"plain\n") for number in range(20)]

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(driver.deliver, [minio_document(event) for event in events]))

    assert {answer.verdict for answer in answers} == {"done"}
    assert {(world.record("knative", run_id(SERVICE, event)) or {}).get("attempt", 1) for event in events} == {1}


def test_it_is_alive_and_ready(driver: KnativeDriver) -> None:
    assert (driver.get("/healthz"), driver.get("/readyz")) == (204, 204)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(b"", {}, 400), (b" " * (4 * 2**20 + 1), {}, 413)],
    ids=["empty", "too large"],
)
def test_what_is_no_event_is_not_asked_for_again(
    driver: KnativeDriver, body: bytes, headers: dict[str, str], status: int
) -> None:
    answered, _, said = driver.post(body, headers)

    assert answered == status
    assert json.loads(said)["reason"]


def test_only_posts_are_events(driver: KnativeDriver) -> None:
    assert driver.get("/") == 405


def test_without_a_place_it_asks_for_the_event_again_and_a_proxy_that_gave_up_changes_nothing(
    world: World, driver: KnativeDriver, tmp_path: Path
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    event = world.put("in/impatient/a.txt", f"hold\n{begun}\n{go}\n".encode())
    other = minio_document(world.put("in/impatient/b.txt", b"plain\n"))

    proxy = http.client.HTTPConnection("127.0.0.1", driver.port)
    proxy.request("POST", "/", minio_document(event), cloudevent(minio_document(event)))
    eventually(begun.exists)
    proxy.close()
    full, told, _ = driver.post(other)
    go.touch()
    again = driver.deliver(minio_document(event))

    assert (full, told["retry-after"]) == (503, "1")
    assert again.verdict == "done"
    assert (world.record("knative", run_id(SERVICE, event)) or {}).get("attempt", 1) == 1


def test_a_store_that_is_away_is_waited_for(world: World) -> None:
    away = KnativeDriver(world, NORIA_STORE_URL=f"http://127.0.0.1:{free_port()}")
    try:
        status, told, said = away.post(minio_document(world.put("in/away/a.txt", b"plain\n")))
    finally:
        away.close()

    assert status == 503
    assert int(told["retry-after"]) >= 1
    assert json.loads(said)["reason"]


def test_what_is_under_way_ends_before_the_server_does(world: World, tmp_path: Path) -> None:
    ending, begun, go = KnativeDriver(world, NORIA_TIME_LIMIT="60"), tmp_path / "begun", tmp_path / "go"
    event = world.put("in/ending/a.txt", f"hold\n{begun}\n{go}\n".encode())
    try:
        with ThreadPoolExecutor(1) as threads:
            posted = threads.submit(ending.post, minio_document(event))
            eventually(begun.exists)
            ending.process.send_signal(signal.SIGTERM)
            eventually(lambda: refuses(ending))
            go.touch()
            status, _, _ = posted.result()
        code = ending.process.wait(60)
    finally:
        ending.close()

    assert (status, code) == (204, 0)
    assert (world.record("knative", run_id(SERVICE, event)) or {})["state"] == "committed"


def refuses(driver: KnativeDriver) -> bool:
    """Tell whether nobody takes connections any more."""
    try:
        driver.get("/readyz")
    except ConnectionRefusedError:
        return True
    except OSError:  # it was about to take this one
        return False
    return False
