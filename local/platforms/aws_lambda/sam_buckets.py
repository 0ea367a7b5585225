"""Buckets, whom they tell, and who may therefore send, as CloudFormation has them."""

from collections.abc import Iterator
from typing import Any

from local.platforms.aws_lambda.notifications import EVENTS, Notification, publishers, senders
from local.platforms.aws_lambda.policies import NAME, policy
from local.platforms.aws_lambda.stack import Bucket, Function, Stack, titled

Resources = Iterator[tuple[str, dict[str, Any]]]
_PRIVATE = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def bucket(given: Bucket) -> Resources:
    """Make a bucket that outlives the stack, and that nobody but the account can open."""
    properties: dict[str, Any] = {
        "BucketName": given.name,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": dict.fromkeys(_PRIVATE, True),
    }
    kept: dict[str, Any] = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    if given.notifications:  # S3 tries whether it may send before it takes a configuration
        kept["DependsOn"] = [_permission(each) for each in given.notifications]
        properties["NotificationConfiguration"] = configuration(given)
    yield f"{given.title}Bucket", {**kept, "Properties": properties}


def configuration(given: Bucket) -> dict[str, Any]:
    """Say whom a bucket tells, in CloudFormation's words."""
    found: dict[str, list[Any]] = {}
    for each in given.notifications:
        entry: dict[str, Any] = {"Event": EVENTS, "Topic" if each.is_shared else "Queue": each.arn}
        if each.prefix:
            entry["Filter"] = {"S3Key": {"Rules": [{"Name": "prefix", "Value": each.filter}]}}
        found.setdefault("TopicConfigurations" if each.is_shared else "QueueConfigurations", []).append(entry)
    return found


def queue_policy(function: Function, stack: Stack) -> Resources:
    """Let the buckets and topics that tell of a function's folders write into its queue."""
    if statements := senders(function.service, stack.notifications):
        properties = {"Queues": [{"Ref": f"{function.title}Queue"}], "PolicyDocument": policy(statements)}
        yield f"{function.title}QueuePolicy", {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}


def topic(given: Notification) -> Resources:
    """Make a topic, its subscriptions, and let the bucket publish to it."""
    title = _title(given)
    yield title, {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{NAME}-{given.topic}"}}
    for service in given.services:
        properties = {
            "TopicArn": {"Ref": title},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": [f"{titled(service)}Queue", "Arn"]},
            "RawMessageDelivery": True,
        }
        yield f"{title}{titled(service)}", {"Type": "AWS::SNS::Subscription", "Properties": properties}
    properties = {"Topics": [{"Ref": title}], "PolicyDocument": policy(publishers(given))}
    yield f"{title}Policy", {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}


def _title(given: Notification) -> str:
    return f"{titled(given.topic)}Topic"


def _permission(given: Notification) -> str:
    return f"{_title(given)}Policy" if given.is_shared else f"{titled(given.services[0])}QueuePolicy"
