"""Least privilege on a running plane: what the keys of a function and of the publisher are good for, and what not."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import nats
import pytest
from botocore.exceptions import ClientError

from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.store import Store
from local.connection import operator
from local.weed import Identity
from tests.pipeline.conftest import s3_client
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Call = Callable[["S3Client"], object]
API = "$JS.API"
LAST = "refused.to.everybody"
NEXT = json.dumps({"batch": 1, "no_wait": True}).encode()


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    """Functions in a chain, inbox/in -> middle/in -> outbox/out -> last/out, through which one object has gone.

    The last one's FDL says that it reads what the first one is given, and lists what it is given itself.
    """
    folder = tmp_path_factory.mktemp("permissions")
    noria = Noria(folder / ".noria")
    files = [folder / name for name in ("first.yaml", "second.yaml", "third.yaml", "hello.txt")]
    files[0].write_text(pipeline("first", "inbox/in", "middle/in"))
    files[1].write_text(pipeline("second", "middle/in", "outbox/out", NORIA_ACK_WAIT="7"))
    more = {"NORIA_READS": "inbox/in", "NORIA_LISTS": "outbox/out"}
    files[2].write_text(pipeline("third", "outbox/out", "last/out", **more))
    files[3].write_text("hello")
    try:
        noria("up", "--detach", *files[:3])
        noria("put", files[3], "inbox/in/", "--wait")
        store = Store(operator({"NORIA_HOME": str(noria.home)}))
        for bucket in ("inbox", "middle", "outbox"):
            store.write(bucket, "private/a.txt", b"private")
        yield noria
    finally:
        noria("down")


def keys(noria: Noria, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((noria.home / "credentials.json").read_text())[name]
    return found


@pytest.fixture
def s3(noria: Noria, request: pytest.FixtureRequest) -> Iterator["S3Client"]:
    """The store as one function sees it."""
    own = keys(noria, request.param)
    endpoint = operator({"NORIA_HOME": str(noria.home)}).store_url
    with closing(s3_client(endpoint, Identity(request.param, own["access_key"], own["secret_key"], ()))) as client:
        yield client


def get(bucket: str, key: str) -> Call:
    return lambda s3: s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def put(bucket: str, key: str) -> Call:
    return lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=b"forged")


def delete(bucket: str, key: str) -> Call:
    return lambda s3: s3.delete_object(Bucket=bucket, Key=key)


def listing(bucket: str, prefix: str = "") -> Call:
    return lambda s3: s3.list_objects_v2(Bucket=bucket, Prefix=prefix)


MAY: dict[str, list[Call]] = {
    "first": [
        get("inbox", "in/hello.txt"),
        get("middle", "in/hello.txt.copy"),
        put("middle", "in/more/of-mine.txt"),
        delete("middle", "in/more/of-mine.txt"),
        listing("middle", "in/"),
        put("noria-ledger", "first/mine.json"),
        delete("noria-ledger", "first/mine.json"),
    ],
    "second": [
        get("middle", "in/hello.txt.copy"),
        put("outbox", "out/of-mine.txt"),
        delete("outbox", "out/of-mine.txt"),
        listing("outbox", "out/"),
        put("noria-ledger", "second/mine.json"),
        delete("noria-ledger", "second/mine.json"),
    ],
    "third": [get("inbox", "in/hello.txt"), get("outbox", "out/hello.txt.copy.copy"), listing("outbox", "out/")],
}
MAY_NOT: dict[str, dict[str, Call]] = {
    "third": {
        "read what is between": get("middle", "in/hello.txt.copy"),
        "list what it only reads": listing("inbox", "in/"),
        "write what it only reads": put("inbox", "in/forged.txt"),
        "write what it only lists": put("outbox", "out/forged.txt"),
    },
    "first": {
        "read beside its input": get("inbox", "private/a.txt"),
        "read what comes two functions later": get("outbox", "out/hello.txt.copy.copy"),
        "list its input's bucket": listing("inbox"),
        "list its input": listing("inbox", "in/"),
        "list another's bucket": listing("outbox"),
        "list another's output": listing("outbox", "out/"),
        "list the ledger": listing("noria-ledger"),
        "list the buckets' parts": lambda s3: s3.list_multipart_uploads(Bucket="outbox"),
        "write its own input": put("inbox", "in/forged.txt"),
        "delete its own input": delete("inbox", "in/hello.txt"),
        "write beside its output": put("middle", "private/forged.txt"),
        "write another's output": put("outbox", "out/forged.txt"),
        "delete another's output": delete("outbox", "out/hello.txt.copy.copy"),
        "write another's ledger": put("noria-ledger", "second/forged.json"),
        "write another's dead letters": put("noria-ledger", "dead-letters/second/forged.json"),
        "write below a name that begins like its own": put("noria-ledger", "first-of-all/forged.json"),
        "make a bucket": lambda s3: s3.create_bucket(Bucket="of-mine"),
        "delete a bucket": lambda s3: s3.delete_bucket(Bucket="middle"),
        "open a bucket to everybody": lambda s3: s3.put_bucket_policy(Bucket="middle", Policy="{}"),
    },
    "second": {
        "read its producer's input": get("inbox", "in/hello.txt"),
        "read beside its input": get("middle", "private/a.txt"),
        "list its producer's bucket": listing("inbox"),
        "list its own input's bucket": listing("middle"),
        "write its own input": put("middle", "in/forged.txt"),
        "delete its producer's output": delete("middle", "in/hello.txt.copy"),
        "write its producer's ledger": put("noria-ledger", "first/forged.json"),
        "delete its producer's ledger": delete("noria-ledger", "first/x.json"),
        "write beside its output": put("outbox", "private/forged.txt"),
        "make a bucket": lambda s3: s3.create_bucket(Bucket="of-mine"),
    },
}
EACH_MAY_NOT = [(name, call) for name, calls in MAY_NOT.items() for call in calls]


@pytest.mark.parametrize("s3", MAY, indirect=True)
def test_a_function_may_use_its_own_part_of_the_store(s3: "S3Client", request: pytest.FixtureRequest) -> None:
    for call in MAY[request.node.callspec.params["s3"]]:
        call(s3)


@pytest.mark.parametrize(("s3", "call"), EACH_MAY_NOT, indirect=["s3"])
def test_a_function_may_not(s3: "S3Client", call: str, request: pytest.FixtureRequest) -> None:
    forbidden = MAY_NOT[request.node.callspec.params["s3"]][call]

    with pytest.raises(ClientError, match="AccessDenied"):
        forbidden(s3)


def refusals(noria: Noria, name: str, acts: dict[str, tuple[str, bytes]], listen: list[str]) -> set[str]:
    """Publish and subscribe as ``name``, and give the subjects that the broker refused, in lower case."""
    said: list[str] = []

    async def note(error: Exception) -> None:
        said.append(str(error))

    async def try_all() -> None:
        given = operator({"NORIA_HOME": str(noria.home)})
        own = keys(noria, name)["password"]
        client = await nats.connect(
            given.nats_url,
            user=name,
            password=own,
            inbox_prefix=f"_INBOX.{name}",
            allow_reconnect=False,
            connect_timeout=30,
            error_cb=note,
        )
        try:
            for subject, payload in acts.values():
                await client.publish(subject, payload, reply=client.new_inbox())
            for subject in listen:
                await client.subscribe(subject)
            await client.subscribe(LAST)
            async with asyncio.timeout(60):
                while not any(LAST in error for error in said):  # the broker answers in order
                    await client.flush(30)
        finally:
            await client.close()

    asyncio.run(try_all())
    return {error.split('"')[1] for error in said if "permissions violation" in error} - {LAST}


def consumer(name: str, **config: object) -> bytes:
    return json.dumps(
        {"stream_name": "EVENTS", "config": {"durable_name": name, "ack_policy": "none", **config}}
    ).encode()


WORKER_MAY_NOT: dict[str, tuple[str, bytes]] = {
    "announce an object": ("events.inbox", b"{}"),
    "announce anything": ("events.outbox", b"{}"),
    "take another's message": (f"{API}.CONSUMER.MSG.NEXT.EVENTS.second", NEXT),
    "answer another's message": ("$JS.ACK.EVENTS.second.1.1.1.1.0", b"+ACK"),
    "end another's message": ("$JS.ACK.EVENTS.second.1.1.1.1.1", b"+TERM"),
    "look at another's consumer": (f"{API}.CONSUMER.INFO.EVENTS.second", b""),
    "make a consumer for another name": (f"{API}.CONSUMER.DURABLE.CREATE.EVENTS.mine", consumer("mine")),
    "make a consumer of another bucket": (
        f"{API}.CONSUMER.CREATE.EVENTS.first.events.middle",
        consumer("first", filter_subject="events.middle"),
    ),
    "change its filter": (f"{API}.CONSUMER.CREATE.EVENTS.first", consumer("first", filter_subjects=["events.>"])),
    "change its filter in the old way": (
        f"{API}.CONSUMER.DURABLE.CREATE.EVENTS.first",
        consumer("first", filter_subject="events.>", deliver_subject="events.outbox"),
    ),
    "make a consumer without a name": (f"{API}.CONSUMER.CREATE.EVENTS", consumer("")),
    "delete its consumer": (f"{API}.CONSUMER.DELETE.EVENTS.first", b""),
    "delete another's consumer": (f"{API}.CONSUMER.DELETE.EVENTS.second", b""),
    "delete the stream": (f"{API}.STREAM.DELETE.EVENTS", b""),
    "purge the stream": (f"{API}.STREAM.PURGE.EVENTS", b""),
    "change the stream": (f"{API}.STREAM.UPDATE.EVENTS", b"{}"),
    "make a stream": (f"{API}.STREAM.CREATE.MINE", b'{"name":"MINE","subjects":["mine"]}'),
    "read a message of the stream": (f"{API}.STREAM.MSG.GET.EVENTS", b'{"seq":1}'),
    "delete a message of the stream": (f"{API}.STREAM.MSG.DELETE.EVENTS", b'{"seq":1}'),
    "read the publisher's place": (f"{API}.STREAM.MSG.GET.KV_publisher", b'{"seq":1}'),
    "read the publisher's place directly": (f"{API}.DIRECT.GET.KV_publisher.$KV.publisher.offset", b""),
    "move the publisher's place": ("$KV.publisher.offset", b"0"),
    "forge an advisory": ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.second", b"{}"),
    "answer another's question": ("_INBOX.second.x", b"{}"),
}
NOBODY_MAY_HEAR = [">", "events.>", "events.inbox", "_INBOX.>", "_INBOX.*.>", "_INBOX.operator.>", "$KV.>", "$JS.>"]
PUBLISHER_MAY_NOT: dict[str, tuple[str, bytes]] = {
    "take a worker's message": (f"{API}.CONSUMER.MSG.NEXT.EVENTS.first", NEXT),
    "answer a worker's message": ("$JS.ACK.EVENTS.first.1.1.1.1.0", b"+ACK"),
    "make a consumer": (f"{API}.CONSUMER.DURABLE.CREATE.EVENTS.mine", consumer("mine")),
    "read a message of the stream": (f"{API}.STREAM.MSG.GET.EVENTS", b'{"seq":1}'),
    "delete the stream": (f"{API}.STREAM.DELETE.EVENTS", b""),
    "purge the stream": (f"{API}.STREAM.PURGE.EVENTS", b""),
    "delete its own stream": (f"{API}.STREAM.DELETE.KV_publisher", b""),
    "make a stream": (f"{API}.STREAM.CREATE.MINE", b'{"name":"MINE","subjects":["mine"]}'),
    "forge an advisory": ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.first", b"{}"),
}


def mirrored(acts: dict[str, tuple[str, bytes]]) -> dict[str, tuple[str, bytes]]:
    """The same acts with the two functions in each other's place."""
    swap = {"first": "second", "second": "first"}

    def swapped(subject: str) -> str:
        return ".".join(swap.get(part, part) for part in subject.split("."))

    return {act: (swapped(subject), payload) for act, (subject, payload) in acts.items()}


@pytest.mark.parametrize(
    ("name", "other", "acts"),
    [
        ("first", "second", WORKER_MAY_NOT),
        ("second", "first", mirrored(WORKER_MAY_NOT)),
        ("publisher", "first", PUBLISHER_MAY_NOT),
    ],
)
def test_a_user_of_the_broker_may_not(noria: Noria, name: str, other: str, acts: dict[str, tuple[str, bytes]]) -> None:
    hidden = [*NOBODY_MAY_HEAR, f"_INBOX.{other}.>"]

    refused = refusals(noria, name, acts, hidden)

    assert [act for act, (subject, _) in acts.items() if subject.lower() not in refused] == []
    assert [subject for subject in hidden if subject.lower() not in refused] == []


def test_a_user_of_the_broker_may_do_its_own_work(noria: Noria) -> None:
    worker = {
        "look at its consumer": (f"{API}.CONSUMER.INFO.EVENTS.first", b""),
        "ask for a message": (f"{API}.CONSUMER.MSG.NEXT.EVENTS.first", NEXT),
        "answer a message": ("$JS.ACK.EVENTS.first.1.1.1.1.0", b"+ACK"),
    }
    publisher = {"keep its place": (f"{API}.STREAM.INFO.KV_publisher", b""), "announce": ("events.inbox", b"{}")}

    assert refusals(noria, "first", worker, ["_INBOX.first.x"]) == set()
    assert refusals(noria, "publisher", publisher, ["_INBOX.publisher.x"]) == set()


def test_a_consumer_is_as_its_own_functions_fdl_says_though_its_worker_may_not_make_it(noria: Noria) -> None:
    given = operator({"NORIA_HOME": str(noria.home)})

    async def ask() -> list[tuple[float | None, list[str]]]:
        client = await connect(given, patient=False)
        found = [(await client.jetstream().consumer_info("EVENTS", name)).config for name in ("first", "second")]
        await client.close()
        return [(each.ack_wait, each.filter_subjects or [each.filter_subject or ""]) for each in found]

    assert asyncio.run(ask()) == [(30, ["events.inbox"]), (7, ["events.middle"])]
    for name in ("first", "second"):
        log = (noria.home / "run" / f"worker-{name}-0.log").read_text().lower()
        assert "listening" in log
        assert "permissions violation" not in log


def test_what_was_refused_left_no_trace_and_the_pipeline_goes_on(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "after.txt"
    file.write_text("after")

    document = noria.json("put", file, "inbox/in/", "--wait")

    assert [run["state"] for run in document["runs"]] == ["committed"] * 3
    store = Store(operator({"NORIA_HOME": str(noria.home)}))
    listed = [stat.key for bucket in ("inbox", "middle", "outbox", "noria-ledger") for stat in store.list(bucket)]
    assert not [key for key in listed if "forged" in key]
