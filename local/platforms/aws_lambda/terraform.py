"""The stack as Terraform in its JSON form (Terraform language, "JSON Configuration Syntax"; provider hashicorp/aws 5).

Who applies it has built and pushed the images before: ``images.sh`` does that.
"""

import json
from collections.abc import Iterator
from typing import Any

from functions.runtime.errors import Rejected
from local.platforms.aws_lambda.image import COMMAND, ENTRY
from local.platforms.aws_lambda.placeholders import replaced
from local.platforms.aws_lambda.policies import ACCOUNT, NAME, PARTITION, REGION, log_group, policy
from local.platforms.aws_lambda.stack import KEPT, LOG_DAYS, Function, Stack
from local.platforms.aws_lambda.terraform_buckets import bucket, queue_policy, topic

_WORDS = {
    PARTITION: "${data.aws_partition.here.partition}",
    REGION: "${var.region}",
    ACCOUNT: "${data.aws_caller_identity.here.account_id}",
    NAME: "${var.name}",
}
Made = Iterator[tuple[str, str, dict[str, Any]]]
"""Kind, name and arguments of a resource."""


def terraform(stack: Stack) -> str:
    """Write ``main.tf.json``, for ``terraform init`` and ``terraform apply``.

    Raises:
        Rejected: Two resources would have one name.
    """
    resources: dict[str, dict[str, Any]] = {}
    for kind, name, arguments in _resources(stack):
        if name in resources.setdefault(kind, {}):
            raise Rejected(
                f"two resources would be called {kind}.{name}", hint="give a service or a bucket another name"
            )
        resources[kind][name] = replaced(arguments, _WORDS)
    document = {
        "//": "noria: functions on object storage. Written by noria deploy --to lambda.",
        "terraform": {
            "required_version": ">= 1.5",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.32"}},
        },
        "provider": {"aws": {"region": "${var.region}"}},
        "variable": _variables(stack),
        "data": {"aws_partition": {"here": {}}, "aws_caller_identity": {"here": {}}},
        "resource": resources,
        "output": {
            f"{function.title}DeadLetters": {
                "description": f"What no invocation of {function.service} answered",
                "value": f"${{aws_sqs_queue.{function.title}DeadLetterQueue.url}}",
            }
            for function in stack.functions
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _variables(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": {
            "type": "string",
            "default": stack.name,
            "description": "What names here begin with",
        },
        "region": {"type": "string", "default": stack.region},
        "repository": {"type": "string", "description": "Where images.sh has pushed the images, without a tag"},
    }
    for function in stack.functions:
        for name in function.secrets:
            said = f"{name} of {function.service}" + ("; a file in the image" if name.endswith("_FILE") else "")
            found[function.parameter(name)] = {"type": "string", "sensitive": True, "description": said}
    return found


def _resources(stack: Stack) -> Made:
    for function in stack.functions:
        yield from _function(function)
        yield from _queues(function)
        yield from queue_policy(function, stack)
    for each in stack.topics:
        yield from topic(each)
    for given in stack.buckets:
        yield from bucket(given)


def _function(function: Function) -> Made:
    title = function.title
    yield (
        "aws_lambda_function",
        title,
        {
            "function_name": f"{NAME}-{function.service}",
            "package_type": "Image",
            "image_uri": f"${{var.repository}}:{function.tag}",
            "image_config": {"entry_point": list(ENTRY), "command": list(COMMAND)},
            "architectures": ["x86_64"],
            "memory_size": function.memory,
            "ephemeral_storage": {"size": function.disk},
            "timeout": function.timeout,
            "tracing_config": {"mode": "Active"},
            "role": f"${{aws_iam_role.{title}.arn}}",
            "logging_config": {"log_format": "Text", "log_group": f"${{aws_cloudwatch_log_group.{title}.name}}"},
            "environment": {"variables": _environment(function)},
            "depends_on": [f"aws_iam_role_policy.{title}"],
        },
    )
    assumed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    yield "aws_iam_role", title, {"assume_role_policy": json.dumps(policy([assumed]))}
    own = {"name": "own", "role": f"${{aws_iam_role.{title}.id}}", "policy": json.dumps(policy(function.statements))}
    yield "aws_iam_role_policy", title, own
    log = {"name": log_group(function.service), "retention_in_days": LOG_DAYS}
    yield "aws_cloudwatch_log_group", title, log
    source = {
        "event_source_arn": f"${{aws_sqs_queue.{title}Queue.arn}}",
        "function_name": f"${{aws_lambda_function.{title}.arn}}",
        "batch_size": 1,
        "function_response_types": ["ReportBatchItemFailures"],
    }
    yield "aws_lambda_event_source_mapping", title, source


def _environment(function: Function) -> dict[str, str]:
    own = {name: f"${{var.{function.parameter(name)}}}" for name in function.secrets}
    return {**function.environment, "NORIA_STORE_REGION": REGION, **own}


def _queues(function: Function) -> Made:
    dead = f"{function.title}DeadLetterQueue"
    redrive = {"deadLetterTargetArn": f"${{aws_sqs_queue.{dead}.arn}}", "maxReceiveCount": function.receives}
    queue = {
        "name": f"{NAME}-{function.service}",
        "visibility_timeout_seconds": function.visibility,
        "message_retention_seconds": KEPT,
        "redrive_policy": json.dumps(redrive),
    }
    yield "aws_sqs_queue", f"{function.title}Queue", queue
    yield "aws_sqs_queue", dead, {"name": f"{NAME}-{function.service}-dead", "message_retention_seconds": KEPT}
