"""Faces in a picture: boxes in pixels, and the record of what was found and blurred (``<name>.faces.json``)."""

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

BlurKind = Literal["box", "gaussian", "mosaic", "solid"]
STRENGTHS: Mapping[BlurKind, float] = {"box": 0.5, "gaussian": 0.5, "mosaic": 0.2, "solid": 1.0}
"""Shares of a face's longer side; see ``functions.vision.blurs`` for what they are of."""

PART = 0.8
"""Share of a box that lies in another from which on it is a part of that."""


class Record(BaseModel):
    """Base of what is written beside a picture: frozen, and nothing in it that no field has."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(Record):
    """A rectangle in pixels from the picture's upper left corner; right and bottom are just outside of it."""

    left: float
    top: float
    right: float
    bottom: float

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError("a box has its left before its right and its top before its bottom")
        return self

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    def grown(self, share: float, *, width: int, height: int) -> "Box":
        """Grow by ``share`` of its size on every side, out to whole pixels, within a picture of ``width x height``."""
        across, down = share * self.width, share * self.height
        left = min(max(0, int(np.floor(self.left - across))), width - 1)
        top = min(max(0, int(np.floor(self.top - down))), height - 1)
        right = max(min(width, int(np.ceil(self.right + across))), left + 1)
        bottom = max(min(height, int(np.ceil(self.bottom + down))), top + 1)
        return Box(left=left, top=top, right=right, bottom=bottom)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of a box of whole pixels."""
        return slice(int(self.top), int(self.bottom)), slice(int(self.left), int(self.right))


class Found(Record):
    """One face as a detector gives it."""

    box: Box
    score: float = Field(ge=0, le=1)


class Face(Found):
    """One face and how it was blurred."""

    blurred: Box = Field(description="The grown box, whole pixels; only pixels in such boxes were changed.")
    kernel: int = Field(ge=1, description="Side of the box blur or of a mosaic's block in pixels.")


class FaceModel(Record):
    """Which model looked, and how."""

    name: str
    sha256: str
    threshold: float = Field(description="Faces with a lower score were left out.")
    detail: float = Field(description="Megapixels of the finest view that the model was shown, at most.")
    overlap: float = Field(default=0.2, description="Share of a tile of a view that the next one repeats.")
    step: float = Field(default=2.0, description="How many times smaller each view was than the one before.")
    believed: float = Field(
        default=0.0,
        description="Score from which this model is believed; fainter faces were blurred, but do not count.",
    )


class Blur(Record):
    """How faces are blurred: over ``max(least, strength x longer side of the face)`` pixels, by its kind.

    ``box`` and ``gaussian`` (of the same spread) are thinned out to one sample every ``grid`` kernels; ``mosaic`` has
    blocks of that side; ``solid`` leaves one grey.
    """

    kind: BlurKind = "box"
    strength: float = Field(description="Share of the face's longer side.")
    least: int = Field(description="Pixels.")
    growth: float = Field(description="Share of the face's size added on every side.")
    grid: float = Field(default=0.33, description="Share of the kernel between two samples that are kept.")

    @classmethod
    def of(cls, kind: BlurKind, *, growth: float = 0.1, strength: float | None = None) -> Self:
        """Give the blur of a kind, as strong as it must be that a face net names nobody (or as told)."""
        return cls(kind=kind, strength=strength or STRENGTHS[kind], least=15, growth=growth)


class FaceSet(Record):
    """Everything that is known about the faces of one picture; sizes and boxes in pixels of the upright picture."""

    format: Literal["noria.faces/1"] = "noria.faces/1"
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    model: FaceModel
    blur: Blur
    faces: tuple[Face, ...]

    @property
    def counted(self) -> tuple[Face, ...]:
        """Those that are surely faces: a careful look blurs much that only might be one."""
        return tuple(face for face in self.faces if face.score >= self.model.believed)


def suppressed(boxes: NDArray[np.float32], scores: NDArray[np.float32], *, overlap: float = 0.3) -> list[int]:
    """Give the indices to keep, best first, so that no two boxes overlap by more than ``overlap`` (IoU).

    Nor is a box kept that lies in a larger and surer one: a cheek that an edge between tiles has cut off.

    Args:
        boxes: (N, 4) left, top, right, bottom.
        scores: (N,).
        overlap: Intersection over union from which on the lower score goes.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        keep.append(int(best))
        corner = np.maximum(boxes[best, :2], boxes[rest, :2])
        other = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.clip(other - corner, 0, None), axis=1)
        is_apart = shared <= overlap * (areas[best] + areas[rest] - shared)
        is_part = (shared > PART * areas[rest]) & (areas[best] > areas[rest])
        order = rest[is_apart & ~is_part]
    return keep
