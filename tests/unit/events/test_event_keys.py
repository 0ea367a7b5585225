"""A key is escaped by the store, decoded once here, and is then what was uploaded."""

import pytest
from aws_lambda_powertools.utilities.data_classes import S3Event
from hypothesis import given
from hypothesis import strategies as st

from events import NotAnEvent, ObjectCreated
from events.wire import keys, minio_document, read, s3_document
from events.wire.records import from_s3

ANY_KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(ANY_KEY)
def test_any_key_comes_back_as_it_was_uploaded(key: str) -> None:
    assert keys.decode(keys.encode(key)) == key
    assert keys.is_escaped(keys.encode(key))


@given(ANY_KEY)
def test_a_record_we_write_is_read_back_equal(key: str) -> None:
    event = ObjectCreated(bucket="photos", key=key, etag="ab", size=1, source="minio:s3", sequencer="1F")

    (back,) = read(minio_document(event))

    assert back.key == key
    assert back.identity == event.identity


@given(ANY_KEY)
def test_powertools_decodes_a_key_to_the_same(key: str) -> None:
    document = s3_document(ObjectCreated(bucket="photos", key=key))

    (event,) = read(document)

    assert event.key == S3Event(document).object_key


# As Go's url.QueryEscape has them: letters, digits and -_.~ stay, a space is a plus, the rest is bytes of UTF-8.
@pytest.mark.parametrize(
    ("key", "escaped"),
    [
        ("in/my photo+1.jpg", "in%2Fmy+photo%2B1.jpg"),
        ("-_.~aZ09", "-_.~aZ09"),
        ("!*'();:@&=$,?#[]", "%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D"),
        ("ü/日本/😀", "%C3%BC%2F%E6%97%A5%E6%9C%AC%2F%F0%9F%98%80"),
        ("100%", "100%25"),
        ('a\tb\n\\"<>|^`{}', "a%09b%0A%5C%22%3C%3E%7C%5E%60%7B%7D"),
    ],
)
def test_a_key_is_escaped_as_go_escapes_it(key: str, escaped: str) -> None:
    assert keys.encode(key) == escaped


def test_a_key_with_a_plus_sign_is_read_as_it_was_uploaded() -> None:
    (event,) = read(s3_document(ObjectCreated(bucket="photos", key="in/1+1=2.txt")))

    assert event.key == "in/1+1=2.txt"


def test_a_key_that_looks_escaped_is_decoded_only_once() -> None:
    (event,) = read(s3_document(ObjectCreated(bucket="photos", key="in/100%2F200%25.txt")))

    assert event.key == "in/100%2F200%25.txt"


def test_aws_leaves_the_slash_and_escapes_the_rest() -> None:
    """As recorded in minio/minio#11665 and airbnb/binaryalert#54."""
    event = from_s3(record("aws:s3", "logs/year%3D2026/a+b%2B.gz"))

    assert event is not None
    assert event.key == "logs/year=2026/a b+.gz"


@pytest.mark.parametrize("source", ["minio:s3", "rustfs:s3"])
def test_a_listener_of_minio_is_told_the_key_unescaped(source: str) -> None:
    """ListenNotification does not escape, and MinIO and RustFS leave no slash when they do."""
    event = from_s3(record(source, "in/100% 1+1.jpg"))

    assert event is not None
    assert event.key == "in/100% 1+1.jpg"


def test_eventbridge_does_not_escape_a_key() -> None:
    """Though powertools decodes it; tried in aws-solutions-library-samples/guidance-for-medialake-on-aws#21."""
    (event,) = read(
        {
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": "photos"}, "object": {"key": "in/1+1 %2F.jpg", "size": 5}},
        }
    )

    assert event.key == "in/1+1 %2F.jpg"


def test_a_key_that_is_not_utf8_names_no_object() -> None:
    with pytest.raises(NotAnEvent, match="is not UTF-8") as refused:
        from_s3(record("aws:s3", "in%2F%FF.jpg"))

    assert refused.value.hint


def record(source: str, key: str) -> dict[str, object]:
    return {
        "eventName": "ObjectCreated:Put",
        "eventSource": source,
        "s3": {"bucket": {"name": "photos"}, "object": {"key": key}},
    }
