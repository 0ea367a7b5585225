"""One thing that is wrong, or may be, with pipelines that can be read."""

from dataclasses import dataclass
from typing import Literal

from fdl.model import Pipeline, Service


@dataclass(frozen=True)
class Problem:
    """An error keeps a pipeline from working; a warning is for a person to think about."""

    level: Literal["error", "warning"]
    where: str
    sentence: str
    hint: str


def where(pipeline: Pipeline, service: Service) -> str:
    """File, line and service."""
    return f"{pipeline.source}:{service.line} {service.name}"
