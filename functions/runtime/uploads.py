"""Large uploads: sent from the disk in one conditional request, as ``store.py`` sends small ones from memory.

boto3 does it, the one client here that streams a request's body. What a store takes in one request (5 GiB everywhere)
is whole or not there, and of many writers one wins. Above that a file goes in parts, the last request conditional:
exact on AWS; SeaweedFS looks and writes in two steps there, some milliseconds apart (measured, 2026-11-22).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.runtime.configuration import Configuration
from functions.runtime.errors import (
    AccessDeniedError,
    ConflictError,
    MissingError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, ObjectTypeDef

ONE_REQUEST = 5 * 2**30
"""Bytes; what S3 takes in one request."""
PART, MOST_PARTS = 64 * 2**20, 10_000
"""Bytes of a part at least, and how many parts an upload may have."""
REFUSED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
MISSING = frozenset({"NoSuchBucket", "NoSuchKey", "404"})


@dataclass(frozen=True)
class Unfinished:
    """An upload in parts that was begun and not ended; its parts take room, and nobody sees them."""

    bucket: str
    key: str
    id: str
    begun: datetime


class Uploads:
    """Large uploads to one store; every call is safe from any thread."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def send(
        self, bucket: str, key: str, file: Path, *, metadata: Mapping[str, str], condition: Mapping[str, Any]
    ) -> str:
        """Upload ``file`` if ``condition`` (boto3's ``IfMatch`` or ``IfNoneMatch``) holds at the end; gives the ETag.

        Raises:
            ConflictError: It does not hold.
            MissingError: There is no such bucket.
            StoreUnavailableError: The store did not take it.
        """
        known: dict[str, Any] = {"Bucket": bucket, "Key": key}
        described: dict[str, Any] = {
            "Metadata": {name: value for name, value in metadata.items() if name != "Content-Type"}
        }
        if kind := metadata.get("Content-Type"):
            described |= {"ContentType": kind}
        with _verdicts(bucket, key):
            if file.stat().st_size > ONE_REQUEST:
                return self._in_parts(known, described, file, condition)
            with file.open("rb") as body:
                return _plain(self._s3.put_object(**known, **described, Body=body, **condition)["ETag"])

    def delete(self, bucket: str, key: str, etag: str) -> None:
        """Delete exactly the version ``etag``.

        Raises:
            ConflictError: Another version is there now.
        """
        with _verdicts(bucket, key):
            self._s3.delete_object(Bucket=bucket, Key=key, IfMatch=f'"{etag}"')

    def listed(self, bucket: str, prefix: str, *, after: str = "") -> Iterator["ObjectTypeDef"]:
        """Go through the objects with keys that begin with ``prefix`` and come after ``after``, odd keys too."""
        with _verdicts(bucket, prefix):
            pages = self._s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after):
                yield from page.get("Contents", ())

    def unfinished(self, bucket: str, prefix: str) -> Iterator[Unfinished]:
        """Go through the uploads in parts to keys that begin with ``prefix``; raises as ``send`` does."""
        with _verdicts(bucket, prefix):
            for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Uploads", ()):
                    yield Unfinished(bucket, each["Key"], each["UploadId"], each["Initiated"])

    def abort(self, upload: Unfinished) -> None:
        """Throw the parts away; it is no error when there are none any more."""
        with suppress(MissingError), _verdicts(upload.bucket, upload.key):
            self._s3.abort_multipart_upload(Bucket=upload.bucket, Key=upload.key, UploadId=upload.id)

    def _in_parts(
        self, known: dict[str, Any], described: dict[str, Any], file: Path, condition: Mapping[str, Any]
    ) -> str:
        upload = {**known, "UploadId": self._s3.create_multipart_upload(**known, **described)["UploadId"]}
        size = max(PART, -(-file.stat().st_size // MOST_PARTS))
        try:
            with file.open("rb") as body:
                sent: list[CompletedPartTypeDef] = [
                    {"PartNumber": number, "ETag": self._s3.upload_part(**upload, PartNumber=number, Body=part)["ETag"]}
                    for number, part in enumerate(iter(lambda: body.read(size), b""), start=1)
                ]
            answer = self._s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": sent}, **condition)
        except BaseException:
            with suppress(Exception):
                self._s3.abort_multipart_upload(**upload)
            raise
        return _plain(answer["ETag"])

    @cached_property
    def _s3(self) -> "S3Client":
        return s3_client(self._configuration, patience=60)


def s3_client(given: Configuration, *, patience: float, attempts: int = 3) -> "S3Client":
    """Give boto3's client of the store; ``patience`` is for one answer, in seconds."""
    import boto3  # 0.3 s and 30 MB, and seldom needed
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=given.store_url or None,
        region_name=given.store_region,
        aws_access_key_id=given.store_access_key or None,
        aws_secret_access_key=given.store_secret_key.get_secret_value() or None,
        verify=str(given.store_ca) if given.store_ca else None,
        config=Config(
            signature_version="s3v4",  # links would be signed by an older scheme, which not every store takes
            s3={"addressing_style": "path"} if given.store_url else {},
            retries={"total_max_attempts": attempts, "mode": "standard"},
            request_checksum_calculation="when_required",  # not every store takes the newer trailing ones
            connect_timeout=5,
            read_timeout=patience,
        ),
    )


@contextmanager
def _verdicts(bucket: str, key: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        if code in REFUSED:
            raise ConflictError(f"{bucket}/{key} is not the version expected") from error
        if code in MISSING or code == "NoSuchUpload":
            raise MissingError(f"{bucket}/{key} does not exist") from error
        kind = AccessDeniedError if code == "AccessDenied" else StoreUnavailableError
        raise kind(f"the store did not serve {bucket}/{key}: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"the store did not serve {bucket}/{key}: {type(error).__name__}") from error


def _plain(etag: str) -> str:
    return etag.strip('"')
