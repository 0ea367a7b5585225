"""Looks: how hard a face model looks at a picture, from a glance to every pixel twice; named profiles of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

ProfileName = Literal["fast", "standard", "private"]


@dataclass(frozen=True)
class Look:
    """How a picture is looked at.

    Attributes:
        threshold: Least score of a face.
        detail: Megapixels of the finest view that the model is shown, at most.
        overlap: Share of a tile's side that two neighbouring tiles have in common, at least.
        step: How many times smaller each view is than the one before; 2 shows every face at two sizes of a tile.
        enlarged: How many times larger a small picture is drawn, at most; detail is not exceeded.
        drawn: Pixels of the longer side to which that is done.
        believed: Score from which a face counts where faces are counted; fainter ones are found to be on the safe side.
        least: Pixels of a view; smaller faces are left to the next finer view, where they are placed better.
    """

    threshold: float
    detail: float = 3.0
    overlap: float = 0.2
    step: float = 2.0
    enlarged: float = 2.0
    drawn: int = 960
    least: int = 64
    believed: float = 0.0


def chosen(profile: ProfileName, usual: float, **explicit: float | None) -> Look:
    """Give the look of a profile for a model whose usual threshold is ``usual``; what is explicit (not None) wins."""
    share, look = PROFILES[profile]
    given: dict[str, Any] = {name: value for name, value in explicit.items() if value is not None}
    threshold = given.setdefault("threshold", round(share * usual, 4))
    believed = threshold if explicit.get("threshold") else max(threshold, usual)
    return replace(look, **given, believed=believed)


PROFILES: Mapping[ProfileName, tuple[float, Look]] = {
    "fast": (1.4, Look(threshold=1, detail=0.5, overlap=0.1, step=4.0, enlarged=1.0)),
    "standard": (1.0, Look(threshold=1, detail=3.0, overlap=0.2, step=2.0, enlarged=2.0)),
    "private": (0.25, Look(threshold=1, detail=12.0, overlap=0.2, step=1.5, enlarged=2.0, drawn=8000, least=0)),
}
"""How many times a model's usual threshold counts, and the look that gets it."""
