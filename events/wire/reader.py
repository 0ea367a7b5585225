"""Documents, however wrapped, to events."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from events.errors import NotAnEvent
from events.model import ObjectCreated
from events.wire import records

# SNS in SQS in OSCAR's delegated wrap is three; a document that needs more was made to tire us.
_DEEPEST = 8

# As many messages as AWS puts into one batch.
_MOST = 10_000

_HINT = "known are MinIO, RustFS and S3 notifications, EventBridge, SQS, SNS, CloudEvents and OSCAR's delegated events"


Item = ObjectCreated | NotAnEvent


@dataclass(frozen=True)
class Announcement:
    """What a document told: the events, and for each record that could not be read the reason."""

    events: tuple[ObjectCreated, ...]
    problems: tuple[NotAnEvent, ...] = field(default=())


def read(
    document: bytes | str | Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> tuple[ObjectCreated, ...]:
    """Give every creation of new content that a document announces; other announcements give nothing.

    Args:
        document: The JSON as it came, or already parsed.
        headers: Of the HTTP request it came in, if any: a CloudEvent in binary mode has its attributes there.

    Raises:
        NotAnEvent: The document announces nothing that is known, or a record of it cannot be read. Use
            ``announcement`` where the other records of such a document must be had.
    """
    told = announcement(document, headers=headers)
    if told.problems:
        raise told.problems[0]
    return told.events


def announcement(
    document: bytes | str | Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> Announcement:
    """Read like ``read``, but a record that cannot be read is reported beside those that can.

    Raises:
        NotAnEvent: The document as a whole is none of the known forms.
    """
    if not isinstance(document, Mapping) and not document and _is_binary(headers or {}):
        raise NotAnEvent("the CloudEvent has no data", hint="the S3 record is expected as its data")
    events: list[ObjectCreated] = []
    problems: list[NotAnEvent] = []
    for item in _items(document, depth=0):
        if isinstance(item, NotAnEvent):
            problems.append(item)
        else:
            events.append(item)
        if len(events) + len(problems) > _MOST:
            raise NotAnEvent(f"the document has more than {_MOST} records")
    return Announcement(tuple(events), tuple(problems))


def _is_binary(headers: Mapping[str, str]) -> bool:
    return any(name.lower() == "ce-specversion" for name in headers)


def _items(document: object, *, depth: int) -> Iterator[Item]:
    """Unwrap one layer and go on inside; only the document itself raises, a part of it is yielded as a problem."""
    if depth > _DEEPEST:
        raise NotAnEvent(f"the document is wrapped more than {_DEEPEST} times", hint=_HINT)
    if isinstance(document, bytes | bytearray | str):
        document = _parsed(document)
    if isinstance(document, list):
        yield from _each("event", document, depth=depth)  # a CloudEvents batch
        return
    if not isinstance(document, Mapping):
        raise NotAnEvent("the document is not a JSON object", hint=_HINT)
    if isinstance(document.get("Records"), list):
        yield from _each("record", document["Records"], depth=depth)
    elif "s3" in document and "eventName" in document:
        yield from _kept(records.from_s3(document))
    elif document.get("source") == "aws.s3" and "detail-type" in document:
        yield from _kept(records.from_eventbridge(document))
    elif document.get("Event") != "s3:TestEvent":
        yield from _items(_inside(document), depth=depth + 1)


def _each(what: str, parts: list[object], *, depth: int) -> Iterator[Item]:
    for number, part in enumerate(parts, 1):
        try:
            yield from _items(part, depth=depth + 1)
        except NotAnEvent as error:
            yield NotAnEvent(f"{what} {number} of {len(parts)}: {error.message}", hint=error.hint)


def _kept(event: ObjectCreated | None) -> Iterator[Item]:
    if event is not None:
        yield event


def _inside(document: Mapping[str, Any]) -> object:
    """Take the payload out of a known wrap: CloudEvents, SQS, SNS, API Gateway, OSCAR's delegated event."""
    if "specversion" in document and "data" in document:
        return document["data"]
    if "specversion" in document and isinstance(document.get("data_base64"), str):
        return _unbase64(document["data_base64"])
    if "body" in document and ("httpMethod" in document or document.get("eventSource") == "aws:sqs"):
        return _unbase64(document["body"]) if document.get("isBase64Encoded") is True else document["body"]
    if isinstance(document.get("Sns"), Mapping):
        return document["Sns"].get("Message")
    if document.get("Type") == "Notification" and "Message" in document:
        return document["Message"]
    if "event" in document:
        return document["event"]
    raise NotAnEvent("the document is not an event about an object", hint=_HINT)


def _unbase64(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError) as error:
        raise NotAnEvent("the payload is marked as base64 and is not") from error


def _parsed(text: bytes | bytearray | str) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise NotAnEvent("the JSON is nested too deeply to be an event") from error
    except UnicodeDecodeError as error:
        raise NotAnEvent("the document is not UTF-8 text", hint=_HINT) from error
    except ValueError as error:
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotAnEvent(f"the document is not JSON{place}", hint=_HINT) from error
