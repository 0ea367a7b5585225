"""What is to run where: each component with its container and the resource that was chosen for it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from fdl.checks import bucket_rule
from fdl.oscar import Expose
from functions.continuum.deployments import Container
from functions.continuum.resources import CandidateResources, CloudFunction, FunctionLayer, NodeLayer, Resource
from functions.provisioning.quantities import whole, written
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?")
_COMPONENT = re.compile(r"[A-Za-z0-9_-]+")
_SERVICE_RULE = "OSCAR takes 1 to 39 of a-z, 0-9 and -, neither beginning nor ending with -"

LAMBDA_MEMORY = (128, 10_240)
"""MB that a function of AWS Lambda can have (AWS Lambda quotas)."""


@dataclass(frozen=True)
class Choice:
    """A component, the container it runs in, and the resource it runs on, by its name in the resources' file.

    Attributes:
        images: What the container runs where it does not say itself.
    """

    component: str
    resource: str
    container: Container
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A choice with all that platforms want to know of it.

    Attributes:
        name: The component's name as OSCAR takes it; ``bucket`` as S3 does.
        place: The resource as the files name it, ``computationalLayer2/resource1``.
        memory: MB of one instance.
        exposed: Settings of a service that is reached over HTTP too.
    """

    component: str
    name: str
    bucket: str
    image: str
    memory: float
    cpu: float
    place: str
    layer: NodeLayer | FunctionLayer
    resource: Resource
    gpu: bool = False
    sgx: bool = False
    exposed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known_as(self) -> str:
        """What the names and passwords of the resource's cluster are kept under, from one deployment to the next.

        It is not ``place``: a production deployment numbers its resources anew, so that another one's VM2 may be where
        this one's VM1 is, and would get the name of a cluster that runs.
        """
        return f"{self.place.partition('/')[0]}/{self.resource.name}"


def tasks(choices: Iterable[Choice], resources: CandidateResources, *, application: str) -> dict[str, Task]:
    """Give each component's task, in the choices' order.

    Raises:
        Rejected: A component has no image, no name that platforms take, or another one has the same.
    """
    found: dict[str, Task] = {}
    taken: dict[str, str] = {}
    for choice in choices:
        task = _task(choice, resources, application)
        if task.name in taken:
            raise Rejected(
                f"{task.component} and {taken[task.name]} are both {task.name} to OSCAR", hint="give one another name"
            )
        taken[task.name] = task.component
        found[task.component] = task
    return found


def slug(name: str) -> str:
    """The name as platforms take it, for most: small letters, and - for _ and blanks."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def place_of(layer: str, resource: str, resources: CandidateResources) -> str:
    """Layer and resource as the file names them, of a layer's key and a resource's name."""
    key = next(key for key, each in resources.layers[layer].resources.items() if each.name == resource)
    return f"{layer}/{key}"


def _task(choice: Choice, resources: CandidateResources, application: str) -> Task:
    layer = resources.layer_of[choice.resource]
    resource = resources.resources[choice.resource]
    container = choice.container
    name = slug(choice.component)
    # The component's own name is part of files' names and of the program that its image runs.
    if not _SERVICE.fullmatch(name) or not _COMPONENT.fullmatch(choice.component):
        raise Rejected(f"{choice.component!r} cannot be a service: {_SERVICE_RULE}", hint="give it another name")
    return Task(
        component=choice.component,
        name=name,
        bucket=_bucket(name, application),
        image=_image(choice, resource),
        memory=_memory(choice, resource),
        cpu=container.computing_units,
        place=place_of(layer, choice.resource, resources),
        layer=resources.layers[layer],
        resource=resource,
        gpu=container.gpu_requirement,
        sgx=container.trusted_execution,
        exposed=_exposed(choice),
    )


def _bucket(name: str, application: str) -> str:
    """The component's bucket; one that is too short for S3 has the application's name before it."""
    for bucket in (name, f"{slug(application)}-{name}"):
        if not bucket_rule(bucket):
            return bucket
    raise Rejected(f"{name} cannot be a bucket: S3 takes {bucket_rule(name)}", hint="give the component another name")


def _memory(choice: Choice, resource: Resource) -> float:
    memory = choice.container.memory_size
    smallest, largest = LAMBDA_MEMORY
    if isinstance(resource, CloudFunction) and not smallest <= memory <= largest:
        sentence = f"{choice.component} wants {written(memory)} MB on {resource.name}"
        raise Rejected(sentence, hint=f"AWS Lambda gives {smallest} to {largest} MB")
    return memory


def _exposed(choice: Choice) -> dict[str, Any]:
    given = choice.container.expose_service or {}
    for name in given:
        if name not in Expose.model_fields:
            sentence = f"{choice.component}: {name} is no setting of ExposeService{nearest(name, Expose.model_fields)}"
            raise Rejected(sentence, hint=f"OSCAR has {', '.join(Expose.model_fields)}")
    exposed = {
        name: whole(value) if type(value) is float else value for name, value in given.items() if value is not None
    }
    try:
        # FDL's models are made for text, as it stands in a file.
        Expose.model_validate({name: str(value) for name, value in exposed.items()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        sentence = f"{choice.component}: {first['loc'][0]} of ExposeService is {str(first['input'])[:60]!r}"
        raise Rejected(sentence, hint=first["msg"]) from None
    return exposed


def _image(choice: Choice, resource: Resource) -> str:
    """The container's image; of several that for the resource's architecture, and on AWS Lambda one of Amazon's."""
    images = choice.container.images or choice.images
    if not images:
        raise Rejected(f"{choice.component} has no image for {choice.resource}", hint="build one, and name it as image")
    narrowed = [each for each in images if _fits(each, resource.architecture)] or images
    if isinstance(resource, CloudFunction):
        narrowed = [each for each in narrowed if ".amazonaws.com/" in each] or narrowed
    return narrowed[0]


def _fits(image: str, architecture: str | None) -> bool:
    """Whether the image's name ends with the architecture, as ``filter_base_arm64:latest`` does, or its tag."""
    return bool(architecture) and any(part.endswith(f"_{architecture}") for part in image.rsplit(":", 1))
