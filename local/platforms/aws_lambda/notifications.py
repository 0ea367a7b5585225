"""Whom a bucket tells of which folder, and who may therefore write into which queue.

S3 takes no two notifications of one bucket whose folders overlap (S3 user guide, "Configuring event notifications using
object key name filtering"). Where several functions watch overlapping folders, a topic is told of the outermost one,
and every function's queue hears the topic: a host passes by what does not lie in its own folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus

from fdl import Service
from fdl.storage import S3_LIKE
from functions.runtime.errors import Rejected
from local.platforms.aws_lambda.policies import ACCOUNT, Statement, bucket_arn, queue_arn, topic_arn

LONGEST_TOPIC = 120
"""Characters of a topic's name, to which the stack's and a digest are added; SNS takes 256 in all (CreateTopic)."""
OWN = {"", "default"}
"""What stores are called that FDL says nothing else of."""
EVENTS = "s3:ObjectCreated:*"


@dataclass(frozen=True)
class Notification:
    """One folder of a bucket, ``in/``, and the services that are told of new objects there."""

    bucket: str
    prefix: str
    services: tuple[str, ...]

    @property
    def is_shared(self) -> bool:
        """Whether more than one function is told."""
        return len(self.services) > 1

    @property
    def filter(self) -> str:
        """The folder as S3 filters by it: a space is a plus, what is special is percent-encoded."""
        return quote_plus(self.prefix, safe="/")

    @property
    def topic(self) -> str:
        """The name of the topic that functions share, of the letters and digits that SNS takes."""
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", f"{self.bucket}-{self.prefix}").strip("-")
        digest = sha256(f"{self.bucket}/{self.prefix}".encode()).hexdigest()
        return f"{plain[:LONGEST_TOPIC]}-{digest[:8]}"

    @property
    def arn(self) -> str:
        """The queue or the topic that the bucket tells."""
        return topic_arn(self.topic) if self.is_shared else queue_arn(self.services[0])


def notifications(services: Sequence[Service]) -> tuple[Notification, ...]:
    """Give what the buckets must tell, by bucket and folder.

    Raises:
        Rejected: A service watches or writes to what is no bucket of this account.
    """
    watched: dict[str, list[tuple[str, str]]] = {}
    for service in services:
        _check(service)
        for path in service.inputs:
            folder = f"{path.prefix}/" if path.prefix else ""
            watched.setdefault(path.bucket, []).append((folder, service.name))
    return tuple(each for bucket in sorted(watched) for each in _of_bucket(bucket, watched[bucket]))


def _check(service: Service) -> None:
    """Refuse other stores: their objects ring for nobody here, and results would go elsewhere than the FDL says."""
    for does, paths in (("watches", service.inputs), ("writes to", service.outputs)):
        for path in paths:
            if path.kind not in S3_LIKE or path.provider.partition(".")[2] not in OWN:
                hint = "s3.default or minio.default, or deploy it to OSCAR"
                raise Rejected(
                    f"{service.name} {does} {path.provider}, AWS Lambda has its account's S3 alone", hint=hint
                )


def senders(service: str, told: Sequence[Notification]) -> list[Statement]:
    """Give the policy of a service's queue: who may write into it."""
    return [
        _may(
            f"Told{number}",
            "sns" if each.is_shared else "s3",
            "sqs:SendMessage",
            queue_arn(service),
            topic_arn(each.topic) if each.is_shared else bucket_arn(each.bucket),
        )
        for number, each in enumerate((each for each in told if service in each.services), 1)
    ]


def publishers(topic: Notification) -> list[Statement]:
    """Give the policy of a topic: the bucket that may publish to it."""
    return [_may("Told", "s3", "sns:Publish", topic_arn(topic.topic), bucket_arn(topic.bucket))]


def _may(sid: str, service: str, action: str, resource: str, source: str) -> Statement:
    """Allow it for one bucket or topic of this account, not for everybody's (the confused deputy)."""
    only: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": source}}
    if service == "s3":  # an S3 ARN does not say whose account it is
        only["StringEquals"] = {"aws:SourceAccount": ACCOUNT}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": only,
    }


def _of_bucket(bucket: str, watched: Sequence[tuple[str, str]]) -> list[Notification]:
    """Join what overlaps; an outer folder sorts right before all that it holds."""
    found: list[tuple[str, list[str]]] = []
    for folder, service in sorted(watched):
        if not found or not folder.startswith(found[-1][0]):
            found.append((folder, []))
        if service not in found[-1][1]:
            found[-1][1].append(service)
    return [Notification(bucket, folder, tuple(services)) for folder, services in found]
