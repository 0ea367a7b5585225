"""The bell: an object is announced once more, in the form and on the subject that its store would use."""

from nats.js import JetStreamContext

from events import ObjectCreated, wire


async def ring(js: JetStreamContext, event: ObjectCreated, name: str) -> None:
    """Put the event into the stream; the broker drops a second one of the same ``name`` within its window.

    Raises:
        nats.errors.Error: The broker did not take it.
    """
    await js.publish(f"events.{event.bucket}", wire.minio_document(event), headers={"Nats-Msg-Id": name})
