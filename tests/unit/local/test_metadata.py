"""What no real store sends, or not in time for a test; the rest is in tests/pipeline/test_publisher.py."""

import logging

import pytest

from local.publisher.filer_pb2 import Entry, EventNotification, FileChunk, FileId, FuseAttributes
from local.publisher.metadata import COPY, PUT, Change, change, existing

LOGGED = FileChunk(fid=FileId(volume_id=2, file_key=3, cookie=0x0BAD), modified_ts_ns=1_500_000_000)


def entry(name: str = "k", *, chunks: tuple[FileChunk, ...] = (LOGGED,), mtime: int = 1, **extended: bytes) -> Entry:
    named = {name.replace("_", "-"): value for name, value in extended.items()}
    return Entry(
        name=name, chunks=chunks, attributes=FuseAttributes(file_size=1, mtime=mtime, md5=b"\x01" * 16), extended=named
    )


def put(directory: str, found: Entry, old: Entry | None = None) -> Change | None:
    return change(
        directory, EventNotification(old_entry=old, new_entry=found, new_parent_path=directory), 2_000_000_000
    )


def changed(directory: str, found: Entry, old: Entry | None = None) -> Change:
    seen = put(directory, found, old)
    assert seen is not None
    return seen


def test_the_id_follows_the_content_and_the_name_and_nothing_else() -> None:
    same = [changed("/buckets/photos", entry()), changed("/buckets/photos", entry(mtime=9, X_Amz_Tagging_a=b"b"))]
    other = FileChunk(fid=FileId(volume_id=2, file_key=4, cookie=0x0BAD))
    different = [
        same[0],
        changed("/buckets/photos", entry("k2")),
        changed("/buckets/photos2", entry()),
        changed("/buckets/photos/in", entry()),
        changed("/buckets/photos", entry(chunks=(other,))),
        changed("/buckets/photos", entry(chunks=(LOGGED, other))),
        changed("/buckets/photos", entry(chunks=(), mtime=1)),
        changed("/buckets/photos", entry(chunks=(), mtime=2)),
    ]

    assert len({one.id for one in same}) == 1
    assert len({one.id for one in different}) == len(different)


def test_the_walk_and_the_log_name_the_same_content_the_same() -> None:
    stored = FileChunk(file_id="2,0300000bad", fid=LOGGED.fid, modified_ts_ns=LOGGED.modified_ts_ns)

    walked = existing("/buckets/photos", entry(chunks=(stored,)))

    assert walked is not None
    assert walked.id == changed("/buckets/photos", entry()).id
    assert walked.event.sequencer == f"{1_500_000_000:X}"


def test_a_copy_to_itself_is_no_repetition_of_the_put() -> None:
    first = changed("/buckets/photos", entry())

    again = changed("/buckets/photos", entry(mtime=5), old=entry())

    assert (first.name, again.name) == (PUT, COPY)
    assert first.id != again.id


@pytest.mark.parametrize(
    "directory",
    ["/buckets/photos/.uploads", "/buckets/photos/.uploads/x", "/buckets/.system", "/topics/photos", "/etc"],
)
def test_what_is_no_object_is_no_change(directory: str) -> None:
    assert put(directory, entry()) is None
    assert existing(directory, entry()) is None


def test_the_etag_is_the_stores_own_else_the_md5() -> None:
    given = changed("/buckets/photos", entry(Seaweed_X_Amz_ETag=b'"abc-2"'))

    assert given.event.etag == "abc-2"
    assert changed("/buckets/photos", entry()).event.etag == "01" * 16


def test_an_entry_that_cannot_be_understood_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert put("/buckets/photos", entry(Seaweed_X_Amz_ETag=b"\xff")) is None
        assert existing("/buckets/x", entry()) is None

    assert [record.message for record in caplog.records] == ["not understood", "not understood"]
