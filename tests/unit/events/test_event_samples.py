"""Every sample document is read as the event that it tells of."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import events
from events import ObjectCreated
from events.wire import announcement

SAMPLES = Path(events.__file__).parent / "samples"

IRIS = ObjectCreated(
    bucket="isvc-sklearn-request",
    key="input/iris-input.json",
    etag="f51e7d241f34ad633b5714169b959cc2",
    size=82,
    time=datetime(2026, 2, 10, 14, 55, 21, 674000, tzinfo=UTC),
    sequencer="1892EA64AFA3DA2A",
    source="minio:s3",
    content_type="application/octet-stream",
)
ARTIFACT = ObjectCreated(
    bucket="lambda-artifacts-deafc19498e3f2df",
    key="b21b84d653bb07b05b1e6b33684dc11b",
    etag="b21b84d653bb07b05b1e6b33684dc11b",
    size=1305107,
    time=datetime(2019, 9, 3, 19, 37, 27, 192000, tzinfo=UTC),
    sequencer="0C0F6F405D6ED209E1",
    source="aws:s3",
)
TOLD = {
    "minio-put.json": IRIS,
    "oscar-delegated.json": IRIS,
    "minio-put-2018.json": ObjectCreated(
        bucket="images",
        key="nature-wallpaper-229.jpg",
        etag="dd20b7e4b74467ff16ce2d901c054419",
        size=1019645,
        version_id="1",
        time=datetime(2018, 6, 29, 10, 23, 44, tzinfo=UTC),
        sequencer="153C9A7A7A3FB6AE",
        source="minio:s3",
        content_type="image/jpeg",
    ),
    "rustfs-put.json": ObjectCreated(
        bucket="images",
        key="in/my photo*~1.jpg",
        etag="5d41402abc4b2a76b9719d911017c592",
        size=248682,
        time=datetime(2026, 8, 23, 4, 24, 48, 125000, tzinfo=UTC),
        sequencer="18BE5F1F1A3F2D40",
        source="rustfs:s3",
        content_type="image/jpeg",
        metadata={"noria-hops": "1"},
        hops=1,
    ),
    "s3-put.json": ARTIFACT,
    "cloudevent-s3-put.json": ARTIFACT,
    "s3-put-slash.json": ObjectCreated(
        bucket="scar-darknet-bucket",
        key="scar-darknet-s3/input/dog.jpg",
        etag="XXXXX",
        size=999,
        time=datetime(2019, 2, 23, 11, 40, 46, 473000, tzinfo=UTC),
        sequencer="XXXXX",
        source="aws:s3",
    ),
    "s3-put-percent.json": ObjectCreated(
        bucket="sourcebucket",
        key="Happy Face.jpg",
        etag="d41d8cd98f00b204e9800998ecf8427e",
        size=1024,
        version_id="version",
        time=datetime(1970, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
        sequencer="Happy Sequencer",
        source="aws:s3",
    ),
    "sqs-s3-put.json": ObjectCreated(
        bucket="xxx",
        key="test.pdf",
        etag="2e3ad1e983318bbd8e73b080e2997980",
        size=104681,
        version_id="yd3d4HaWOT2zguDLvIQLU6ptDTwKBnQV",
        time=datetime(2023, 4, 12, 20, 43, 38, 21000, tzinfo=UTC),
        sequencer="00643717F9F8B85354",
        source="aws:s3",
    ),
    "eventbridge-created.json": ObjectCreated(
        bucket="example-bucket",
        key="IMG_m7fzo3.jpg",
        etag="4e68adba0abe2dc8653dc3354e14c01d",
        size=184662,
        time=datetime(2023, 3, 8, 17, 50, 14, tzinfo=UTC),
        sequencer="006408CAD69598B05E",
        source="aws:s3",
    ),
    "s3-delete.json": None,
    "s3-test-event.json": None,
    "eventbridge-deleted.json": None,
}
PROBLEMS = {"sns-sqs-other.json": "record 1 of 1: the document is not an event about an object"}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_sample_tells_of_one_object_or_of_none(name: str) -> None:
    told = announcement((SAMPLES / name).read_bytes())

    assert told.problems == ()
    assert told.events == ((TOLD[name],) if TOLD[name] else ())


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_a_sample_of_something_else_is_reported(name: str) -> None:
    told = announcement((SAMPLES / name).read_bytes())

    assert told.events == ()
    assert [problem.message for problem in told.problems] == [PROBLEMS[name]]


def test_every_sample_is_known_and_has_its_source() -> None:
    there = {path.name for path in SAMPLES.glob("*.json")}

    assert there == {*TOLD, *PROBLEMS}
    assert all(f"| {name} |" in (SAMPLES / "README.md").read_text() for name in there)


def test_a_document_already_parsed_is_read_the_same() -> None:
    text = (SAMPLES / "minio-put.json").read_text()

    assert announcement(json.loads(text)) == announcement(text) == announcement(text.encode())
