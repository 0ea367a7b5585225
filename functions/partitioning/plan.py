"""What was written: the parts of a network in their order, and when each may answer before the last one."""

from typing import Annotated

from pydantic import Field, StringConstraints

from functions.continuum.model import Count, Model, Name
from functions.partitioning.request import Condition

FileName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9_]{1,60}\.onnx$")]
Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^sha256:[0-9a-f]{64}$")]

TensorName = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1 << 16)]
"""Of the network's, which may have anything in them."""


class PlannedExit(Model):
    """An exit at the end of a part."""

    name: Name
    results: tuple[TensorName, ...] = Field(description="What it answers with.")
    condition: Condition


class Part(Model):
    """One part: a model of its own, in a file with a name of ours."""

    file: FileName
    sha256: Digest
    bytes: Count
    inputs: tuple[TensorName, ...] = Field(description="What it takes, of what the parts before it gave.")
    outputs: tuple[TensorName, ...]
    exit: PlannedExit | None = None


class Partition(Model):
    """One way to run the network in parts."""

    name: Name
    handed: tuple[tuple[TensorName, ...], ...] = Field(description="What each part but the last hands on.")
    parts: tuple[Part, ...]
