"""What template and configuration say, read back and brought to one form."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from local.platforms.aws_lambda import PLATFORM
from local.platforms.target import Target, read

FDL = Path(__file__).parents[3] / "fdl"
Facts = dict[str, Any]


def target(*names: str, **given: Any) -> Target:
    """Pipelines of this project's FDL, or files."""
    return Target(pipelines=read([FDL / name for name in names]), **given)


def told_by_sam(files: dict[str, str]) -> Facts:
    """What ``template.yaml`` says of functions, queues, policies and notifications."""
    document = yaml.safe_load(files["template.yaml"])
    resources: dict[str, Any] = document["Resources"]
    return {
        "functions": {
            _text(each["FunctionName"]): {
                "memory": each["MemorySize"],
                "disk": each["EphemeralStorage"]["Size"],
                "timeout": each["Timeout"],
                "entry": each["ImageConfig"],
                "environment": {name: _text(value) for name, value in each["Environment"]["Variables"].items()},
                "queue": _queue(resources, each),
                "answers": each["Events"]["Objects"]["Properties"]["FunctionResponseTypes"],
                "may": _statements(resources[_of(each["Role"])]["Properties"]["Policies"][0]["PolicyDocument"]),
            }
            for each in _properties(resources, "AWS::Serverless::Function")
        },
        "queues": {
            _text(each["QueueName"]): (
                each.get("VisibilityTimeout"),
                each["MessageRetentionPeriod"],
                each.get("RedrivePolicy", {}).get("maxReceiveCount"),
            )
            for each in _properties(resources, "AWS::SQS::Queue")
        },
        "senders": [
            _statements(each["PolicyDocument"])
            for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
            for each in _properties(resources, kind)
        ],
        "topics": sorted(_text(each["TopicName"]) for each in _properties(resources, "AWS::SNS::Topic")),
        "heard": len(_properties(resources, "AWS::SNS::Subscription")),
        "buckets": {
            each["BucketName"]: sorted(
                entry["Filter"]["S3Key"]["Rules"][0]["Value"]
                for entries in each.get("NotificationConfiguration", {}).values()
                for entry in entries
            )
            for each in _properties(resources, "AWS::S3::Bucket")
        },
        "secrets": sorted(document.get("Parameters", {})),
    }


def told_by_terraform(files: dict[str, str]) -> Facts:
    """What ``main.tf.json`` says of the same."""
    document = json.loads(files["terraform/main.tf.json"])
    made: dict[str, dict[str, Any]] = document["resource"]
    queues, sources = made["aws_sqs_queue"], made["aws_lambda_event_source_mapping"]
    return {
        "functions": {
            _text(each["function_name"]): {
                "memory": each["memory_size"],
                "disk": each["ephemeral_storage"]["size"],
                "timeout": each["timeout"],
                "entry": {
                    "EntryPoint": each["image_config"]["entry_point"],
                    "Command": each["image_config"]["command"],
                },
                "environment": {name: _text(value) for name, value in each["environment"]["variables"].items()},
                "queue": _text(queues[_named(sources[title]["event_source_arn"])]["name"]),
                "answers": sources[title]["function_response_types"],
                "may": _statements(json.loads(made["aws_iam_role_policy"][_named(each["role"])]["policy"])),
            }
            for title, each in made["aws_lambda_function"].items()
        },
        "queues": {
            _text(each["name"]): (
                each.get("visibility_timeout_seconds"),
                each["message_retention_seconds"],
                json.loads(each.get("redrive_policy", "{}")).get("maxReceiveCount"),
            )
            for each in queues.values()
        },
        "senders": [
            _statements(json.loads(each["policy"]))
            for kind in ("aws_sqs_queue_policy", "aws_sns_topic_policy")
            for each in made.get(kind, {}).values()
        ],
        "topics": sorted(_text(each["name"]) for each in made.get("aws_sns_topic", {}).values()),
        "heard": len(made.get("aws_sns_topic_subscription", {})),
        "buckets": {
            each["bucket"]: sorted(
                entry["filter_prefix"]
                for kind in ("queue", "topic")
                for entry in made["aws_s3_bucket_notification"].get(title, {}).get(kind, [])
            )
            for title, each in made["aws_s3_bucket"].items()
        },
        "secrets": sorted(set(document["variable"]) - {"name", "region", "repository"}),
    }


def files_of(given: Target) -> dict[str, str]:
    """What is written for the target."""
    return PLATFORM.files(given)


def _properties(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_text(json.dumps(_plain(policy["Statement"]))))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            _text(value) if set(value) <= {"Fn::Sub", "Ref"} else {name: _plain(each) for name, each in value.items()}
        )
    return [_plain(each) for each in value] if isinstance(value, list) else value


_SAME = {
    "AWS::Partition": "partition",
    "data.aws_partition.here.partition": "partition",
    "AWS::Region": "region",
    "var.region": "region",
    "AWS::AccountId": "account",
    "data.aws_caller_identity.here.account_id": "account",
    "AWS::StackName": "name",
    "var.name": "name",
}


def _text(value: Any) -> str:
    """A text with the words of both put into one form."""
    if isinstance(value, dict):
        ((kind, inside),) = value.items()
        value = f"${{{inside}}}" if kind == "Ref" else inside
    return re.sub(r"\$\{([^}]*)\}", lambda found: f"<{_SAME.get(found[1], found[1].removeprefix('var.'))}>", str(value))


def _queue(resources: dict[str, Any], function: dict[str, Any]) -> str:
    queue = resources[_of(function["Events"]["Objects"]["Properties"]["Queue"])]
    return _text(queue["Properties"]["QueueName"])


def _of(reference: dict[str, Any]) -> str:
    """The resource that ``Fn::GetAtt`` names."""
    return str(reference["Fn::GetAtt"][0])


def _named(reference: str) -> str:
    """The resource that ``${aws_sqs_queue.NAME.arn}`` names."""
    return reference.strip("${}").split(".")[1]
