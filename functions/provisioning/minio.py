"""A cluster's MinIO or RustFS beyond objects: who is told of new ones."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from functions.provisioning.stores import Minio
from functions.runtime.errors import TryAgain

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CREATED = "s3:ObjectCreated:*"


MAKES = ("minio", "rustfs")
"""How ARNs of a store's targets begin, after ``arn:``; RustFS takes none of MinIO's (rustfs crates/config arn.rs)."""


def notify(store: Minio, service: str, folder: str) -> bool:
    """Have OSCAR told of what is created in a folder, for the service to work on; gives whether it was not before.

    What else the bucket tells anybody stays. The name of the one to be told is that of grycap/oscar 7ade09ee
    (GetMinIOWebhookARN in pkg/types/service.go), which OSCAR makes known to the store when the service is created.

    Args:
        folder: ``bucket/prefix``.

    Raises:
        TryAgain: The store does not answer, or does not know of the service yet.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    refused = ""
    for make in MAKES:
        try:
            return _notify(client(store), f"arn:{make}:sqs:{store.region}:{service}:webhook", folder)
        except ClientError as error:
            refused = refused or error.response.get("Error", {}).get("Code", "")
            if error.operation_name != "PutBucketNotificationConfiguration":
                break
        except BotoCoreError as error:
            raise TryAgain(f"the store at {store.endpoint} does not answer: {type(error).__name__}") from None
    raise TryAgain(f"the store at {store.endpoint} does not take a notification for {folder}: {refused}")


def _notify(s3: "S3Client", target: str, folder: str) -> bool:
    bucket, _, prefix = folder.strip("/").partition("/")
    wanted: dict[str, Any] = {"QueueArn": target, "Events": [CREATED]}
    if prefix:
        wanted["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"{prefix}/"}]}}
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    there = found.get("QueueConfigurations", [])
    if _told(wanted) in [_told(cast("Mapping[str, Any]", each)) for each in there]:
        return False
    new: Any = {key: value for key, value in found.items() if key.endswith("Configurations")}
    new["QueueConfigurations"] = [*there, wanted]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=new)
    return True


def client(store: Minio) -> "S3Client":
    """Give a client of the store."""
    import boto3  # 0.3 s and 30 MB, and seldom needed
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=store.region,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        config=Config(
            connect_timeout=10, read_timeout=60, retries={"total_max_attempts": 5}, s3={"addressing_style": "path"}
        ),
    )


def _told(entry: Mapping[str, Any]) -> tuple[str, frozenset[tuple[str, str]]]:
    """Give who is told, and of what names."""
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return str(entry["QueueArn"]), frozenset((str(rule["Name"]).lower(), str(rule["Value"])) for rule in rules)
