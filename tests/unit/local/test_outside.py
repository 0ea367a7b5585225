"""Buckets in a store of somebody else's."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from local.outside import create_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Recorder:
    """What S3 is asked; no store here has regions."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def create_bucket(self, **given: Any) -> None:
        self.asked.append(given)


@pytest.mark.parametrize(
    ("region", "located"),
    [("us-east-1", {}), ("eu-west-1", {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})],
)
def test_a_bucket_is_made_in_the_clients_region(region: str, located: dict[str, Any]) -> None:
    s3 = Recorder()

    create_bucket(cast("S3Client", s3), "photos", region)

    assert s3.asked == [{"Bucket": "photos", **located}]
