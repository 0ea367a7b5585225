"""Taking a campaign's buckets away from a cluster's store, with all that is in them."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from functions.provisioning.minio import client
from functions.provisioning.stores import Minio
from functions.runtime.errors import TryAgain

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def remove_buckets(store: Minio, names: Collection[str]) -> tuple[str, ...]:
    """Remove those of the buckets that are there, and give their names.

    Raises:
        TryAgain: The store does not answer, or will not do it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = client(store)
    try:
        there = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"] in names]
        for name in there:
            _empty(s3, name)
            s3.delete_bucket(Bucket=name)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise TryAgain(f"the store at {store.endpoint} does not remove a bucket of the campaign's: {code}") from None
    except BotoCoreError as error:
        raise TryAgain(f"the store at {store.endpoint} does not answer: {type(error).__name__}") from None
    return tuple(there)


def _empty(s3: "S3Client", name: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        if keys := [each["Key"] for each in page.get("Contents", ())]:
            s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
