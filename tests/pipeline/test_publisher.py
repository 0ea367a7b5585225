"""Every S3 action against what the publisher makes of it."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.publisher.filer import Filer
from local.publisher.metadata import (
    COMPLETE,
    COPY,
    DELETE,
    DELETE_MARKER,
    LEGAL_HOLD,
    PUT,
    RETENTION,
    TAGGING,
    UNTAGGING,
    Change,
    change,
    existing,
)
from tests.pipeline.conftest import Plane
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.services

PART = b"p" * (5 << 20)
TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}


@pytest.fixture(scope="session")
def s3(plane: Plane) -> "S3Client":
    """A client of a store that also has a bucket with versions and one with locks."""
    plane.s3.create_bucket(Bucket="versioned")
    plane.s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    plane.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return plane.s3


def changes_since(plane: Plane, bucket: str, since_ns: int) -> list[Change]:
    """What the log has of a bucket from then until now."""

    async def follow() -> list[Change]:
        filer = Filer(plane.store.filer)
        found = []
        async for directory, notification, ts_ns in filer.changes([bucket], since_ns=since_ns):
            if notification is None:  # the log is read up to now
                break
            if ts_ns > since_ns and (seen := change(directory, notification, ts_ns)):
                found.append(seen)
        await filer.close()
        return found

    return asyncio.run(follow())


def entries_of(plane: Plane, bucket: str) -> dict[str, Change]:
    """What a walk through a bucket makes of what is there, by key and version."""

    async def walk() -> dict[str, Change]:
        filer = Filer(plane.store.filer)
        found = [existing(directory, entry) async for directory, entry in filer.entries(bucket)]
        await filer.close()
        return {f"{one.event.key}@{one.event.version_id}": one for one in found if one}

    return asyncio.run(walk())


def multipart(s3: "S3Client", bucket: str, key: str, *, complete: bool = True) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="x/y", Metadata={"k": "v"})["UploadId"]
    of = {"Bucket": bucket, "Key": key, "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**of, PartNumber=n, Body=body)["ETag"]}  # type: ignore[arg-type]
        for n, body in ((1, PART), (2, b"rest"))
    ]
    if complete:
        s3.complete_multipart_upload(**of, MultipartUpload={"Parts": parts})  # type: ignore[arg-type,typeddict-item]
    else:
        s3.abort_multipart_upload(**of)  # type: ignore[arg-type]


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(ClientError):
        call()


# action -> what is done to the object "k" before (unseen), what is done, and the names it must have.
Do = Callable[["S3Client"], object]
BEFORE: Do = lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b"before")  # noqa: E731
ACTIONS: dict[str, tuple[Do | None, Do, list[str]]] = {
    "put": (None, lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b"1"), [PUT]),
    "overwrite": (BEFORE, lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b"1"), [PUT]),
    "empty": (None, lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b""), [PUT]),
    "create only": (None, lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b"1", IfNoneMatch="*"), [PUT]),
    "create only, in vain": (
        BEFORE,
        lambda s3: refused(lambda: s3.put_object(Bucket="photos", Key="k", Body=b"1", IfNoneMatch="*")),
        [],
    ),
    "multipart": (None, lambda s3: multipart(s3, "photos", "k"), [COMPLETE]),
    "aborted multipart": (None, lambda s3: multipart(s3, "photos", "k", complete=False), []),
    "copy": (
        None,
        lambda s3: [
            s3.put_object(Bucket="unwatched", Key="source", Body=b"1"),
            s3.copy_object(Bucket="photos", Key="k", CopySource={"Bucket": "unwatched", "Key": "source"}),
        ],
        [PUT],
    ),
    "copy to itself": (
        BEFORE,
        lambda s3: s3.copy_object(
            Bucket="photos",
            Key="k",
            CopySource={"Bucket": "photos", "Key": "k"},
            MetadataDirective="REPLACE",
            Metadata={"x": "y"},
        ),
        [COPY],
    ),
    "tag": (BEFORE, lambda s3: s3.put_object_tagging(Bucket="photos", Key="k", Tagging=TAGS), [TAGGING]),  # type: ignore[arg-type]
    "untag": (
        lambda s3: s3.put_object(Bucket="photos", Key="k", Body=b"1", Tagging="a=b"),
        lambda s3: s3.delete_object_tagging(Bucket="photos", Key="k"),
        [UNTAGGING],
    ),
    "delete": (BEFORE, lambda s3: s3.delete_object(Bucket="photos", Key="k"), [DELETE]),
    "delete in bulk": (
        BEFORE,
        lambda s3: s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": "k"}, {"Key": "none"}]}),
        [DELETE],
    ),
    "delete what is not there": (None, lambda s3: s3.delete_object(Bucket="photos", Key="none"), []),
    "folder marker": (None, lambda s3: s3.put_object(Bucket="photos", Key="folder/", Body=b""), []),
    "access control list": (BEFORE, lambda s3: s3.put_object_acl(Bucket="photos", Key="k", ACL="private"), []),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_has_the_name_that_minio_gives_it(plane: Plane, s3: "S3Client", action: str) -> None:
    before, act, names = ACTIONS[action]
    s3.delete_object(Bucket="photos", Key="k")
    if before:
        before(s3)
    since_ns = time.time_ns()

    act(s3)

    seen = changes_since(plane, "photos", since_ns)
    assert [one.name for one in seen] == names
    assert {one.event.key for one in seen} <= {"k"}


def test_an_object_with_versions_is_announced_once_a_version(plane: Plane, s3: "S3Client") -> None:
    since_ns = time.time_ns()

    first = s3.put_object(Bucket="versioned", Key="in/k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="versioned", Key="in/k", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket="versioned", Key="in/k")["VersionId"]
    s3.delete_object(Bucket="versioned", Key="in/k", VersionId=first)

    seen = [(one.name, one.event.key, one.event.version_id) for one in changes_since(plane, "versioned", since_ns)]
    assert seen == [
        (PUT, "in/k", first),
        (PUT, "in/k", second),
        (DELETE_MARKER, "in/k", marker),
        (DELETE, "in/k", first),
    ]


def test_the_null_version_is_not_named_for_it_pins_nothing(plane: Plane, s3: "S3Client") -> None:
    s3.create_bucket(Bucket="suspended")
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})
    since_ns = time.time_ns()

    s3.put_object(Bucket="suspended", Key="k", Body=b"1")

    (seen,) = changes_since(plane, "suspended", since_ns)
    assert (seen.name, seen.event.key, seen.event.version_id) == (PUT, "k", None)


def test_locking_an_object_is_not_a_copy(plane: Plane, s3: "S3Client") -> None:
    s3.put_object(Bucket="locked", Key="k", Body=b"1")
    since_ns = time.time_ns()

    s3.put_object_legal_hold(Bucket="locked", Key="k", LegalHold={"Status": "ON"})
    until = datetime.now(UTC) + timedelta(days=1)
    s3.put_object_retention(Bucket="locked", Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})

    assert [one.name for one in changes_since(plane, "locked", since_ns)] == [LEGAL_HOLD, RETENTION]


def test_a_walk_gives_the_ids_of_the_log(plane: Plane, s3: "S3Client") -> None:
    s3.create_bucket(Bucket="walked")
    s3.put_bucket_versioning(Bucket="walked", VersioningConfiguration={"Status": "Enabled"})
    since_ns = time.time_ns()
    for body in (b"", b"1", b"2", b"y" * (9 << 20)):
        s3.put_object(Bucket="walked", Key="in/k", Body=body)
    multipart(s3, "walked", "in/large")

    logged = {one.id: one.event for one in changes_since(plane, "walked", since_ns)}
    walked = {one.id: one.event for one in entries_of(plane, "walked").values()}

    assert len(logged) == 5
    assert set(walked) == set(logged)
    assert {one.etag for one in walked.values()} == {one.etag for one in logged.values()}


def test_a_walk_through_a_missing_bucket_finds_nothing(plane: Plane) -> None:
    assert entries_of(plane, "no-such-bucket") == {}


OBJECTS: dict[str, Callable[["S3Client", str], object]] = {
    "put": lambda s3, key: s3.put_object(
        Bucket="photos", Key=key, Body=b"12", ContentType="image/jpeg", Metadata={"noria-hops": "2", "title": "x y"}
    ),
    "empty": lambda s3, key: s3.put_object(Bucket="photos", Key=key, Body=b""),
    "of several chunks": lambda s3, key: s3.put_object(Bucket="photos", Key=key, Body=b"y" * (9 << 20)),
    "multipart": lambda s3, key: multipart(s3, "photos", key),
    "copied": lambda s3, key: s3.copy_object(
        Bucket="photos", Key=key, CopySource={"Bucket": "photos", "Key": "etags/put"}
    ),
    "encrypted": lambda s3, key: s3.put_object(Bucket="photos", Key=key, Body=b"1", ServerSideEncryption="AES256"),
}


def test_what_is_announced_is_what_head_says(plane: Plane, s3: "S3Client") -> None:
    for name, put in OBJECTS.items():
        put(s3, f"etags/{name}")

    announced = {one.event.key: one.event for one in plane.await_keys([f"etags/{name}" for name in OBJECTS])}

    for name in OBJECTS:
        event = announced[f"etags/{name}"]
        head = s3.head_object(Bucket="photos", Key=event.key)
        assert (event.etag, event.size) == (head["ETag"].strip('"'), head["ContentLength"]), name
        assert event.metadata == head["Metadata"], name
        assert event.content_type in (head["ContentType"], ""), name


KEYS = [
    "keys/plain.jpg",
    "keys/with space+plus%percent%20.jpg",
    "keys/日本語/写真 ①.jpg",
    "keys/é-composed/e\u0301-decomposed",
    "keys/quote\"'&<>?#[]{}|^`~",
    "keys/tab\tcontrol\x01",
    "keys/🦆",
    "keys/.hidden/..two/...",
    "keys/k.versions/v_1",
    "keys/" + "/".join(["x" * 200] * 5) + "/" + "y" * 14,  # 1,024 bytes, the most there may be
]


def test_any_key_arrives_as_it_was_given(plane: Plane, s3: "S3Client") -> None:
    assert len(KEYS[-1].encode()) == 1024

    for key in KEYS:
        s3.put_object(Bucket="photos", Key=key, Body=b"1")

    announced = [one.event.key for one in plane.await_keys(KEYS) if one.event.key.startswith("keys/")]
    assert announced == KEYS


def test_a_key_that_the_store_changes_is_announced_as_it_is_stored(plane: Plane, s3: "S3Client") -> None:
    for key in ("changed/back\\slash", "changed/two//slashes"):
        s3.put_object(Bucket="photos", Key=key, Body=b"1")

    listed = [one["Key"] for one in s3.list_objects_v2(Bucket="photos", Prefix="changed/")["Contents"]]
    assert listed == ["changed/back/slash", "changed/two/slashes"]
    assert set(listed) <= {one.event.key for one in plane.await_keys(listed)}


def test_only_watched_buckets_and_new_content_are_announced(plane: Plane, s3: "S3Client") -> None:
    s3.put_object(Bucket="unwatched", Key="quiet/1", Body=b"1")
    s3.put_object(Bucket="photos", Key="quiet/marker/", Body=b"")
    s3.put_object(Bucket="photos", Key="quiet/2", Body=b"1")
    s3.put_object_tagging(Bucket="photos", Key="quiet/2", Tagging=TAGS)  # type: ignore[arg-type]
    s3.delete_object(Bucket="photos", Key="quiet/2")
    s3.put_object(Bucket="photos-blurred", Key="quiet/3", Body=b"1")

    announced = [one.event.key for one in plane.await_keys(["quiet/3"]) if "quiet" in one.event.key]

    assert announced == ["quiet/2", "quiet/3"]


def test_a_wrong_password_ends_the_publisher_at_once(plane: Plane, tmp_path: Path) -> None:
    stranger = Plane(tmp_path, plane.store, plane.broker)

    process = stranger.start_publisher(password="wrong")

    assert process.wait(60)
    assert process.exit_code == 4
    assert "wrong" not in stranger.said()


def test_the_publisher_logs_lines_of_json_and_stays_small(plane: Plane) -> None:
    assert plane.publisher is not None
    eventually(lambda: '"reconciled"' in plane.said())
    lines = [json.loads(line) for line in plane.said().splitlines()]
    status = Path(f"/proc/{plane.publisher.pid}/status").read_text()
    resident_kb = int(status.partition("VmRSS:")[2].split()[0])

    assert {"ready", "reconciled"} <= {line["event"] for line in lines}
    assert resident_kb < 60 * 1024
