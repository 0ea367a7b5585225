"""One record, as S3 and its likes or EventBridge write it, to one event."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from events.errors import NotAnEvent
from events.model import ObjectCreated
from events.wire import keys

# The rest of s3:ObjectCreated:* is tagging and retention: no new content, and a function that tags its own input
# would fire itself.
NEW_CONTENT = frozenset({"Put", "Post", "Copy", "CompleteMultipartUpload"})

_ESCAPES_SLASHES = frozenset({"minio:s3", "rustfs:s3"})


def from_s3(record: Mapping[str, Any]) -> ObjectCreated | None:
    """Read a record of an S3, MinIO or RustFS notification; None when it announces no new content.

    Raises:
        NotAnEvent: The record lacks a bucket, a key or an event name, or they are of the wrong kind.
    """
    if not is_creation(_text(record, "eventName", "the record")):
        return None
    s3 = _part(record, "s3", "the record")
    stored = _part(s3, "object", "s3")
    source = _text(record, "eventSource", "the record", default="")
    metadata = _metadata(stored.get("userMetadata"))
    return _event(
        bucket=_text(_part(s3, "bucket", "s3"), "name", "s3.bucket"),
        key=_key(_text(stored, "key", "s3.object"), source),
        etag=_text(stored, "eTag", "s3.object", default="").strip('"'),
        size=_size(stored),
        version_id=_text(stored, "versionId", "s3.object", default="") or None,
        time=record.get("eventTime"),
        sequencer=_text(stored, "sequencer", "s3.object", default=""),
        source=source,
        content_type=_text(stored, "contentType", "s3.object", default=""),
        metadata=metadata,
        hops=_hops(metadata),
    )


def from_eventbridge(document: Mapping[str, Any]) -> ObjectCreated | None:
    """Read an EventBridge document of source ``aws.s3``, whose key is not escaped; None for all but Object Created.

    Raises:
        NotAnEvent: It lacks a bucket or a key, or they are of the wrong kind.
    """
    if document.get("detail-type") != "Object Created":
        return None
    detail = _part(document, "detail", "the document")
    stored = _part(detail, "object", "detail")
    return _event(
        bucket=_text(_part(detail, "bucket", "detail"), "name", "detail.bucket"),
        # Not decoded, as tried on AWS: aws-solutions-library-samples/guidance-for-medialake-on-aws#21.
        key=_text(stored, "key", "detail.object"),
        etag=_text(stored, "etag", "detail.object", default="").strip('"'),
        size=_size(stored),
        version_id=_text(stored, "version-id", "detail.object", default="") or None,
        time=document.get("time"),
        sequencer=_text(stored, "sequencer", "detail.object", default=""),
        source="aws:s3",
    )


def is_creation(event_name: str) -> bool:
    """Whether ``s3:ObjectCreated:Put``, ``ObjectCreated:Put`` and the like announce new content."""
    kind, _, what = event_name.removeprefix("s3:").partition(":")
    return kind == "ObjectCreated" and what in NEW_CONTENT


def _event(*, time: object, **fields: object) -> ObjectCreated:
    when = _time(time)
    if when is not None:
        fields["time"] = when
    try:
        return ObjectCreated.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise NotAnEvent(f"the {field} is not usable: {first['msg'][0].lower()}{first['msg'][1:]}") from error


def _key(raw: str, source: str) -> str:
    # ListenNotification is the one MinIO way that does not escape; a key in a folder shows it by its slash.
    if source in _ESCAPES_SLASHES and not keys.is_escaped(raw):
        return raw
    try:
        return keys.decode(raw)
    except UnicodeDecodeError as error:
        raise NotAnEvent(
            f"the key {raw[:200]!r} is not UTF-8 when decoded",
            hint="S3 keys are UTF-8: rename the object with a client that sends UTF-8",
        ) from error


def _part(mapping: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = mapping.get(name)
    if not isinstance(found, Mapping):
        raise NotAnEvent(f"{where} has no {name}")
    return found


def _text(mapping: Mapping[str, Any], name: str, where: str, *, default: str | None = None) -> str:
    found = mapping.get(name)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise NotAnEvent(f"{where} has no {name}" if found is None else f"{where} has a {name} that is not text")
    return found


def _size(stored: Mapping[str, Any]) -> int:
    size = stored.get("size", 0)  # MinIO leaves out the size of an empty object
    if type(size) is not int or not 0 <= size < 2**63:
        raise NotAnEvent("the object's size is not a whole number of bytes")
    return size


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _metadata(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    start = "x-amz-meta-"
    return {
        name.lower().removeprefix(start): value
        for name, value in given.items()
        if isinstance(name, str) and isinstance(value, str) and name.lower().startswith(start)
    }


def _hops(metadata: Mapping[str, str]) -> int:
    hops = metadata.get("noria-hops", "")
    return int(hops) if hops.isascii() and hops.isdigit() and len(hops) < 6 else 0
