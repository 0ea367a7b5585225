import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.ports import HOST, known_ports, weed_sockets
from local.process import ServiceError
from local.weed import Identity, Weed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.services

ADMIN = Identity.generate("admin", ["Admin"])
BLUR = Identity.generate("blur-faces", ["Read:photos/in/*", "List:photos/in/*", "Write:photos-blurred/out/*"])
SIMILAR = Identity.generate("similar", ["Read:photos", "Write:photos-blurred/out"])
BUCKETS = ("photos", "photos-blurred")
Call = Callable[["S3Client"], object]


def weed_in(folder: Path, *, buckets: Sequence[str] = BUCKETS, port: int = 0) -> Weed:
    return Weed(folder, [ADMIN, BLUR, SIMILAR], buckets=buckets, port=port, dies_with_parent=True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of one test's store, which is killed after it."""
    yield tmp_path / "store"
    weed_in(tmp_path / "store").kill()


def client(weed: Weed, who: Identity) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=weed.endpoint,
        region_name="us-east-1",
        aws_access_key_id=who.access_key,
        aws_secret_access_key=who.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    # Deeper than the path of a socket may be.
    weed = weed_in(tmp_path_factory.mktemp("store") / ("deep" * 30) / "store")
    weed.start()
    weed.wait_until_ready()
    yield weed
    weed.kill()


@pytest.fixture(scope="module")
def admin(weed: Weed) -> Iterator["S3Client"]:
    admin = client(weed, ADMIN)
    for bucket in BUCKETS:
        for key in ("in/a", "in/deep/er", "out/a", "other/a"):
            admin.put_object(Bucket=bucket, Key=key, Body=b"1")
    yield admin
    admin.close()


@pytest.fixture
def blur(weed: Weed) -> Iterator["S3Client"]:
    blur = client(weed, BLUR)
    yield blur
    blur.close()


ALLOWED: dict[str, Call] = {
    "read below the prefix": lambda s3: s3.get_object(Bucket="photos", Key="in/a")["Body"].read(),
    "read deeper below the prefix": lambda s3: s3.get_object(Bucket="photos", Key="in/deep/er")["Body"].read(),
    "look at what may be read": lambda s3: s3.head_object(Bucket="photos", Key="in/a"),
    "list the prefix": lambda s3: s3.list_objects_v2(Bucket="photos", Prefix="in/"),
    "write below the prefix": lambda s3: s3.put_object(Bucket="photos-blurred", Key="out/b", Body=b"1"),
    "write several parts": lambda s3: s3.create_multipart_upload(Bucket="photos-blurred", Key="out/c"),
    "delete what may be written": lambda s3: s3.delete_object(Bucket="photos-blurred", Key="out/b"),
    "copy from what may be read": lambda s3: s3.copy_object(
        Bucket="photos-blurred", Key="out/d", CopySource={"Bucket": "photos", "Key": "in/a"}
    ),
}
FORBIDDEN: dict[str, Call] = {
    "read beside the prefix": lambda s3: s3.get_object(Bucket="photos", Key="other/a"),
    "read a prefix that only begins the same": lambda s3: s3.get_object(Bucket="photos", Key="inside"),
    "list the bucket": lambda s3: s3.list_objects_v2(Bucket="photos"),
    "overwrite its input": lambda s3: s3.put_object(Bucket="photos", Key="in/a", Body=b"2"),
    "delete its input": lambda s3: s3.delete_object(Bucket="photos", Key="in/a"),
    "write beside the prefix": lambda s3: s3.put_object(Bucket="photos-blurred", Key="other/b", Body=b"1"),
    "write several parts beside the prefix": lambda s3: s3.create_multipart_upload(Bucket="photos-blurred", Key="o/c"),
    "read what it wrote": lambda s3: s3.get_object(Bucket="photos-blurred", Key="out/a"),
    "copy from what may not be read": lambda s3: s3.copy_object(
        Bucket="photos-blurred", Key="out/e", CopySource={"Bucket": "photos", "Key": "other/a"}
    ),
    "tag what it wrote": lambda s3: s3.put_object_tagging(
        Bucket="photos-blurred", Key="out/a", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    ),
    "make a bucket": lambda s3: s3.create_bucket(Bucket="mine"),
    "delete a bucket": lambda s3: s3.delete_bucket(Bucket="photos"),
    "change a policy": lambda s3: s3.put_bucket_policy(Bucket="photos", Policy="{}"),
}


@pytest.mark.parametrize("call", ALLOWED)
def test_an_identity_may(admin: "S3Client", blur: "S3Client", call: str) -> None:
    ALLOWED[call](blur)


@pytest.mark.parametrize("call", FORBIDDEN)
def test_an_identity_may_not(admin: "S3Client", blur: "S3Client", call: str) -> None:
    with pytest.raises(ClientError, match=r"AccessDenied|403"):
        FORBIDDEN[call](blur)


def test_a_delete_in_bulk_is_judged_key_by_key(admin: "S3Client", blur: "S3Client") -> None:
    admin.put_object(Bucket="photos-blurred", Key="out/bulk", Body=b"1")

    answer = blur.delete_objects(Bucket="photos-blurred", Delete={"Objects": [{"Key": "other/a"}, {"Key": "out/bulk"}]})

    assert [one["Key"] for one in answer["Deleted"]] == ["out/bulk"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("other/a", "AccessDenied")]


def test_a_part_copied_from_what_may_not_be_read_is_refused(admin: "S3Client", blur: "S3Client") -> None:
    upload = blur.create_multipart_upload(Bucket="photos-blurred", Key="out/parts")["UploadId"]

    with pytest.raises(ClientError, match="AccessDenied"):
        blur.upload_part_copy(
            Bucket="photos-blurred",
            Key="out/parts",
            UploadId=upload,
            PartNumber=1,
            CopySource={"Bucket": "photos", "Key": "other/a"},
        )


def test_a_name_that_begins_the_same_gives_nothing(weed: Weed, admin: "S3Client") -> None:
    similar = client(weed, SIMILAR)

    assert similar.get_object(Bucket="photos", Key="other/a")["Body"].read() == b"1"
    with pytest.raises(ClientError, match="AccessDenied"):
        similar.get_object(Bucket="photos-blurred", Key="out/a")
    with pytest.raises(ClientError, match="AccessDenied"):  # no wildcard, no match
        similar.put_object(Bucket="photos-blurred", Key="out", Body=b"1")

    similar.close()


def test_a_wrong_secret_is_refused(weed: Weed, admin: "S3Client") -> None:
    forger = client(weed, Identity("forger", ADMIN.access_key, "wrong", ("Admin",)))

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        forger.list_buckets()

    forger.close()


def test_a_misspelt_bucket_is_not_made_and_a_full_one_not_wiped(admin: "S3Client") -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        admin.put_object(Bucket="fotos", Key="a", Body=b"1")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        admin.delete_bucket(Bucket="photos")


def test_who_may_do_what_changes_without_a_restart(weed: Weed, admin: "S3Client") -> None:
    late = Identity.generate("late", ["Read:photos"])
    pid = weed.pid

    weed.allow([ADMIN, BLUR, SIMILAR, late])

    reader = client(weed, late)
    deadline = time.monotonic() + 30
    while True:
        try:
            assert reader.get_object(Bucket="photos", Key="in/a")["Body"].read() == b"1"
            break
        except ClientError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert weed.pid == pid
    reader.close()


def test_state_and_secrets_are_private_and_every_port_is_on_this_machine(weed: Weed) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()
    addresses = {line.split()[1] for line in listening[1:] if line.split()[3] == "0A"}
    ports = known_ports(weed.folder / "ports.json").values()

    assert weed.folder.stat().st_mode & 0o777 == 0o700
    assert (weed.folder / "s3.json").stat().st_mode & 0o777 == 0o600
    assert ADMIN.secret_key not in repr(ADMIN)
    assert {f"0100007F:{port:04X}" for port in ports} <= addresses
    assert not {f"00000000:{port:04X}" for port in ports} & addresses


def test_an_old_folder_is_good_to_start_on_after_a_kill_and_after_a_stop(folder: Path) -> None:
    for end, key in (("kill", "in/1"), ("stop", "in/2"), ("kill", "in/3")):
        weed = weed_in(folder)
        weed.start()
        weed.wait_until_ready()
        s3 = client(weed, ADMIN)
        s3.put_object(Bucket="photos", Key=key, Body=b"1")
        found = s3.list_objects_v2(Bucket="photos")["KeyCount"]
        s3.close()
        pid = weed.pid
        getattr(weed, end)()

    assert found == 3
    assert not weed.alive
    assert not Path(f"/proc/{pid}").exists()


def test_a_port_taken_meanwhile_is_chosen_again(folder: Path) -> None:
    folder.mkdir()
    with socket.socket() as stranger:
        stranger.bind((HOST, 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        (folder / "ports.json").write_text(json.dumps({"s3": taken, "filer": taken}))
        weed = weed_in(folder)

        weed.start()
        weed.wait_until_ready()

        assert str(taken) not in weed.endpoint
        weed.kill()
        with pytest.raises(ServiceError, match="is taken"):
            weed_in(folder, port=taken).start()


def test_one_that_a_killed_supervisor_left_is_replaced(folder: Path) -> None:
    left = weed_in(folder, buckets=["photos"])
    left.start()
    left.wait_until_ready()

    weed = weed_in(folder, buckets=["photos", "photos-blurred", "photos-failed"])
    weed.start()
    weed.wait_until_ready()

    assert not left.alive
    s3 = client(weed, ADMIN)
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} >= {"photos-blurred", "photos-failed"}
    s3.close()
    weed.kill()


def test_a_store_without_an_admin_is_refused(folder: Path) -> None:
    with pytest.raises(ServiceError, match="admin"):
        Weed(folder, [BLUR]).start()


def test_a_store_that_was_never_started_has_no_address(folder: Path) -> None:
    with pytest.raises(ServiceError, match="never started"):
        _ = weed_in(folder).endpoint


def test_a_store_that_ends_says_why(folder: Path) -> None:
    weed = weed_in(folder)
    weed.start()
    weed.kill()
    (folder / "weed.log").write_text("something is wrong")

    with pytest.raises(ServiceError, match="something is wrong"):
        weed.wait_until_ready(1)


def test_a_killed_store_leaves_no_socket_for_the_next_user_to_stumble_over(tmp_path: Path) -> None:
    weed = Weed(tmp_path / "weed", [Identity.generate("admin", ["Admin"])])
    weed.start()
    weed.wait_until_ready()
    ports = known_ports(weed.folder / "ports.json").values()
    assert any(weed_sockets(port) for port in ports)

    weed.kill()

    assert not any(weed_sockets(port) for port in ports)
