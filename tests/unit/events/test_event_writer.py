"""What we write is what the store itself would have sent, and what others' parsers read."""

import json
import time
import timeit
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import S3Model
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import events
from events import ObjectCreated
from events.wire import cloudevent, http_cloudevent, minio_document, read, s3_document

RECORDED = Path(events.__file__).parent / "samples" / "minio-put.json"

PHOTO = ObjectCreated(
    bucket="images",
    key="in/my photo+1.jpg",
    etag="5d41402abc4b2a76b9719d911017c592",
    size=248682,
    time=datetime(2026, 11, 22, 16, 37, 1, 500000, tzinfo=UTC),
    sequencer="18EA6B56AE8B1BDE",
    source="minio:s3",
    content_type="image/jpeg",
    metadata={"foo": "bar", "noria-hops": "2"},
    hops=2,
)

# Go's encoding/json and url.QueryEscape, and the order of the fields of minio/minio 7aac2a2c5 internal/event/event.go.
EXACT = (
    '{"EventName":"s3:ObjectCreated:Put","Key":"images/in/my photo+1.jpg","Records":[{"eventVersion":"2.0",'
    '"eventSource":"minio:s3","awsRegion":"","eventTime":"2026-11-22T16:37:01.500Z",'
    '"eventName":"s3:ObjectCreated:Put","userIdentity":{"principalId":"minioadmin"},"requestParameters":'
    '{"principalId":"minioadmin","region":"","sourceIPAddress":"127.0.0.1"},"responseElements":{"content-length":"0",'
    '"x-amz-id-2":"dd9025bab4ad464b049177c95eb6ebf374d3b3fd1af9251148b658df7ac2e3e8",'
    '"x-amz-request-id":"18EA6B56AE8B1BDE","x-minio-deployment-id":"00000000-0000-0000-0000-000000000000",'
    '"x-minio-origin-endpoint":"http://127.0.0.1:9000"},"s3":{"s3SchemaVersion":"1.0","configurationId":"Config",'
    '"bucket":{"name":"images","ownerIdentity":{"principalId":"minioadmin"},"arn":"arn:aws:s3:::images"},"object":'
    '{"key":"in%2Fmy+photo%2B1.jpg","size":248682,"eTag":"5d41402abc4b2a76b9719d911017c592",'
    '"contentType":"image/jpeg","userMetadata":{"X-Amz-Meta-Foo":"bar","X-Amz-Meta-Noria-Hops":"2",'
    '"content-type":"image/jpeg"},"sequencer":"18EA6B56AE8B1BDE"}},"source":{"host":"127.0.0.1","port":"",'
    '"userAgent":"MinIO (linux; amd64) minio-go/v7.0.90"}}]}'
)


def test_a_document_has_minio_s_bytes() -> None:
    written = minio_document(PHOTO, principal="minioadmin", agent="MinIO (linux; amd64) minio-go/v7.0.90")

    assert written.decode() == EXACT


def test_a_document_has_the_fields_and_the_order_of_one_that_minio_sent() -> None:
    recorded = json.loads(RECORDED.read_text())
    (event,) = read(recorded)

    written = json.loads(minio_document(event, principal="minio", address="10.244.0.1"))

    written["Records"][0]["responseElements"].pop("x-amz-id-2")  # that cluster had no node id
    assert _shape(written) == _shape(recorded)
    assert written["Records"][0]["s3"] == recorded["Records"][0]["s3"]


def _shape(part: Any) -> Any:
    if isinstance(part, dict):
        return [(name, _shape(value)) for name, value in part.items()]
    return [_shape(each) for each in part] if isinstance(part, list) else type(part)


def test_what_is_empty_is_left_out_as_go_leaves_it_out() -> None:
    document = json.loads(minio_document(ObjectCreated(bucket="images", key="in/empty")))

    assert list(document["Records"][0]["s3"]["object"]) == ["key", "sequencer"]


def test_a_version_stands_before_the_sequencer_and_only_if_there_is_one() -> None:
    document = json.loads(minio_document(PHOTO.model_copy(update={"version_id": "v1"})))

    assert list(document["Records"][0]["s3"]["object"])[-2:] == ["versionId", "sequencer"]


def test_the_sequencer_is_the_time_in_nanoseconds_if_the_store_gave_none() -> None:
    document = json.loads(minio_document(PHOTO.model_copy(update={"sequencer": ""})))

    nanoseconds = int(document["Records"][0]["s3"]["object"]["sequencer"], 16)
    assert nanoseconds == int(PHOTO.time.timestamp()) * 10**9 + 500_000_000


def test_a_time_is_written_in_utc_and_milliseconds() -> None:
    local = datetime(2026, 11, 22, 18, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))

    document = json.loads(minio_document(PHOTO.model_copy(update={"time": local})))

    assert document["Records"][0]["eventTime"] == "2026-11-22T16:00:00.001Z"


def test_signs_of_html_are_escaped_as_go_escapes_them() -> None:
    key = "in/<a>&b\u2028\u2029ü\x7f\\.txt"
    event = PHOTO.model_copy(update={"key": key})

    written = minio_document(event)

    assert b'"images/in/\\u003ca\\u003e\\u0026b\\u2028\\u2029\xc3\xbc\x7f\\\\.txt"' in written
    assert json.loads(written)["Key"] == f"images/{key}"
    assert read(written) == (event,)


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(
    st.builds(
        ObjectCreated,
        bucket=st.just("photos"),
        key=WORDS,
        etag=st.text("0123456789abcdef-", max_size=34),
        size=st.integers(0, 2**50),
        version_id=st.none() | st.text("abcXYZ09._", min_size=1, max_size=32),
        time=st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)),
        sequencer=st.text("0123456789ABCDEF", min_size=1, max_size=18),
        source=st.just("minio:s3"),
        content_type=st.text(st.characters(codec="ascii"), max_size=20),
        metadata=st.dictionaries(
            st.text("abcdef-", min_size=1, max_size=8), st.text(max_size=8).filter(str.isprintable)
        ),
        hops=st.just(0),
    )
)
def test_an_event_written_is_read_back_equal(event: ObjectCreated) -> None:
    assert read(minio_document(event)) == (event,)


def test_writing_a_document_takes_less_than_fifty_microseconds() -> None:
    best = min(timeit.repeat(lambda: minio_document(PHOTO), timer=time.process_time, number=200, repeat=20)) / 200

    assert best < 50e-6


def test_powertools_takes_our_s3_document() -> None:
    event = PHOTO.model_copy(update={"source": "aws:s3"})

    parsed = S3Model.model_validate(s3_document(event))

    assert parsed.Records[0].s3.bucket.name == "images"
    stored = parsed.Records[0].s3.object
    assert stored is not None
    assert stored.key == "in%2Fmy+photo%2B1.jpg"  # its parser leaves the key as it comes


def test_powertools_takes_no_document_that_says_minio() -> None:
    with pytest.raises(ValidationError, match="aws:s3"):
        S3Model.model_validate(s3_document(PHOTO))


def test_the_cloudevents_package_reads_our_event_in_both_modes() -> None:
    headers, body = http_cloudevent(PHOTO)
    whole = json.dumps(cloudevent(PHOTO)).encode()

    binary = from_http_event(HTTPMessage(headers, body))
    structured = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, whole))

    for event in (binary, structured):
        assert event.get_id() == "18EA6B56AE8B1BDE.noria"
        assert event.get_source() == "minio:s3.us-east-1.images"
        assert event.get_type() == "com.amazonaws.s3.ObjectCreated:Put"
        assert event.get_subject() == "in%2Fmy+photo%2B1.jpg"
        assert event.get_time() == PHOTO.time
        (back,) = read(event.get_data())  # type: ignore[arg-type]
        assert back.identity == PHOTO.identity


def test_headers_of_a_cloudevent_are_ascii_whatever_the_key() -> None:
    headers, _ = http_cloudevent(PHOTO.model_copy(update={"key": 'in/"ü" 100%\n'}))

    assert all(value.isascii() and value.isprintable() and " " not in value for value in headers.values())
