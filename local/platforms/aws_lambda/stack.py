"""What pipelines need on AWS, before anybody's words for it: functions, queues, buckets, notifications, roles.

The SAM template and the Terraform configuration are both written from this, so they cannot differ in what they say.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fdl import Service, quantities
from fdl.naming import is_secret
from functions.runtime.assembly import configuration_of
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.platforms.aws_lambda.image import environment_of, tag_of
from local.platforms.aws_lambda.notifications import Notification, notifications
from local.platforms.aws_lambda.policies import Statement, statements_of
from local.platforms.target import Target

LONGEST = 900
"""Seconds that Lambda lets a function run (AWS Lambda developer guide, "Lambda quotas")."""
AROUND = 30
"""Seconds beside the handler's own: fetching, uploading, the second before the end in which the state is written."""
LEAST_MEMORY, LARGEST_MEMORY, MB_A_CPU = 128, 10240, 1769
"""MB; Lambda gives one processor at the last ("Configure Lambda function memory")."""
LEAST_DISK, LARGEST_DISK = 512, 10240
"""MB of /tmp ("Configure ephemeral storage for Lambda functions")."""
VISIBILITY = 6
"""Times the function's timeout that a queue hides what it has handed out ("Using Lambda with Amazon SQS")."""
WEEK, KEPT, MOST_RECEIVES = 7 * 86400, 14 * 86400, 1000
"""A message that keeps coming back is given up after a week: a dead letter's age counts from its first day, and SQS
keeps nothing for more than two weeks. It counts to 1,000."""
LOG_DAYS = 30
RESERVED = {"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_ACCESS_KEY"}
RESERVED |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
LONGEST_NAME = 64
"""Characters of a function's name, the stack's with it."""


@dataclass(frozen=True)
class Function:
    """One service as an image function with its queue; sizes in MB, times in seconds; ``tag`` is the built image's."""

    service: str
    image: str
    memory: int
    disk: int
    timeout: int
    environment: dict[str, str]
    secrets: tuple[str, ...]
    statements: tuple[Statement, ...]
    tag: str

    @property
    def title(self) -> str:
        """The name of its resources: letters and digits only, as templates want it."""
        return titled(self.service)

    @property
    def visibility(self) -> int:
        """Seconds until the queue shows again what an invocation did not finish."""
        return VISIBILITY * self.timeout

    @property
    def receives(self) -> int:
        """How often a message comes before it is put into the dead-letter queue."""
        return min(MOST_RECEIVES, WEEK // self.visibility)

    def parameter(self, secret: str) -> str:
        """Name what a secret of it comes in."""
        return self.title + titled(secret.lower())


@dataclass(frozen=True)
class Bucket:
    """A bucket, and whom it tells; ``exists`` when it is somebody's already and is not to be made."""

    name: str
    exists: bool
    notifications: tuple[Notification, ...]

    @property
    def title(self) -> str:
        """The name of its resources."""
        return titled(self.name)


@dataclass(frozen=True)
class Stack:
    """All of it."""

    name: str
    region: str
    functions: tuple[Function, ...]
    buckets: tuple[Bucket, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """What somebody has to say who deploys it: secrets."""
        return tuple(each.parameter(secret) for each in self.functions for secret in each.secrets)

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """Whom all buckets tell."""
        return tuple(each for bucket in self.buckets for each in bucket.notifications)

    @property
    def topics(self) -> tuple[Notification, ...]:
        """What more than one function is told of."""
        return tuple(each for each in self.notifications if each.is_shared)


def stack_of(target: Target) -> Stack:
    """Work out what the pipelines need.

    Raises:
        Rejected: Lambda cannot run one of the services, or S3 cannot announce what it watches.
    """
    if target.store_url:
        hint = "leave the store's URL out, or deploy to OSCAR or Knative beside it"
        raise Rejected(f"AWS Lambda hears of objects in S3 alone, not of those in {target.store_url}", hint=hint)
    if not STACK.fullmatch(target.namespace):
        hint = "letters, digits and hyphens, a letter first: --namespace noria"
        raise Rejected(f"{target.namespace!r} is not a name that a stack can have", hint=hint)
    if not REGION.fullmatch(target.store_region):
        raise Rejected(f"{target.store_region!r} is not a region of AWS", hint="as in --region eu-west-1")
    if strange := sorted(target.existing - set(target.buckets)):
        known = nearest(strange[0], target.buckets)
        raise Rejected(f"no service reads or writes a bucket {strange[0]}{known}")
    _check_titles([service.name for service in target.services])
    _check_titles(target.buckets)
    told = notifications(target.services)
    return Stack(
        target.namespace,
        target.store_region,
        tuple(_function(service, target) for service in target.services),
        tuple(
            Bucket(name, name in target.existing, tuple(each for each in told if each.bucket == name))
            for name in target.buckets
        ),
    )


def titled(name: str) -> str:
    """Give a name of letters and digits: ``blur-faces`` is ``BlurFaces``."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words)


def _function(service: Service, target: Target) -> Function:
    if len(f"{target.namespace}-{service.name}") > LONGEST_NAME:
        sentence = f"{target.namespace}-{service.name} is longer than the {LONGEST_NAME} characters that a function of"
        raise Rejected(f"{sentence} Lambda may have", hint="give a shorter --namespace")
    secrets = [*service.secrets, *(name for name in service.environment if is_secret(name))]
    return Function(
        service=service.name,
        image=target.image(service),
        memory=_memory(service),
        disk=_disk(service),
        timeout=_timeout(service),
        environment=environment_of(service, target),
        secrets=_checked(service, secrets),
        statements=statements_of(service, target.grants(service)),
        tag=tag_of(service, target),
    )


def _checked(service: Service, secrets: Iterable[str]) -> tuple[str, ...]:
    """Give the names of secrets, each once; Lambda refuses some ("Defined runtime environment variables")."""
    found = tuple(dict.fromkeys(secrets))
    for name in found:
        if name in RESERVED or name.startswith(("AWS_LAMBDA_", "LAMBDA_")):
            hint = "leave it out: a function's role opens what it needs"
            raise Rejected(f"{service.name}: {name} is a variable that AWS Lambda sets itself", hint=hint)
        if not VARIABLE.fullmatch(name):
            raise Rejected(f"{service.name}: {name!r} is not a name that a variable of AWS Lambda can have")
    return found


def _memory(service: Service) -> int:
    """MB that hold what the FDL gives it, and with which come the processors that it gives it."""
    own = math.ceil(service.memory / 2**20)
    by_cpu = math.ceil(service.cpu * MB_A_CPU) if service.platform == "oscar" else 0  # SCAR's follow from its memory
    needed = max(own, by_cpu, LEAST_MEMORY)
    if needed > LARGEST_MEMORY:
        raise Rejected(
            f"{service.name} wants {service.cpu:g} processors and {own} MiB, AWS Lambda gives {LARGEST_MEMORY} MB and "
            f"{LARGEST_MEMORY / MB_A_CPU:.1f} processors with them",
            hint="give it less cpu and memory in its FDL, or deploy it to OSCAR or Knative",
        )
    return needed


def _disk(service: Service) -> int:
    asked = service.oscar.ephemeral_storage_request if service.oscar else None
    needed = math.ceil(quantities.memory(asked) / 2**20) if asked else LEAST_DISK
    if needed > LARGEST_DISK:
        raise Rejected(f"{service.name} wants {needed} MiB of disk, AWS Lambda gives {LARGEST_DISK} MB")
    return max(needed, LEAST_DISK)


def _timeout(service: Service) -> int:
    """Seconds: SCAR's FDL says how long Lambda may take, OSCAR's how long the handler may."""
    if service.aws:
        if service.aws.function.timeout > LONGEST:
            sentence = f"{service.name} may take {service.aws.function.timeout} s (timeout)"
            raise Rejected(f"{sentence}, AWS Lambda ends a function after {LONGEST}", hint=f"{LONGEST} s or less")
        return service.aws.function.timeout
    limit = configuration_of(service, {}).time_limit
    if limit > LONGEST - AROUND:
        raise Rejected(
            f"{service.name} may take {limit:g} s (NORIA_TIME_LIMIT), AWS Lambda ends a function after {LONGEST}",
            hint=f"a time limit of {LONGEST - AROUND} s or less, or deploy it to OSCAR or Knative",
        )
    return math.ceil(limit) + AROUND


def _check_titles(names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        title = titled(name)
        if title in seen:
            raise Rejected(f"{seen[title]} and {name} have one name in a template: {title}", hint="rename one of them")
        seen[title] = name
