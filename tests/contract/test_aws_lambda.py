"""What only Lambda has: batches of which a part is named, events without a queue, and a time that is up."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from events.wire import minio_document, s3_document
from functions.runtime.runs import run_id
from tests.collector import collecting
from tests.contract.announcing import TEST_EVENT
from tests.contract.aws_lambda import LambdaDriver, queue_event
from tests.contract.conftest import need
from tests.contract.traced import HEADER
from tests.contract.world import SERVICE, World


@pytest.fixture(scope="module")
def driver(world: World) -> Iterator[LambdaDriver]:
    """A function."""
    need("aws_lambda")
    made = LambdaDriver(world)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hasty(world: World) -> Iterator[LambdaDriver]:
    """A function that Lambda gives 17 seconds, and that would take more itself.

    One of them is kept back. Who begins after a quarter of the others is cut off without blame: a run of five
    seconds takes so much, and standing still for a moment on a busy machine does not.
    """
    need("aws_lambda")
    made = LambdaDriver(world, timeout=17, NORIA_TIME_LIMIT="60")
    yield made
    made.close()


def named(answer: dict[str, Any]) -> list[str]:
    """Give the messages that an answer asks for again."""
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def document(world: World, name: str, content: bytes) -> bytes:
    """Upload an object, and give what tells of it."""
    return minio_document(world.put(f"in/lambda/{name}", content))


def test_of_a_batch_only_what_is_to_be_tried_again_is_named(world: World, driver: LambdaDriver) -> None:
    messages = {
        "good": document(world, "good.txt", b"plain\n"),
        "again": document(world, "again.txt", b"again once\n"),
        "refused": document(world, "refused.txt", b"reject\n"),
        "foreign": b"{}",
    }

    answer = driver.invoke(queue_event(messages))

    assert named(answer) == ["again"]


def test_a_batch_of_which_nothing_succeeds_is_named_whole(world: World, driver: LambdaDriver) -> None:
    answer = driver.invoke(queue_event({"only": document(world, "only.txt", b"again once\n")}))

    assert named(answer) == ["only"]


def test_an_event_of_the_store_itself_is_done_or_an_error(world: World, driver: LambdaDriver) -> None:
    good, again = (world.put(f"in/lambda/direct-{word}", word.encode() + b"\n") for word in ("plain", "again once"))

    done = driver.invoke(s3_document(good))
    error = driver.invoke(s3_document(again))

    assert done == {}
    assert (error["errorType"], error["errorMessage"]) == ("TryAgain", "the content says again")


def test_the_test_event_of_a_new_notification_is_no_error(driver: LambdaDriver) -> None:
    assert driver.invoke(json.loads(TEST_EVENT)) == {}


def test_xray_is_told_of_each_event_where_lambda_traces(world: World) -> None:
    need("aws_lambda")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        traced = LambdaDriver(
            world,
            handler="tests.contract.traced.handler",
            LAMBDA_TASK_ROOT="/var/task",
            AWS_XRAY_DAEMON_ADDRESS=address,
        )
        try:
            traced.invoke(queue_event({"only": document(world, "traced.txt", b"reject\n")}))
            _, segment = (json.loads(line) for line in daemon.recv(65536).splitlines())
        finally:
            traced.close()

    assert (segment["name"], segment["annotations"]["verdict"]) == ("## event", "dead")
    assert segment["trace_id"] in HEADER


def test_spans_are_with_the_collector_when_the_answer_is_there(world: World) -> None:
    need("aws_lambda")
    with collecting() as collector:
        traced = LambdaDriver(
            world, handler="tests.contract.traced.patient", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint
        )
        try:
            traced.invoke(queue_event({"only": document(world, "spans.txt", b"plain\n")}))
            names = {span.name for span in collector.spans}
        finally:
            traced.close()

    assert {"upload", SERVICE, "run"} <= names


def test_a_handler_is_stopped_before_the_function_is(world: World, hasty: LambdaDriver) -> None:
    event = world.put("in/lambda/hasty.txt", b"hang once\n")
    hasty.invoke(json.loads(TEST_EVENT))  # warm

    answer = hasty.invoke(queue_event({"first": minio_document(event), "second": document(world, "late.txt", b"x\n")}))

    assert named(answer) == ["first", "second"]
    record = world.record("aws_lambda", run_id(SERVICE, event)) or {}
    assert record["state"] == "retrying"
    assert "took longer than" in record["failures"][0]["reason"]


def test_who_is_cut_off_after_others_have_had_the_time_has_made_no_attempt(world: World, hasty: LambdaDriver) -> None:
    second = world.put("in/lambda/cut.txt", b"hang once\n")
    hasty.invoke(json.loads(TEST_EVENT))  # warm
    first = document(world, "slow.txt", b"five seconds\n")

    answer = hasty.invoke(queue_event({"first": first, "second": minio_document(second)}))

    assert named(answer) == ["second"]
    record = world.record("aws_lambda", run_id(SERVICE, second)) or {}
    assert (record["state"], record.get("failures", [])) == ("retrying", [])


def test_nothing_is_begun_that_is_likely_to_be_cut_off(world: World, hasty: LambdaDriver) -> None:
    events = [world.put(f"in/lambda/long-{number}.txt", b"five seconds\n") for number in range(4)]
    hasty.invoke(json.loads(TEST_EVENT))  # warm

    answer = hasty.invoke(queue_event({event.key: minio_document(event) for event in events}))

    assert events[3].key in named(answer)
    assert world.record("aws_lambda", run_id(SERVICE, events[3])) is None
