"""MinIO and RustFS as bells: one target a watched bucket, since a target has one subject.

Settings: github.com/minio/minio at 7aac2a2c5 (internal/config/notify) and github.com/rustfs/rustfs at 20d126649
(crates/config/src/notify/nats.rs, crates/targets/src/config); neither has a server that our tests could run.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fdl import Service
from fdl.storage import S3_LIKE
from functions.runtime.errors import Rejected
from local.broker import EVENTS
from local.servers.cluster import STORE

CREATED = ("Put", "Post", "Copy", "CompleteMultipartUpload")
"""What is new content; ``s3:ObjectCreated:*`` rings for tags and retention, too."""
QUEUE_LIMIT = 100_000
_BY = "Written by python -m local.servers"


@dataclass(frozen=True)
class Bell:
    """How one kind of store is told of the broker; ``{}`` in a variable is the bucket's own target."""

    kind: str
    always: Mapping[str, str]
    target: Mapping[str, str]
    password: str
    arn: str
    region: str
    lower_case: bool

    def environment(self, buckets: Iterable[str], address: str) -> str:
        """Write the store's environment, without the broker's password, of which ``secrets`` are lines.

        Raises:
            Rejected: Two buckets' targets would have one name.
        """
        lines = [f"{name}={value}" for name, value in self.always.items()]
        for target, bucket in self._targets(buckets).items():
            lines += [f"{name.format(target)}={value.format(address, bucket)}" for name, value in self.target.items()]
        where = f"{self.password.format('...')} is the password of {STORE} in passwords.conf"
        begin = f"# Whom {self.kind} tells of new objects. {_BY}.\n# {where}.\n"
        return begin + "\n".join(lines) + "\n"

    def secrets(self, buckets: Iterable[str], password: str) -> str:
        """Write the lines that nobody but the store may read."""
        return "".join(f"{self.password.format(target)}={password}\n" for target in self._targets(buckets))

    def notification(self, bucket: str, folders: Iterable[str]) -> str:
        """Write a bucket's configuration, as S3's PutBucketNotificationConfiguration takes it."""
        target = _named(bucket).lower() if self.lower_case else _named(bucket)
        arn, events = self.arn.format(self.region, target), [f"s3:ObjectCreated:{each}" for each in CREATED]
        told = [
            {
                "Id": f"noria-{number}",
                "QueueArn": arn,
                "Events": events,
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": folder}]}},
            }
            for number, folder in enumerate(folders, 1)
        ]
        return json.dumps({"QueueConfigurations": told}, indent=2) + "\n"

    def _targets(self, buckets: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for bucket in buckets:
            other = found.setdefault(_named(bucket), bucket)
            if other != bucket:
                raise Rejected(f"the targets of {other} and {bucket} would have one name", hint="rename one of them")
        return found


MINIO = Bell(
    kind="MinIO",
    # An answer to a PUT waits for its event, which is kept on the disk while the broker is away.
    always={"MINIO_API_SYNC_EVENTS": "on"},
    target={
        "MINIO_NOTIFY_NATS_ENABLE_{}": "on",
        "MINIO_NOTIFY_NATS_ADDRESS_{}": "{0}",
        "MINIO_NOTIFY_NATS_SUBJECT_{}": "events.{1}",
        "MINIO_NOTIFY_NATS_USERNAME_{}": STORE,
        "MINIO_NOTIFY_NATS_TLS_{}": "on",
        "MINIO_NOTIFY_NATS_CERT_AUTHORITY_{}": "/etc/nats/tls/ca.pem",
        "MINIO_NOTIFY_NATS_JETSTREAM_{}": "on",
        "MINIO_NOTIFY_NATS_QUEUE_DIR_{}": "/var/lib/minio/events/{1}",
        "MINIO_NOTIFY_NATS_QUEUE_LIMIT_{}": str(QUEUE_LIMIT),
    },
    password="MINIO_NOTIFY_NATS_PASSWORD_{}",  # noqa: S106 - a variable's name
    arn="arn:minio:sqs:{}:{}:nats",
    region="",  # MINIO_SITE_REGION, if that is set
    lower_case=False,
)
RUSTFS = Bell(
    kind="RustFS",
    always={"RUSTFS_NOTIFY_ENABLE": "true"},  # off by default, whatever targets there are
    target={
        "RUSTFS_NOTIFY_NATS_ENABLE_{}": "on",
        "RUSTFS_NOTIFY_NATS_ADDRESS_{}": "tls://{0}",
        "RUSTFS_NOTIFY_NATS_SUBJECT_{}": "events.{1}",
        "RUSTFS_NOTIFY_NATS_USERNAME_{}": STORE,
        "RUSTFS_NOTIFY_NATS_TLS_REQUIRED_{}": "on",
        "RUSTFS_NOTIFY_NATS_TLS_CA_{}": "/etc/nats/tls/ca.pem",
        "RUSTFS_NOTIFY_NATS_JETSTREAM_ENABLE_{}": "on",
        "RUSTFS_NOTIFY_NATS_JETSTREAM_STREAM_NAME_{}": EVENTS,
        "RUSTFS_NOTIFY_NATS_QUEUE_DIR_{}": "/var/lib/rustfs/events/{1}",
        "RUSTFS_NOTIFY_NATS_QUEUE_LIMIT_{}": str(QUEUE_LIMIT),
    },
    password="RUSTFS_NOTIFY_NATS_PASSWORD_{}",  # noqa: S106 - a variable's name
    arn="arn:rustfs:sqs:{}:{}:nats",
    region="us-east-1",  # RUSTFS_REGION, if that is set
    lower_case=True,  # it makes target names of its variables' lower-case ends
)


def watched(services: Iterable[Service]) -> dict[str, list[str]]:
    """Give the watched folders of each bucket, ``in/``; one in another one is told of with that."""
    found: dict[str, set[str]] = {}
    for service in services:
        for path in service.inputs:
            if path.kind in S3_LIKE:
                found.setdefault(path.bucket, set()).add(f"{path.prefix}/" if path.prefix else "")
    return {bucket: _outermost(found[bucket]) for bucket in sorted(found)}


def script(kind: str, buckets: Iterable[str]) -> str:
    """Write ``notifications.sh``, which tells a running store whom its buckets are to tell."""
    lines = [
        f'aws --endpoint-url "$1" s3api put-bucket-notification-configuration --bucket {bucket} '
        f"--notification-configuration file://notifications/{bucket}.json"
        for bucket in buckets
    ]
    begin = (
        f"#!/bin/sh\n# Tell {kind}'s buckets whom to tell, in place of all they told before: sh notifications.sh URL"
    )
    return "\n".join([begin, f"# {_BY}.", "set -eu", 'cd "$(dirname "$0")"', ': "${1:?the store\'s URL}"', *lines, ""])


def _outermost(folders: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for folder in sorted(folders):
        if not kept or not folder.startswith(kept[-1]):
            kept.append(folder)
    return kept


def _named(bucket: str) -> str:
    """Name a bucket's target as a variable can end."""
    return re.sub(r"[^A-Z0-9]", "_", bucket.upper())
