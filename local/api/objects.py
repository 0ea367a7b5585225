"""What the API needs of a store beyond what the runtime does: folders, parts of objects, links."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from functions.runtime.configuration import Configuration
from functions.runtime.errors import (
    AccessDeniedError,
    ConflictError,
    MissingError,
    StoreUnavailableError,
)
from functions.runtime.runs import StoredObject
from functions.runtime.uploads import s3_client

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

CHUNK = 2**18
"""Bytes that are read at once."""
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchUpload", "404"})
_CONFLICT = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


@dataclass(frozen=True)
class Objects:
    """One store, spoken to by boto3; every call is safe from any thread."""

    given: Configuration

    def folders(self, bucket: str, prefix: str) -> list[str]:
        """Name the folders in the folder ``prefix``."""
        start = f"{prefix}/" if prefix else ""
        with answers(f"{bucket}/{prefix}"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start, Delimiter="/")
            return [each["Prefix"][len(start) : -1] for page in pages for each in page.get("CommonPrefixes", ())]

    def read(self, one: StoredObject, start: int, end: int) -> Iterator[bytes]:
        """Open the bytes from ``start`` to before ``end`` of exactly this version; they come as they are asked for.

        Raises:
            MissingError: It was deleted.
            ConflictError: Another version is there now.
        """
        name = f"{one.bucket}/{one.key}"
        if start == end:
            return iter(())
        with answers(name):
            part = f"bytes={start}-{end - 1}"
            answer = self.s3.get_object(Bucket=one.bucket, Key=one.key, IfMatch=f'"{one.etag}"', Range=part)
        return _chunks(answer["Body"], name)

    def check(self, one: StoredObject) -> None:
        """See that exactly this version is there; raises as ``read`` does."""
        with answers(f"{one.bucket}/{one.key}"):
            self.s3.head_object(Bucket=one.bucket, Key=one.key, IfMatch=f'"{one.etag}"')

    def link(self, one: StoredObject, seconds: int) -> tuple[str, datetime]:
        """Sign a URL that gives the object to whoever has it, and say until when."""
        with answers(f"{one.bucket}/{one.key}"):
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            wanted = {"Bucket": one.bucket, "Key": one.key}
            return self.s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds), until

    @cached_property
    def s3(self) -> "S3Client":
        """The client."""
        return s3_client(self.given, patience=60)


def _chunks(body: "StreamingBody", name: str) -> Iterator[bytes]:
    with closing(body), answers(name):
        yield from body.iter_chunks(CHUNK)


@contextmanager
def answers(name: str) -> Iterator[None]:
    """Say in the runtime's words what the store's answers mean; ``name`` is the object's."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        if code in _MISSING:
            raise MissingError(f"{name} does not exist") from error
        if code in _CONFLICT:
            raise ConflictError(f"{name} is another version now") from error
        kind = AccessDeniedError if code == "AccessDenied" else StoreUnavailableError
        raise kind(f"the store did not serve {name}: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"the store did not serve {name}: {type(error).__name__}") from error
