"""Files that say what is to be done and where things run: ``steps.json``, and what of ``result.json`` it takes."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.continuum.reading import LARGEST_JSON
from functions.datasets.files import opened
from functions.redeployment.steps import Step, Steps
from functions.runtime.errors import Rejected


class PlacedParts(BaseModel):
    """Where everything runs: component -> part -> resource, and resource -> nodes."""

    model_config = ConfigDict(frozen=True)

    resources: dict[str, dict[str, str]] = {}
    nodes: dict[str, int] = {}

    @property
    def parts(self) -> dict[str, str]:
        """Give the resource of each part."""
        return {part: resource for parts in self.resources.values() for part, resource in parts.items()}


class _Result(BaseModel):
    """What of ``result.json`` is needed here; it has much more."""

    model_config = ConfigDict(frozen=True)

    placement: PlacedParts | None = None
    running: PlacedParts | None = None


def read_steps(path: Path) -> tuple[Step, ...]:
    """Read ``steps.json``.

    Raises:
        Rejected: It is none.
    """
    if not path.is_file():
        raise Rejected(f"there is no {path}", hint="noria optimize DIR --output FOLDER writes one")
    with opened(path, LARGEST_JSON) as file:
        text = file.read()
    try:
        steps = Steps.model_validate_json(text).steps
    except (ValidationError, ValueError) as error:
        raise Rejected(f"{path}: {_first(error)}", hint="give the steps.json that noria optimize has written") from None
    for number, step in enumerate(steps, 1):
        if step.number != number:
            said = f"{path}: steps.{number - 1}.number is {step.number}, not {number}"
            raise Rejected(said, hint="steps are numbered in their order")
    return steps


def read_placement(path: Path) -> PlacedParts:
    """Read where everything runs from ``result.json``; nothing is known where there is none.

    Raises:
        Rejected: It is no result.
    """
    if not path.is_file():
        return PlacedParts()
    with opened(path, LARGEST_JSON) as file:
        text = file.read()
    try:
        found = _Result.model_validate_json(text)
    except (ValidationError, ValueError) as error:
        raise Rejected(f"{path}: {_first(error)}", hint="give a folder that noria optimize has written") from None
    return found.placement or found.running or PlacedParts()


def _first(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return "it is no JSON"
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]
