"""What a candidate resource is made of: processors, accelerators, its operating system, its disk."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from functions.continuum.model import Count, Flag, Model, Name, NotNegative, Text, Whole

Architecture = Literal["amd64", "arm64"]

_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([MGT])i?B?")
_GIGABYTES = {"M": 0.001, "G": 1.0, "T": 1000.0}


def _a_size(given: float | str) -> float | str:
    if isinstance(given, str) and not _SIZE.fullmatch(given):
        raise ValueError("it must be a number of GB, or one such as 64GB, 512 MB or 1 TB")
    return given


Version = Annotated[
    Annotated[Whole, Field(ge=0)] | NotNegative | Text,
    Field(description="In quotes where it ends with 0: 20.10 is the number 20.1."),
]
Support = Annotated[Flag | Text, Field(description="Whether, or how; upstream's examples have the word string here.")]
StorageSize = Annotated[NotNegative | Text, AfterValidator(_a_size), Field(description="GB, or a text such as 64GB.")]


def gigabytes(size: float | str | None) -> float | None:
    """Give a storage size in GB; none where there is none."""
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    return float(found[1]) * _GIGABYTES[found[2]] if found else None if isinstance(size, str) else size


class Processor(Model):
    """One kind of processor of a node."""

    name: Text = ""
    type: Text = Field(default="", description="Such as SkyLake or Cortex-A72.")
    architecture: Architecture | None = Field(default=None, description="What images must be built for.")
    computing_units: Count = Field(alias="computingUnits", description="Cores.")
    internal_memory: NotNegative | None = Field(default=None, alias="internalMemory", description="MB of cache.")
    sgx_flag: Flag = Field(default=False, alias="SGXFlag", description="Whether it has Intel's SGX.")


class AcceleratorProcessor(Model):
    """One kind of processor of an accelerator; ``type`` is GPU for those that TOSCA counts as GPUs."""

    name: Text = ""
    type: Text = Field(default="", description="GPU, TPU and so on.")
    architecture: Text = Field(default="", description="Vendor and model, such as NVIDIA A100.")
    computing_units: Count = Field(default=1, alias="computingUnits", description="Devices.")
    internal_memory: NotNegative | None = Field(default=None, alias="internalMemory", description="MB.")
    sgx_flag: Flag = Field(default=False, alias="SGXFlag")


class Accelerator(Model):
    """What computes beside the processors."""

    name: Text = ""
    gflops: NotNegative | None = Field(default=None, alias="GFLOPS")
    power_draw: NotNegative | None = Field(default=None, alias="powerDraw", description="W.")
    memory_size: NotNegative | None = Field(default=None, alias="memorySize", description="MB.")
    processors: Mapping[Name, AcceleratorProcessor] = {}


class OperatingSystem(Model):
    """The operating system of a node, as the guide nests it; the examples write the same flat."""

    distribution: Text = Field(default="", alias="Distribution")
    type: Text = Field(default="", alias="Type")
    version: Version | None = Field(default=None, alias="Version")
    image_id: Text | None = Field(default=None, alias="ImageId", description="Of the virtual machine's image.")
