"""``optimize.yaml``: what a person asks of the optimiser, beside the files that describe the problem."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from functions.continuum.model import Count, Flag, Model, Name, Number, Positive, Text, Whole
from functions.continuum.reading import read
from functions.optimize.settings import Optimize
from functions.runtime.errors import Rejected

FILE_NAMES = ("optimize.yaml", "optimize.yml")

Parameter = Number | Text


class Request(Model):
    """The whole file; every field may be left out."""

    load: Annotated[Positive, Field(le=1e9)] | None = Field(default=None, description="Requests a second that arrive.")
    deployment: Name | None = Field(default=None, description="Name by which events speak of what comes of this.")
    method: Name | None = Field(
        default=None, description="exact, or one of SPACE4AI-D's by any of its names; of jobs, one of the scheduler's."
    )
    seconds: Annotated[Positive, Field(le=86400)] | None = Field(default=None, description="Of looking for an answer.")
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = Field(default=0, description="Of methods that try at random.")
    iterations: Count | None = Field(default=None, description="Of methods that go on and on.")
    parameters: Annotated[dict[Name, Parameter], Field(max_length=20)] = Field(
        default={}, description="What is special to the method: tabuSize, temperature..."
    )
    inputs: Annotated[dict[Name, Parameter], Field(max_length=100)] = Field(
        default={}, description="What learnt models ask besides load, nodes and cores: data_size: 4."
    )
    front: Flag = Field(default=True, description="Whether to look for the front of cost against response time.")
    alternatives: Flag = Field(default=True, description="Whether to place the degraded deployments too.")
    elastic: Annotated[Whole, Field(ge=0, le=10_000)] = Field(
        default=0, description="Worker nodes that a cluster may grow by, for TOSCA."
    )


def request_in(folder: Path) -> Request:
    """Read the request of a set; where there is none, nothing special is asked.

    Raises:
        Rejected: It is wrong; the sentence names the line and the nearest right name.
    """
    places = (folder / place / name for place in (".", "common_config") for name in FILE_NAMES)
    found = next((path for path in places if path.is_file()), None)
    return read(found, Request) if found else Request()


def seconds_of(request: Request, settings: Optimize) -> float:
    """Give the seconds to look for an answer.

    Raises:
        Rejected: More are asked for than one may have.
    """
    asked = request.seconds or settings.seconds
    if asked > settings.most_seconds:
        said = f"seconds is {asked:g}, more than the {settings.most_seconds:g} that may be asked for"
        raise Rejected(said, hint="ask for fewer, or raise OPTIMIZE_MOST_SECONDS")
    return asked
