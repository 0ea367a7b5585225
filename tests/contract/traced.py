"""The Lambda host under a trace: with the header that Lambda gives and its emulator does not, or with more patience."""

import os
from collections.abc import Mapping
from typing import Any

from functions.runtime.hosts import aws_lambda

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def handler(event: Mapping[str, Any], context: aws_lambda.Invocation) -> dict[str, Any]:
    """Answer one invocation."""
    os.environ["_X_AMZN_TRACE_ID"] = HEADER
    return aws_lambda.handler(event, context)


def patient(event: Mapping[str, Any], context: aws_lambda.Invocation) -> dict[str, Any]:
    """Answer one invocation, and give a collector beside a busy test all the time that it may take."""
    aws_lambda.LAST = 20.0
    return aws_lambda.handler(event, context)
