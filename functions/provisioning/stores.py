"""Where functions' files lie, and what opens it."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Minio:
    """A cluster's own store.

    Attributes:
        endpoint: With ``https://``, as it is reached from other clusters.
    """

    endpoint: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    region: str = "us-east-1"


@dataclass(frozen=True)
class Bucket:
    """A bucket of Amazon S3, with a folder for each component."""

    name: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


Store: TypeAlias = Minio | Bucket
