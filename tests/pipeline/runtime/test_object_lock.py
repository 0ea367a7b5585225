"""Results in a bucket with object lock are written once, and nobody takes them back; runs end there all the same."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.ledger import Claim
from functions.runtime.runner import InProcess
from functions.runtime.store import Store
from functions.runtime.uploads import s3_client
from tests.pipeline.runtime.conftest import LOST, Bench, record
from tests.pipelines import pipeline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def s3(given: Configuration) -> Iterator["S3Client"]:
    client = s3_client(given, patience=60)
    yield client
    client.close()


@pytest.fixture
def locked(given: Configuration, s3: "S3Client", tmp_path: Path) -> Bench:
    """Make an engine whose results go to a bucket that keeps each version for a day."""
    bucket, folder = f"locked-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:8]
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    s3.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    service = fdl.loads(pipeline(f"lock-{folder}", f"inbox/{folder}", f"{bucket}/out")).services[0]
    function, store = load("tests.handlers:copy"), Store(given)
    runner = InProcess(function, function.settings())
    return Bench(
        Engine(service, runner, store, given.model_copy(update={"work": tmp_path}), host="test"), store, service
    )


def versions(s3: "S3Client", bucket: str) -> list[tuple[str, str]]:
    listed = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    return [(each["Key"], each["VersionId"]) for each in listed]


def test_a_result_in_a_locked_bucket_cannot_be_taken_back(locked: Bench, s3: "S3Client") -> None:
    event = locked.put("a.txt", b"hello")

    runs = [record(locked, locked.engine.process(event)) for _ in range(2)]

    bucket = runs[0].outputs[0].bucket
    [(key, version)] = versions(s3, bucket)
    assert [run.state for run in runs] == ["committed"] * 2
    with pytest.raises(ClientError):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    assert versions(s3, bucket) == [(key, version)]


def test_what_a_lost_attempt_left_in_a_locked_bucket_keeps_no_run_from_its_end(locked: Bench, s3: "S3Client") -> None:
    event = locked.put("a.txt", b"hello")
    claim = locked.engine.ledger.claim(locked.engine._first(event, None))
    assert isinstance(claim, Claim)
    place = locked.service.outputs[0]
    made = {"noria-parent": claim.run.name, "noria-holder": claim.run.holder}
    locked.store.create(place.bucket, f"{place.prefix}/a.txt.copy", b"half of hel", metadata=made)
    locked.engine.ledger.lose(claim.run.name, claim.run.holder, LOST)

    run = record(locked, locked.engine.process(event))

    assert run.state == "committed"
    assert locked.store.read(place.bucket, run.outputs[0].key)[0] == b"hello"
