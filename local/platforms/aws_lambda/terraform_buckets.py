"""Buckets, whom they tell, and who may therefore send, as Terraform's AWS provider has them."""

import json
from collections.abc import Iterator
from typing import Any

from local.platforms.aws_lambda.notifications import EVENTS, Notification, publishers, senders
from local.platforms.aws_lambda.policies import NAME, policy
from local.platforms.aws_lambda.stack import Bucket, Function, Stack, titled

Made = Iterator[tuple[str, str, dict[str, Any]]]
_PRIVATE = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def bucket(given: Bucket) -> Made:
    """Make a bucket that outlives the configuration, or tell one that is there whom it tells."""
    if not given.exists:
        title = given.title
        yield "aws_s3_bucket", title, {"bucket": given.name, "lifecycle": {"prevent_destroy": True}}
        reference = f"${{aws_s3_bucket.{title}.id}}"
        yield "aws_s3_bucket_public_access_block", title, {"bucket": reference, **dict.fromkeys(_PRIVATE, True)}
        rule = {"object_ownership": "BucketOwnerEnforced"}
        yield "aws_s3_bucket_ownership_controls", title, {"bucket": reference, "rule": rule}
    if given.notifications:
        yield "aws_s3_bucket_notification", given.title, _configuration(given)


def _configuration(given: Bucket) -> dict[str, Any]:
    found: dict[str, Any] = {"bucket": given.name if given.exists else f"${{aws_s3_bucket.{given.title}.id}}"}
    for each in given.notifications:
        reference = _topic(each) if each.is_shared else f"aws_sqs_queue.{titled(each.services[0])}Queue"
        entry = {f"{'topic' if each.is_shared else 'queue'}_arn": f"${{{reference}.arn}}", "events": [EVENTS]}
        if each.prefix:
            entry["filter_prefix"] = each.filter
        found.setdefault("topic" if each.is_shared else "queue", []).append(entry)
    found["depends_on"] = [_permission(each) for each in given.notifications]  # S3 tries whether it may send
    return found


def queue_policy(function: Function, stack: Stack) -> Made:
    """Let the buckets and topics that tell of a function's folders write into its queue."""
    if statements := senders(function.service, stack.notifications):
        url = f"${{aws_sqs_queue.{function.title}Queue.url}}"
        yield (
            "aws_sqs_queue_policy",
            function.title,
            {"queue_url": url, "policy": json.dumps(policy(statements))},
        )


def topic(given: Notification) -> Made:
    """Make a topic, its subscriptions, and let the bucket publish to it."""
    title = titled(given.topic)
    arn = f"${{{_topic(given)}.arn}}"
    yield "aws_sns_topic", title, {"name": f"{NAME}-{given.topic}"}
    for service in given.services:
        yield (
            "aws_sns_topic_subscription",
            f"{title}{titled(service)}",
            {
                "topic_arn": arn,
                "protocol": "sqs",
                "endpoint": f"${{aws_sqs_queue.{titled(service)}Queue.arn}}",
                "raw_message_delivery": True,
            },
        )
    yield "aws_sns_topic_policy", title, {"arn": arn, "policy": json.dumps(policy(publishers(given)))}


def _topic(given: Notification) -> str:
    return f"aws_sns_topic.{titled(given.topic)}"


def _permission(given: Notification) -> str:
    kind = "aws_sns_topic_policy" if given.is_shared else "aws_sqs_queue_policy"
    return f"{kind}.{titled(given.topic if given.is_shared else given.services[0])}"
