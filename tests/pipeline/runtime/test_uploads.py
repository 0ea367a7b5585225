"""Large outputs: as conditional as small ones, flat in memory, and nothing left of one that was cut off."""

import os
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from functions.runtime import store as stores
from functions.runtime import uploads
from functions.runtime.configuration import Configuration
from functions.runtime.errors import ConflictError, MissingError
from functions.runtime.store import Store
from functions.runtime.uploads import s3_client

MIB = 2**20


@pytest.fixture
def store(given: Configuration) -> Store:
    return Store(given)


@pytest.fixture
def key() -> str:
    return f"large/{uuid.uuid4().hex}"


@pytest.fixture(params=["one request", "parts"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of a large file, with limits that a test can reach."""
    monkeypatch.setattr(stores, "SINGLE_PUT_LIMIT", MIB)
    if request.param == "parts":
        monkeypatch.setattr(uploads, "ONE_REQUEST", 2 * MIB)
        monkeypatch.setattr(uploads, "PART", 5 * MIB)
    return str(request.param)


def large(folder: Path, first: bytes, mib: int = 12) -> Path:
    file = folder / f"{first.decode()}.bin"
    file.write_bytes(first + os.urandom(mib * MIB))
    return file


def test_a_large_file_is_created_only_where_nothing_is(store: Store, key: str, tmp_path: Path, way: str) -> None:
    first, second = large(tmp_path, b"first"), large(tmp_path, b"second")
    described = {"Content-Type": "image/png", "noria-parent": "copy/1"}

    etag = store.create("outbox", key, first, metadata=described)
    with pytest.raises(ConflictError):
        store.create("outbox", key, second)

    content, stat = store.read("outbox", key)
    assert content == first.read_bytes()
    assert (stat.etag, stat.metadata["noria-parent"]) == (etag, "copy/1")
    assert list(store.abandoned("outbox", key, timedelta(seconds=-60))) == []


def test_a_worker_that_lost_its_lease_cannot_replace_its_successors_large_result(
    store: Store, key: str, tmp_path: Path, way: str
) -> None:
    seen = store.create("outbox", key, b"of the lost attempt")
    store.replace("outbox", key, b"of its successor", etag=seen)

    with pytest.raises(ConflictError):
        store.replace("outbox", key, large(tmp_path, b"late"), etag=seen)

    assert store.read("outbox", key)[0] == b"of its successor"


def test_a_large_file_replaces_the_version_that_was_named(store: Store, key: str, tmp_path: Path, way: str) -> None:
    seen = store.create("outbox", key, b"small")

    store.replace("outbox", key, large(tmp_path, b"large"), etag=seen)

    assert store.read("outbox", key)[0].startswith(b"large")


def test_of_several_writers_of_one_large_object_one_wins(
    store: Store, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "SINGLE_PUT_LIMIT", MIB)
    files = [large(tmp_path, name, 8) for name in (b"a", b"b", b"c")]

    def create(file: Path) -> str | None:
        try:
            return store.create("outbox", key, file)
        except ConflictError:
            return None

    for _ in range(5):
        with ThreadPoolExecutor(len(files)) as pool:
            made = [etag for etag in pool.map(create, files) if etag]
        assert made == [store.stat("outbox", key).etag]
        store.delete("outbox", key)


def test_a_bucket_that_does_not_exist_is_said_to_be_missing(store: Store, tmp_path: Path, way: str) -> None:
    with pytest.raises(MissingError, match="no-such-bucket/a does not exist"):
        store.create("no-such-bucket", "a", large(tmp_path, b"x", 3))


UPLOADER = dedent("""
    import os, signal, sys
    from pathlib import Path
    from functions.runtime import uploads
    from functions.runtime.configuration import Configuration
    from functions.runtime.store import Store

    key, file, one_request, most_parts = sys.argv[1:]
    uploads.ONE_REQUEST, uploads.PART = int(one_request), 5 * 2**20

    def client(*given, **named):
        s3 = made(*given, **named)
        send, s3.upload_part = s3.upload_part, lambda **part: send_some(send, part)
        return s3

    def send_some(send, part):
        return send(**part) if part["PartNumber"] <= int(most_parts) else signal.pause()

    made, uploads.s3_client = uploads.s3_client, client
    Store(Configuration.read(os.environ)).create("outbox", key, Path(file))
    status = Path("/proc/self/status").read_text()  # getrusage knows of the peak of who started us, too
    print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) // 1024)
""")


def uploader(
    given: Configuration, key: str, file: Path, one_request: int, *, most_parts: int = 10_000
) -> "subprocess.Popen[str]":
    """Begin an upload in a process of its own, which prints its peak memory in MiB at the end.

    It stands still once it has sent ``most_parts``.
    """
    environ = {
        **os.environ,
        "NORIA_STORE_URL": given.store_url,
        "NORIA_STORE_ACCESS_KEY": given.store_access_key,
        "NORIA_STORE_SECRET_KEY": given.store_secret_key.get_secret_value(),
    }
    command = [sys.executable, "-c", UPLOADER, key, str(file), str(one_request), str(most_parts)]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("one_request", [5 * 2**30, MIB], ids=["one request", "parts"])
def test_memory_stays_flat_however_large_the_file(
    given: Configuration, store: Store, key: str, tmp_path: Path, one_request: int
) -> None:
    file = tmp_path / "zeros.bin"
    with file.open("wb") as out:
        out.truncate(200 * MIB)

    with uploader(given, key, file, one_request) as process:
        printed, _ = process.communicate(timeout=300)

    assert store.stat("outbox", key).size == 200 * MIB
    assert int(printed) < 180  # Python, obstore and boto3 take about 90 of them
    store.delete("outbox", key)


def test_what_a_killed_upload_leaves_is_found_and_cleared(
    given: Configuration, store: Store, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "zeros.bin"
    with file.open("wb") as out:
        out.truncate(80 * MIB)
    with uploader(given, key, file, MIB, most_parts=3) as process:
        deadline = time.monotonic() + 60
        while not (left := list(store.abandoned("outbox", key, timedelta(seconds=-60)))):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()

    young = list(store.abandoned("outbox", key, timedelta(hours=1)))
    store.abort(left[0])
    store.abort(left[0])

    assert [(each.bucket, each.key) for each in left] == [("outbox", key)]
    assert young == []
    assert list(store.abandoned("outbox", key, timedelta(seconds=-60))) == []
    with pytest.raises(MissingError):
        store.stat("outbox", key)
    with closing(s3_client(given, patience=10)) as s3, pytest.raises(s3.exceptions.ClientError, match="NoSuchUpload"):
        s3.list_parts(Bucket="outbox", Key=key, UploadId=left[0].id)
