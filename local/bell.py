"""The bell: an object is announced once more, in the form and on the subject that its store would use."""

import uuid

from nats.js import JetStreamContext

from events import ObjectCreated, wire
from functions.runtime.runs import StoredObject


def again(one: StoredObject) -> ObjectCreated:
    """Give the event of an object that the ledger knows."""
    return ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag, size=one.size, source="minio:s3")


async def ring(js: JetStreamContext, event: ObjectCreated, name: str = "") -> None:
    """Put the event into the stream; the broker drops a second one of the same ``name`` within its window.

    Without a name it is dropped never.

    Raises:
        nats.errors.Error: The broker did not take it.
    """
    headers = {"Nats-Msg-Id": name or uuid.uuid4().hex}
    await js.publish(f"events.{event.bucket}", wire.minio_document(event), headers=headers)
