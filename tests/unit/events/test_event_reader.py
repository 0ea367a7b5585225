"""Documents from outside: what counts, what is reported, and that nothing else can happen."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import NotAnEvent, ObjectCreated
from events.wire import announcement, cloudevent, http_cloudevent, minio_document, read, s3_document, s3_record

CAT = ObjectCreated(bucket="photos", key="in/cat.jpg", etag="c1", size=3, sequencer="1", source="aws:s3")
DOG = ObjectCreated(bucket="photos", key="in/dog.jpg", etag="d1", size=4, sequencer="2", source="aws:s3")


def keys_of(document: object, **kwargs: Any) -> list[str]:
    return [event.key for event in read(document, **kwargs)]  # type: ignore[arg-type]


def queue(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body} for body in bodies]}


@pytest.mark.parametrize("what", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
@pytest.mark.parametrize("start", ["", "s3:"])
def test_new_content_counts_however_it_came(what: str, start: str) -> None:
    assert keys_of({"Records": [s3_record(CAT, event_name=f"{start}ObjectCreated:{what}")]}) == ["in/cat.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "s3:ObjectCreated:PutTagging",
        "s3:ObjectCreated:DeleteTagging",
        "s3:ObjectCreated:PutRetention",
        "s3:ObjectCreated:PutLegalHold",
        "s3:ObjectRemoved:Delete",
        "s3:ObjectAccessed:Get",
        "ObjectTagging:Put",
        "ObjectRestore:Completed",
        "LifecycleExpiration:Delete",
        "",
    ],
)
def test_a_tag_or_a_removal_is_no_new_content(name: str) -> None:
    assert keys_of({"Records": [s3_record(CAT, event_name=name)]}) == []


def test_every_record_of_a_document_is_read() -> None:
    assert keys_of(s3_document(CAT, DOG)) == ["in/cat.jpg", "in/dog.jpg"]


def test_a_bad_record_does_not_hide_the_others() -> None:
    document = s3_document(CAT, CAT, DOG)
    document["Records"][1]["s3"]["object"]["key"] = ""

    told = announcement(document)

    assert [event.key for event in told.events] == ["in/cat.jpg", "in/dog.jpg"]
    assert [problem.message for problem in told.problems] == [
        "record 2 of 3: the key is not usable: string should have at least 1 character"
    ]


def test_a_bad_record_is_not_dropped_in_silence() -> None:
    document = s3_document(CAT, DOG)
    del document["Records"][0]["s3"]["bucket"]

    with pytest.raises(NotAnEvent, match="record 1 of 2: s3 has no bucket"):
        read(document)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": 7}, "s3.object has a key that is not text"),
        ({"key": "\ud800"}, "the key"),
        ({"size": -1}, "the object's size is not a whole number of bytes"),
        ({"size": True}, "the object's size is not a whole number of bytes"),
        ({"size": 10**30}, "the object's size is not a whole number of bytes"),
        ({"eTag": []}, "s3.object has a eTag that is not text"),
    ],
)
def test_a_record_with_a_field_of_the_wrong_kind_is_reported(changes: dict[str, Any], said: str) -> None:
    document = s3_document(CAT)
    document["Records"][0]["s3"]["object"].update(changes)

    (problem,) = announcement(document).problems

    assert said in problem.message


def test_a_field_that_may_be_missing_is_not_missed() -> None:
    document = {"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": "photos"}, "object": {"key": "in%2Fa"}}}

    (event,) = read(document)

    assert (event.key, event.etag, event.size, event.version_id) == ("in/a", "", 0, None)


@pytest.mark.parametrize("time", ["", "yesterday", 7, None, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_is_none_does_not_cost_the_event(time: object) -> None:
    document = s3_document(CAT)
    document["Records"][0]["eventTime"] = time

    assert keys_of(document) == ["in/cat.jpg"]


def test_the_store_s_quotes_around_an_etag_are_not_part_of_it() -> None:
    document = s3_document(CAT)
    document["Records"][0]["s3"]["object"]["eTag"] = '"c1"'

    assert read(document)[0].etag == "c1"


def test_a_queue_s_messages_are_opened_each_on_its_own() -> None:
    notification = json.dumps({"Type": "Notification", "Message": json.dumps(s3_document(DOG))})
    test = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"})

    told = announcement(queue(json.dumps(s3_document(CAT)), "not JSON", test, notification))

    assert [event.key for event in told.events] == ["in/cat.jpg", "in/dog.jpg"]
    assert [problem.message for problem in told.problems] == [
        "record 2 of 4: the document is not JSON at line 1, column 1"
    ]


def test_a_topic_s_message_is_opened() -> None:
    document = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(s3_document(CAT))}}]}

    assert keys_of(document) == ["in/cat.jpg"]


@pytest.mark.parametrize("as_text", [False, True])
def test_an_event_that_oscar_delegated_is_unwrapped(as_text: bool) -> None:
    inside = s3_document(CAT)

    assert keys_of({"event": json.dumps(inside) if as_text else inside, "storage_provider": "other"}) == ["in/cat.jpg"]


@pytest.mark.parametrize("encoded", [False, True])
def test_an_api_gateway_s_request_is_opened(encoded: bool) -> None:
    body = json.dumps(s3_document(CAT))
    wrapped = base64.b64encode(body.encode()).decode() if encoded else body

    assert keys_of({"httpMethod": "POST", "isBase64Encoded": encoded, "body": wrapped}) == ["in/cat.jpg"]


def test_a_cloudevent_is_read_in_every_mode() -> None:
    whole = cloudevent(CAT)
    packed = {**whole, "data_base64": base64.b64encode(json.dumps(whole["data"]).encode()).decode()}
    del packed["data"]
    headers, body = http_cloudevent(CAT)

    assert keys_of(whole) == ["in/cat.jpg"]
    assert keys_of(packed) == ["in/cat.jpg"]
    assert keys_of(body, headers=headers) == ["in/cat.jpg"]
    assert keys_of(json.dumps([whole, cloudevent(DOG)])) == ["in/cat.jpg", "in/dog.jpg"]


def test_a_cloudevent_s_data_may_be_a_whole_notification() -> None:
    assert keys_of({**cloudevent(CAT), "data": s3_document(CAT, DOG)}) == ["in/cat.jpg", "in/dog.jpg"]


def test_the_data_of_a_cloudevent_counts_and_not_its_subject() -> None:
    assert keys_of({**cloudevent(CAT), "subject": "in/other.jpg"}) == ["in/cat.jpg"]


def test_a_cloudevent_without_data_says_so() -> None:
    headers, _ = http_cloudevent(CAT)

    with pytest.raises(NotAnEvent, match="the CloudEvent has no data"):
        read(b"", headers=headers)


def test_old_minio_s_log_fields_around_an_event_are_ignored() -> None:
    document = {**json.loads(minio_document(CAT)), "EventType": "s3:ObjectCreated:Put", "level": "info", "msg": ""}

    assert keys_of(document) == ["in/cat.jpg"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not JSON at line 1, column 1"),
        (b"\xff\xfe\x00", "not"),
        (b'{"hello": "world"}', "not an event about an object"),
        (b"[1]", "event 1 of 1: the document is not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"Records": 7}', "not an event about an object"),
        (b'{"specversion": "1.0", "data_base64": "!"}', "marked as base64"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_a_document_about_something_else_is_refused_in_one_sentence(document: bytes, said: str) -> None:
    with pytest.raises(NotAnEvent) as refused:
        read(document)

    assert said in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"event":', '{"Records":['])
def test_a_megabyte_of_brackets_is_refused_like_any_other_nonsense(opening: str) -> None:
    text = opening * (1_000_000 // len(opening))

    with pytest.raises(NotAnEvent):
        read(text)


def test_a_document_wrapped_too_often_is_refused() -> None:
    document: dict[str, Any] = s3_document(CAT)
    for _ in range(500):
        document = {"event": document}

    with pytest.raises(NotAnEvent, match="wrapped more than 8 times"):
        read(document)


NAMES = [
    *["Records", "s3", "object", "bucket", "key", "name", "eventName", "eventSource", "eventTime", "size", "eTag"],
    *["event", "body", "httpMethod", "isBase64Encoded", "data", "specversion", "Sns", "Message", "Type"],
    *["detail", "detail-type", "source", "userMetadata", "versionId"],
]
VALUES = ["aws:s3", "aws.s3", "ObjectCreated:Put", "Object Created", "Notification", "photos", "in/cat.jpg"]


def test_a_million_records_are_not_even_counted() -> None:
    with pytest.raises(NotAnEvent, match="more than 10000 records"):
        read('{"Records": [' + "1," * 500_000 + "1]}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inside | st.sampled_from(VALUES), max_size=6)
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(JSON | st.binary(max_size=200) | st.text(max_size=200))
def test_any_document_is_events_or_not_an_event(document: Any) -> None:
    given = document if isinstance(document, bytes | str) else json.dumps(document)
    with contextlib.suppress(NotAnEvent):
        told = announcement(given)
        assert all(isinstance(event, ObjectCreated) for event in told.events)
        assert all(isinstance(problem, NotAnEvent) for problem in told.problems)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["key", "size", "eTag", "versionId", "sequencer", "userMetadata"]), JSON))
def test_any_object_in_a_record_is_an_event_or_a_problem(stored: dict[str, Any]) -> None:
    document = s3_document(CAT, DOG)
    document["Records"][0]["s3"]["object"] = stored

    told = announcement(document)

    assert len(told.events) + len(told.problems) == 2
    assert told.events[-1].key == "in/dog.jpg"
