"""What is uploaded for a case, and the documents that tell of it, in all the forms in which events come."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events import ObjectCreated
from events.wire import cloudevent, minio_document, s3_document
from tests.contract.world import ELSEWHERE, World

if TYPE_CHECKING:
    from tests.contract.cases import Case

Form = Callable[[ObjectCreated], bytes]


@dataclass(frozen=True)
class Announced:
    """The events of a case, and its documents in their order."""

    events: Sequence[ObjectCreated]
    documents: Sequence[bytes]


Announcing = Callable[[World, "Case"], Announced]
TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "contract-in"}).encode()
BAD_RECORD = {"eventSource": "minio:s3", "eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": "x"}}}


def put(world: World, case: "Case", name: str = "", content: bytes | None = None) -> ObjectCreated:
    """Upload an object of a case."""
    body = case.content if content is None else content
    return world.put(f"in/{case.slug}/{name or case.key}", body, case.metadata)


def once(form: Form) -> Announcing:
    """Upload one object, and tell of it once."""
    return twice(form)


def twice(*forms: Form) -> Announcing:
    """Upload one object, and tell of it once in each form."""

    def announce(world: World, case: "Case") -> Announced:
        event = put(world, case)
        return Announced([event], [form(event) for form in forms])

    return announce


def together(count: int, *others: dict[str, Any]) -> Announcing:
    """Upload several objects, and tell of all in one document, with other records after them."""

    def announce(world: World, case: "Case") -> Announced:
        events = [put(world, case, f"{number}.txt") for number in range(count)]
        records = [json.loads(minio_document(event))["Records"][0] for event in events]
        return Announced(events, [json.dumps({"Records": [*records, *others]}).encode()])

    return announce


def apart(count: int) -> Announcing:
    """Upload several objects, and tell of each in a document of its own."""

    def announce(world: World, case: "Case") -> Announced:
        events = [put(world, case, f"{number}.txt") for number in range(count)]
        return Announced(events, [minio_document(event) for event in events])

    return announce


def words(document: bytes) -> Announcing:
    """Upload nothing, and say this."""
    return lambda *_: Announced([], [document])


def versions(*, late: bool = False) -> Announcing:
    """Overwrite an object before anybody reads it, and tell of both versions; of the old one last if ``late``."""

    def announce(world: World, case: "Case") -> Announced:
        events = [put(world, case, content=content) for content in (b"old\n", b"new\n")]
        documents = [minio_document(event) for event in events]
        return Announced(events, documents[::-1] if late else documents)

    return announce


def gone(world: World, case: "Case") -> Announced:
    """Delete an object before anybody reads it."""
    event = put(world, case)
    world.store.delete_version(event.bucket, event.key, event.etag)
    return Announced([event], [minio_document(event)])


def beside(world: World, case: "Case") -> Announced:
    """Upload an object into the watched bucket, beside the watched folder."""
    event = world.put(f"beside/{case.slug}.txt", case.content, {})
    return Announced([event], [minio_document(event)])


def elsewhere(world: World, case: "Case") -> Announced:
    """Upload an object into a bucket that nobody watches."""
    event = world.put(f"{case.slug}.txt", case.content, {}, bucket=ELSEWHERE)
    return Announced([event], [minio_document(event)])


def with_backslashes(event: ObjectCreated) -> bytes:
    """Tell it with metadata in which JSON escapes a backslash, which a shell's echo takes for its own."""
    return minio_document(event.model_copy(update={"metadata": {"path": "C:\\temp\\new  folder\\0"}}))


def amazon(event: ObjectCreated) -> bytes:
    """Tell it as S3 does."""
    return json.dumps(s3_document(event.model_copy(update={"source": "aws:s3"}))).encode()


def rustfs(event: ObjectCreated) -> bytes:
    """Tell it as RustFS does, whose records have a source of their own."""
    return minio_document(event).replace(b'"minio:s3"', b'"rustfs:s3"').replace(b"arn:aws:s3:::", b"arn:rustfs:s3:::")


def eventbridge(event: ObjectCreated) -> bytes:
    """Tell it as EventBridge does."""
    stored = {"key": event.key, "size": event.size, "etag": event.etag, "sequencer": "1"}
    detail = {"version": "0", "bucket": {"name": event.bucket}, "object": stored, "reason": "PutObject"}
    whole = {"version": "0", "id": "1", "detail-type": "Object Created", "source": "aws.s3", "detail": detail}
    return json.dumps({**whole, "time": "2026-11-23T12:00:00Z"}).encode()


def structured(event: ObjectCreated) -> bytes:
    """Tell it as a CloudEvent in structured form."""
    return json.dumps(cloudevent(event)).encode()


def delegated(event: ObjectCreated) -> bytes:
    """Tell it as one OSCAR cluster does that passes a job on to another."""
    return json.dumps({"storage_provider": "elsewhere", "event": minio_document(event).decode()}).encode()


def topic(event: ObjectCreated) -> bytes:
    """Tell it as SNS does."""
    message = amazon(event).decode()
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:x:1:t", "Message": message}).encode()


def unversioned(event: ObjectCreated) -> bytes:
    """Tell it without an ETag."""
    return minio_document(event.model_copy(update={"etag": ""}))


def indented(event: ObjectCreated) -> bytes:
    """Tell it in lines, with runs of spaces that a shell takes for one."""
    return json.dumps(json.loads(minio_document(event)), indent=4).encode()


def deletion(event: ObjectCreated) -> bytes:
    """Tell that it was deleted."""
    return minio_document(event, event_name="s3:ObjectRemoved:Delete")


def tagging(event: ObjectCreated) -> bytes:
    """Tell that it was given a tag."""
    return minio_document(event, event_name="s3:ObjectCreated:PutTagging")
