"""The small files beside template and configuration."""

import json
from shlex import quote
from typing import Any

from local.platforms.aws_lambda.image import CONTEXT
from local.platforms.aws_lambda.placeholders import replaced
from local.platforms.aws_lambda.policies import ACCOUNT, NAME, PARTITION, REGION
from local.platforms.aws_lambda.sam_buckets import configuration
from local.platforms.aws_lambda.stack import Bucket, Stack

_SAMCONFIG = """\
# What sam deploy is told. Written by noria deploy --to lambda.
version = 0.1

[default.deploy.parameters]
stack_name = "{name}"
region = "{region}"
capabilities = "CAPABILITY_IAM"
resolve_image_repos = true
confirm_changeset = false
fail_on_empty_changeset = false
"""
_IMAGES = """\
#!/bin/sh
# Build and push the images for Terraform: sh images.sh ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY
# Written by noria deploy --to lambda.
set -eu
export BUILDX_NO_DEFAULT_ATTESTATIONS=1 # Lambda refuses the index that Docker would push with them
repository=${{1:?the repository to push to}}
cd "$(dirname "$0")"
{lines}
"""
_LINES = """\
${{DOCKER:-docker}} build --platform linux/amd64 --build-arg IMAGE={image} --tag "$repository:{tag}" {context}
${{DOCKER:-docker}} push "$repository:{tag}"
"""


def samconfig(stack: Stack) -> str:
    """Write ``samconfig.toml``."""
    return _SAMCONFIG.format(name=stack.name, region=stack.region)


def images(stack: Stack) -> str:
    """Write ``images.sh``."""
    lines = [_LINES.format(image=quote(each.image), tag=each.tag, context=CONTEXT) for each in stack.functions]
    return _IMAGES.format(lines="".join(lines).rstrip())


def notification(bucket: Bucket, stack: Stack) -> str:
    """Write what a bucket that is there already has to be told, in the words of S3's own interface."""
    words = {PARTITION: _partition(stack.region), REGION: stack.region, ACCOUNT: "ACCOUNT", NAME: stack.name}
    told = {kind: [_in_s3s_words(entry) for entry in entries] for kind, entries in configuration(bucket).items()}
    return json.dumps(replaced(told, words), indent=2) + "\n"


def _partition(region: str) -> str:
    """Name the part of AWS that a region is in (AWS general reference, "ARN format")."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _in_s3s_words(entry: dict[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's entry into that of PutBucketNotificationConfiguration (S3 API reference)."""
    kind = "Queue" if "Queue" in entry else "Topic"
    found: dict[str, Any] = {f"{kind}Arn": entry[kind], "Events": [entry["Event"]]}
    if rules := entry.get("Filter", {}).get("S3Key", {}).get("Rules"):
        found["Filter"] = {"Key": {"FilterRules": rules}}
    return found
