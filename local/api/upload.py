"""Uploads of a size that nobody knows before they are over: seen whole or not at all, and never whole in memory."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from functions.runtime.errors import FunctionError
from functions.runtime.runs import StoredObject
from local.api.objects import Objects, answers

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 8 * 2**20
"""Bytes that are sent at once, and held in memory for it; S3 takes 10,000 of them, 5 MiB at least."""


@dataclass
class Upload:
    """One object on its way into the store; nobody sees it before ``publish``, however large it is."""

    objects: Objects
    bucket: str
    key: str
    kind: str
    metadata: Mapping[str, str]
    size: int = 0
    _held: bytearray = field(default_factory=bytearray)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _id: str = ""
    _sent: "list[CompletedPartTypeDef]" = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition("/")[2]

    @property
    def is_full(self) -> bool:
        """Whether enough is held that some should be sent."""
        return len(self._held) >= PART

    def write(self, data: bytes) -> None:
        """Hold some more."""
        self.size += len(data)
        self._held += data

    def send(self) -> None:
        """Send what is held."""
        s3, where = self.objects.s3, self._where
        with answers(f"{self.bucket}/{self.key}"):
            if not self._id:
                begun = s3.create_multipart_upload(**where, ContentType=self.kind, Metadata=self.metadata)
                self._id = begun["UploadId"]
            number = len(self._sent) + 1
            body = self._taken()
            answer = s3.upload_part(**where, UploadId=self._id, PartNumber=number, Body=body)
            self._sent.append({"PartNumber": number, "ETag": answer["ETag"]})

    def content(self) -> bytes:
        """Give what is held: all of it, as long as nothing was sent."""
        return bytes(self._held)

    def sha256(self) -> str:
        """Give the SHA-256 of all of it, once it is all there."""
        digest = self._digest.copy()
        digest.update(self._held)
        return digest.hexdigest()

    def publish(self) -> StoredObject:
        """Make it an object."""
        s3, where = self.objects.s3, self._where
        sha256 = self.sha256()
        if self._id and self._held:
            self.send()
        with answers(f"{self.bucket}/{self.key}"):
            if self._id:
                whole = s3.complete_multipart_upload(**where, UploadId=self._id, MultipartUpload={"Parts": self._sent})
                self._id, etag = "", whole["ETag"]
            else:
                etag = s3.put_object(**where, Body=self._taken(), ContentType=self.kind, Metadata=self.metadata)["ETag"]
        return StoredObject(bucket=self.bucket, key=self.key, etag=etag.strip('"'), size=self.size, sha256=sha256)

    def withdraw(self) -> None:
        """Take the object away again."""
        with answers(f"{self.bucket}/{self.key}"):
            self.objects.s3.delete_object(Bucket=self.bucket, Key=self.key)

    def abort(self) -> None:
        """Throw away what was sent."""
        self._held = bytearray()
        if self._id:
            with suppress(FunctionError), answers(f"{self.bucket}/{self.key}"):
                self.objects.s3.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._id)
                self._id = ""

    @property
    def _where(self) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self.key}

    def _taken(self) -> bytes:
        """Take what is held, to be sent."""
        self._digest.update(self._held)
        body, self._held = bytes(self._held), bytearray()
        return body
