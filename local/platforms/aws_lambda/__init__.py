"""AWS Lambda: a SAM template, the same as Terraform, and what images get on top."""

from pathlib import Path

from local.platforms.aws_lambda import carrying, extras
from local.platforms.aws_lambda.image import context
from local.platforms.aws_lambda.sam import template
from local.platforms.aws_lambda.stack import stack_of
from local.platforms.aws_lambda.terraform import terraform
from local.platforms.target import Platform, Say, Target


class Lambda:
    """Image functions with a queue each; S3 tells the queues."""

    def files(self, target: Target) -> dict[str, str]:
        """Give the files: SAM's, Terraform's, the images' and, for buckets that are there already, notifications."""
        stack = stack_of(target)
        told = [bucket for bucket in stack.buckets if bucket.exists and bucket.notifications]
        return {
            "template.yaml": template(stack),
            "samconfig.toml": extras.samconfig(stack),
            "terraform/main.tf.json": terraform(stack),
            "images.sh": extras.images(stack),
            **context(target),
            **{f"notifications/{bucket.name}.json": extras.notification(bucket, stack) for bucket in told},
        }

    def steps(self, target: Target) -> tuple[str, ...]:
        """Say what SAM does."""
        return carrying.steps(stack_of(target))

    def carry_out(self, target: Target, folder: Path, say: Say) -> None:
        """Have SAM build and deploy what lies in ``folder``.

        Raises:
            TryAgain: It is not there, or fails, or a person has to type secrets in.
        """
        carrying.carry_out(stack_of(target), folder, say)


PLATFORM: Platform = Lambda()
