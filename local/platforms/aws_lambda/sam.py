"""The stack as a SAM template (SAM specification 2016-10-31; resources by the CloudFormation template reference)."""

from collections.abc import Iterator
from typing import Any

import yaml

from functions.runtime.errors import Rejected
from local.platforms.aws_lambda.image import COMMAND, CONTEXT, DOCKERFILE, ENTRY
from local.platforms.aws_lambda.placeholders import replaced
from local.platforms.aws_lambda.policies import ACCOUNT, NAME, PARTITION, REGION, Statement, log_group, policy
from local.platforms.aws_lambda.sam_buckets import bucket, queue_policy, topic
from local.platforms.aws_lambda.stack import KEPT, LOG_DAYS, Function, Stack

_WORDS = {
    PARTITION: "${AWS::Partition}",
    REGION: "${AWS::Region}",
    ACCOUNT: "${AWS::AccountId}",
    NAME: "${AWS::StackName}",
}
Resources = Iterator[tuple[str, dict[str, Any]]]


def template(stack: Stack) -> str:
    """Write ``template.yaml``, for ``sam build`` and ``sam deploy``.

    Raises:
        Rejected: Two resources would have one name.
    """
    document: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "noria: functions on object storage. Written by noria deploy --to lambda.",
        "Parameters": dict(_parameters(stack)),
        "Resources": _resources(stack),
        "Outputs": {
            f"{function.title}DeadLetters": {
                "Description": f"What no invocation of {function.service} answered",
                "Value": {"Ref": f"{function.title}DeadLetterQueue"},
            }
            for function in stack.functions
        },
    }
    if not document["Parameters"]:
        del document["Parameters"]
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, width=120)


def _resources(stack: Stack) -> dict[str, Any]:
    made: dict[str, Any] = {}
    parts = (
        *(_function(function) for function in stack.functions),
        *(topic(each) for each in stack.topics),
        *(bucket(each) for each in stack.buckets if not each.exists),
        *(queue_policy(function, stack) for function in stack.functions),
    )
    for part in parts:
        for title, resource in part:
            if title in made:
                raise Rejected(f"two resources would be called {title}", hint="give a service or a bucket another name")
            made[title] = replaced(resource, _WORDS, lambda text: {"Fn::Sub": text})
    return made


def _parameters(stack: Stack) -> Resources:
    for function in stack.functions:
        for name in function.secrets:
            said = f"{name} of {function.service}" + ("; a file in the image" if name.endswith("_FILE") else "")
            yield function.parameter(name), {"Type": "String", "NoEcho": True, "Description": said}


def _function(function: Function) -> Resources:
    title = function.title
    yield (
        title,
        {
            "Type": "AWS::Serverless::Function",
            "Metadata": {
                "DockerContext": f"./{CONTEXT}",
                "Dockerfile": DOCKERFILE,
                "DockerTag": function.service,
                "DockerBuildArgs": {"IMAGE": function.image},
            },
            "Properties": {
                "FunctionName": f"{NAME}-{function.service}",
                "PackageType": "Image",
                "ImageConfig": {"EntryPoint": list(ENTRY), "Command": list(COMMAND)},
                "Architectures": ["x86_64"],
                "MemorySize": function.memory,
                "EphemeralStorage": {"Size": function.disk},
                "Timeout": function.timeout,
                "Tracing": "Active",
                "Role": {"Fn::GetAtt": [f"{title}Role", "Arn"]},
                "LoggingConfig": {"LogGroup": {"Ref": f"{title}Log"}},
                "Environment": {"Variables": _environment(function)},
                "Events": {"Objects": {"Type": "SQS", "Properties": _source(function)}},
            },
        },
    )
    yield f"{title}Role", _role(function.statements)
    log = {"LogGroupName": log_group(function.service), "RetentionInDays": LOG_DAYS}
    yield f"{title}Log", _made("AWS::Logs::LogGroup", log)
    yield f"{title}Queue", _made("AWS::SQS::Queue", _queue(function))
    dead = {"QueueName": f"{NAME}-{function.service}-dead", "MessageRetentionPeriod": KEPT}
    yield f"{title}DeadLetterQueue", _made("AWS::SQS::Queue", dead)


def _environment(function: Function) -> dict[str, Any]:
    own = {name: {"Ref": function.parameter(name)} for name in function.secrets}
    return {**function.environment, "NORIA_STORE_REGION": {"Ref": "AWS::Region"}, **own}


def _source(function: Function) -> dict[str, Any]:
    """One event an invocation: what is in a batch would wait for what is before it, and come again with it."""
    queue = {"Fn::GetAtt": [f"{function.title}Queue", "Arn"]}
    return {"Queue": queue, "BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]}


def _queue(function: Function) -> dict[str, Any]:
    return {
        "QueueName": f"{NAME}-{function.service}",
        "VisibilityTimeout": function.visibility,
        "MessageRetentionPeriod": KEPT,
        "RedrivePolicy": {
            "deadLetterTargetArn": {"Fn::GetAtt": [f"{function.title}DeadLetterQueue", "Arn"]},
            "maxReceiveCount": function.receives,
        },
    }


def _role(statements: tuple[Statement, ...]) -> dict[str, Any]:
    assumed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": policy([assumed]),
            "Policies": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
        },
    }


def _made(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": properties}


class _Plain(yaml.SafeDumper):
    """Writes a value that stands in several places several times, since no person likes YAML's anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's signature
        return True
