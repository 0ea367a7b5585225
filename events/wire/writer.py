"""Events as documents, in the forms that MinIO, S3 and CloudEvents give them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from events.model import ObjectCreated
from events.wire import keys

# Go's encoding/json escapes these too, so that JSON can stand in HTML.
_AS_GO = (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minio_document(
    event: ObjectCreated,
    *,
    event_name: str = "s3:ObjectCreated:Put",
    principal: str = "noria",
    address: str = "127.0.0.1",
    endpoint: str = "http://127.0.0.1:9000",
    region: str = "",
    agent: str = "noria",
) -> bytes:
    """Write what MinIO sends to a NATS or webhook target, byte for byte but for who is named in it.

    Format: minio/minio 7aac2a2c5, internal/event/event.go and cmd/event-notification.go. What is empty or zero is
    left out where Go's ``omitempty`` leaves it out; maps are sorted by name, as Go sorts them.
    """
    time = _milliseconds(event.time)
    sequencer = event.sequencer or _sequencer(event.time)
    who = {"principalId": principal}
    record = {
        "eventVersion": "2.0",
        "eventSource": "minio:s3",
        "awsRegion": region,
        "eventTime": time,
        "eventName": event_name,
        "userIdentity": who,
        # OSCAR reads both and calls the owner "nil" without them.
        "requestParameters": {"principalId": principal, "region": region, "sourceIPAddress": address},
        "responseElements": _response(sequencer, endpoint),
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "Config",
            "bucket": {"name": event.bucket, "ownerIdentity": who, "arn": f"arn:aws:s3:::{event.bucket}"},
            "object": _minio_object(event, sequencer),
        },
        "source": {"host": address, "port": "", "userAgent": agent},
    }
    return _as_go({"EventName": event_name, "Key": f"{event.bucket}/{event.key}", "Records": [record]})


def s3_record(
    event: ObjectCreated, *, event_name: str = "ObjectCreated:Put", region: str = "us-east-1"
) -> dict[str, Any]:
    """Write one record as AWS S3 does; ``source`` stays what the event says, ``aws:s3`` if it says nothing."""
    stored: dict[str, Any] = {"key": keys.encode(event.key), "size": event.size, "eTag": event.etag}
    if event.version_id:
        stored["versionId"] = event.version_id
    stored["sequencer"] = event.sequencer or _sequencer(event.time)
    return {
        "eventVersion": "2.1",
        "eventSource": event.source or "aws:s3",
        "awsRegion": region,
        "eventTime": _milliseconds(event.time),
        "eventName": event_name,
        "userIdentity": {"principalId": "noria"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": stored["sequencer"], "x-amz-id-2": "noria"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "noria",
            "bucket": {
                "name": event.bucket,
                "ownerIdentity": {"principalId": "noria"},
                "arn": f"arn:aws:s3:::{event.bucket}",
            },
            "object": stored,
        },
    }


def s3_document(*events: ObjectCreated) -> dict[str, Any]:
    """Write what AWS hands to a Lambda function, or puts into a queue, for these events."""
    return {"Records": [s3_record(event) for event in events]}


def cloudevent(event: ObjectCreated) -> dict[str, Any]:
    """Write a CloudEvent in structured form (cloudevents/spec, adapters/aws-s3.md)."""
    record = s3_record(event)
    response = record["responseElements"]
    return {
        "specversion": "1.0",
        "id": f"{response['x-amz-request-id']}.{response['x-amz-id-2']}",
        "source": f"{record['eventSource']}.{record['awsRegion']}.{event.bucket}",
        "type": f"com.amazonaws.s3.{record['eventName']}",
        "datacontenttype": "application/json",
        "subject": record["s3"]["object"]["key"],
        "time": record["eventTime"],
        "data": record,
    }


def http_cloudevent(event: ObjectCreated) -> tuple[dict[str, str], bytes]:
    """Write a CloudEvent in binary mode: the headers of an HTTP request and its body."""
    whole = cloudevent(event)
    body = json.dumps(whole.pop("data")).encode()
    kind = whole.pop("datacontenttype")
    # HTTP binding 3.1.3.2: a percent sign, a quote, a space and what is not printable ASCII are escaped in headers.
    printable = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
    headers = {f"ce-{name}": quote(value, safe=printable) for name, value in whole.items()}
    return {**headers, "content-type": kind}, body


def _minio_object(event: ObjectCreated, sequencer: str) -> dict[str, Any]:
    metadata = {f"X-Amz-Meta-{_header(name)}": value for name, value in event.metadata.items()}
    if event.content_type:
        metadata["content-type"] = event.content_type
    optional = {
        "size": event.size,
        "eTag": event.etag,
        "contentType": event.content_type,
        "userMetadata": dict(sorted(metadata.items())),
        "versionId": event.version_id,
    }
    given = {name: value for name, value in optional.items() if value}
    return {"key": keys.encode(event.key), **given, "sequencer": sequencer}


def _response(request: str, endpoint: str) -> dict[str, str]:
    return {
        "content-length": "0",
        "x-amz-id-2": "dd9025bab4ad464b049177c95eb6ebf374d3b3fd1af9251148b658df7ac2e3e8",
        "x-amz-request-id": request,
        "x-minio-deployment-id": "00000000-0000-0000-0000-000000000000",
        "x-minio-origin-endpoint": endpoint,
    }


def _header(name: str) -> str:
    """MinIO gives metadata under the names that Go's HTTP server does: ``noria-hops`` is ``Noria-Hops``."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _milliseconds(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sequencer(time: datetime) -> str:
    """MinIO's order of events on one key: the modification time in ns, as hex digits."""
    return f"{(time - _EPOCH) // timedelta(microseconds=1) * 1000:X}"


def _as_go(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for plain, escape in _AS_GO:
        text = text.replace(plain, escape)
    return text.encode()
