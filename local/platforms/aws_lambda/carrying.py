"""Carrying it out: SAM builds the images, pushes them and changes the stack; where it is not, a person is told how."""

import os
import shutil
import subprocess
from pathlib import Path
from shlex import quote

from functions.runtime.errors import Rejected, TryAgain
from local.platforms.aws_lambda.stack import Stack
from local.platforms.target import Say

BUILD, DEPLOY = ("sam", "build"), ("sam", "deploy")


def steps(stack: Stack) -> tuple[str, ...]:
    """Say what is done, and what is left to a person."""
    done: tuple[str, ...] = _done(stack)
    if stack.parameters:
        done = tuple(f"left to you, since secrets have to be typed in: {each}" for each in done)
    return (*done, *left_over(stack))


def carry_out(stack: Stack, folder: Path, say: Say) -> None:
    """Have SAM do it, in ``folder``.

    Raises:
        Rejected: A person has to type secrets in.
        TryAgain: It is not there, or fails.
    """
    hint = f"cd {quote(str(folder))} && {by_hand(stack)}"
    if stack.parameters:
        raise Rejected(f"nothing is deployed yet: secrets have to be typed in; all files are in {folder}", hint=hint)
    if not shutil.which("sam"):
        raise TryAgain(f"nothing is deployed yet: SAM is not installed; all files are in {folder}", hint=hint)
    environ = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}  # with them Lambda refuses an image
    for command, sentence in zip((BUILD, DEPLOY), _done(stack), strict=True):
        say(sentence)
        code = subprocess.run(command, cwd=folder, env=environ, check=False).returncode
        if code:
            raise TryAgain(f"{' '.join(command)} ended with {code}", hint=f"see above; it goes on in {folder}")
    for each in left_over(stack):
        say(each)


def by_hand(stack: Stack) -> str:
    """Give the one command that deploys it."""
    return " && ".join(" ".join(each) for each in (BUILD, DEPLOY)) + (" --guided" if stack.parameters else "")


def left_over(stack: Stack) -> tuple[str, ...]:
    """Say what nobody but the owner of a bucket may do: its configuration is replaced as a whole."""
    return tuple(
        f"left to you: let {bucket.name}, which is there already, tell the queues: "
        f"notifications/{bucket.name}.json has what to add to its notifications (Terraform replaces them)"
        for bucket in stack.buckets
        if bucket.exists and bucket.notifications
    )


def _done(stack: Stack) -> tuple[str, str]:
    guided = " --guided" if stack.parameters else ""
    images = ", ".join(dict.fromkeys(function.image for function in stack.functions))
    functions = ", ".join(
        f"{function.service} ({function.memory} MB, {function.timeout} s)" for function in stack.functions
    )
    made = [bucket.name for bucket in stack.buckets if not bucket.exists]
    return (
        f"{' '.join(BUILD)}: put the pipelines' files on top of {images}",
        f"{' '.join(DEPLOY)}{guided}: make or change the stack {stack.name} in {stack.region}: "
        f"the functions {functions}, a queue and a dead-letter queue each"
        + (f", the buckets {', '.join(made)}" if made else ""),
    )
