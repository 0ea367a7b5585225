"""What a peer is told, by its environment, and how it reads an event."""

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONCURRENCY = 16
"""Events in flight, as many as one worker of noria has."""


@dataclass(frozen=True)
class Given:
    """Where the services are, and the peer's name, by which its buckets and its consumer are called."""

    name: str
    store_url: str
    access_key: str
    secret_key: str
    nats_url: str
    nats_user: str
    nats_password: str

    @classmethod
    def read(cls) -> "Given":
        """Read ``PEER_NAME`` and so on."""
        return cls(**{field: os.environ[f"PEER_{field.upper()}"] for field in cls.__dataclass_fields__})

    @property
    def environment(self) -> dict[str, str]:
        """What ``read`` reads."""
        return {f"PEER_{field.upper()}": str(getattr(self, field)) for field in self.__dataclass_fields__}

    @property
    def source(self) -> str:
        """The bucket it watches."""
        return f"in-{self.name}"

    @property
    def target(self) -> str:
        """The bucket it writes to."""
        return f"out-{self.name}"

    @property
    def subject(self) -> str:
        """Where its events are announced."""
        return f"events.{self.source}"

    def s3(self) -> "S3Client":
        """Give the client that most people would write this with."""
        return boto3.client(
            "s3",
            endpoint_url=self.store_url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(max_pool_connections=CONCURRENCY, s3={"addressing_style": "path"}),
        )


def key_of(document: bytes) -> str:
    """Give the key that MinIO's notification names."""
    key: str = json.loads(document)["Records"][0]["s3"]["object"]["key"]
    return unquote_plus(key)


def output_of(key: str) -> str:
    """Give the key to write: ``in/a.bin`` becomes ``out/a.bin.copy``."""
    return f"out/{key.removeprefix('in/')}.copy"
