"""Least privilege in AWS's words: what one function's role may do, from ``local.permissions`` and nothing else."""

from collections.abc import Iterable
from typing import Any

from fdl import Service
from functions.runtime.errors import Rejected
from local.permissions import Grants
from local.platforms.policy import VERSION, s3_policy

PARTITION, REGION, ACCOUNT, NAME = "%partition%", "%region%", "%account%", "%name%"
"""What only the place knows where it is deployed to; each writer puts its own words in."""

TAKES = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_MEANT_OTHERWISE = frozenset("*?$%")

Statement = dict[str, Any]


def statements_of(service: Service, granted: Grants) -> tuple[Statement, ...]:
    """Give what the role of ``service`` allows.

    Raises:
        Rejected: A folder's name has a character that a policy takes for a wildcard or a variable.
    """
    _check(service, (*granted.read, *granted.write, *granted.list))
    log = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{log_group(service.name)}:*"
    return (
        *(_lenient(each) for each in s3_policy(granted, partition=PARTITION)["Statement"]),
        {"Sid": "Take", "Effect": "Allow", "Action": list(TAKES), "Resource": [queue_arn(service.name)]},
        {"Sid": "Log", "Effect": "Allow", "Action": list(LOGS), "Resource": [log]},
        {"Sid": "Trace", "Effect": "Allow", "Action": list(TRACES), "Resource": ["*"]},
    )


def _lenient(statement: Statement) -> Statement:
    """Let lists be allowed where no prefix is named.

    A GET of what is not there is 404 only for those who may list, and has no prefix that a condition could be held
    against: with a strict one AWS says 403, and whether something is there is what the ledger asks. The price is that
    a function could have all names of a bucket that it reads or writes in, though not what they hold.
    """
    if "Condition" not in statement:
        return statement
    return {**statement, "Condition": {"StringLikeIfExists": statement["Condition"]["StringLike"]}}


def _check(service: Service, folders: Iterable[str]) -> None:
    """Refuse what policies and templates would read as something else."""
    for folder in folders:
        if found := sorted(_MEANT_OTHERWISE & set(folder)):
            raise Rejected(
                f"{service.name}: the folder {folder} has {' '.join(found)} in its name, which AWS reads otherwise",
                hint="give the folder another name",
            )


def queue_arn(service: str) -> str:
    """The ARN of a service's queue."""
    return f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{NAME}-{service}"


def topic_arn(topic: str) -> str:
    """The ARN of a topic."""
    return f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:{NAME}-{topic}"


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket."""
    return f"arn:{PARTITION}:s3:::{bucket}"


def log_group(service: str) -> str:
    """Where a service's function writes its log."""
    return f"/aws/lambda/{NAME}-{service}"


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """Make a policy of statements."""
    return {"Version": VERSION, "Statement": list(statements)}
