"""What blur-faces did to a picture whose faces are known: what is covered, what was changed, what is still found."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from functions.blur_faces.handler import blur_faces
from functions.runtime.invoke import invoke
from functions.vision.faces import Box, FaceSet, Found
from functions.vision.pictures import Colours, read_picture
from tests.quality.stills import Scene

COVERED = 0.95
"""Share of a face, the ellipse in its box, that has to be in blurred boxes: the rest is some hair or an ear's edge."""
_STEPS = 48


@dataclass(frozen=True)
class Blurred:
    """A scene, what blur-faces made of it, and what it wrote about it."""

    scene: Scene
    colours: Colours
    record: FaceSet

    @property
    def areas(self) -> list[Box]:
        """The boxes in which pixels were changed."""
        return [face.blurred for face in self.record.faces]

    @property
    def shares(self) -> list[float]:
        """Of each true face, the share that is covered."""
        height, width = self.colours.shape[:2]
        return [covered_share(face, self.areas, width=width, height=height) for face in self.scene.faces]

    @property
    def changed_outside(self) -> int:
        """Pixels outside of all blurred boxes that are not what they were."""
        differs = (self.colours != self.scene.colours).any(axis=2)
        for area in self.areas:
            differs[area.slices] = False
        return int(differs.sum())


def blur(scene: Scene, environ: Mapping[str, str] | None = None) -> Blurred:
    """Run blur-faces on a scene, as a person does with ``noria invoke``."""
    with tempfile.TemporaryDirectory(prefix="noria-quality-") as folder:
        return blur_into(Path(folder), scene, environ)


def blur_into(folder: Path, scene: Scene, environ: Mapping[str, str] | None = None) -> Blurred:
    """Run it likewise, and leave ``<scene>.png.blurred.png`` and ``<scene>.png.faces.json`` in the folder ``out``."""
    source = folder / f"{scene.name}.png"
    cv2.imwrite(str(source), scene.colours)
    invoke(blur_faces, source, folder / "out", environ=environ or {})
    record = FaceSet.model_validate_json((folder / "out" / f"{source.name}.faces.json").read_bytes())
    return Blurred(scene, read_picture(folder / "out" / f"{source.name}.blurred.png").colours(), record)


def covered_share(face: Box, areas: Sequence[Box], *, width: int, height: int) -> float:
    """Give the share of a face's ellipse, as far as it is in the picture, that lies in ``areas``; 1 if none of it is.

    Args:
        face: Its box in pixels, which may reach beyond the picture.
        areas: Boxes in pixels.
        width: Of the picture; ``height`` likewise.
    """
    steps = (np.arange(_STEPS) + 0.5) / _STEPS
    across, down = np.meshgrid(steps, steps)
    is_face = (across - 0.5) ** 2 + (down - 0.5) ** 2 <= 0.25
    x, y = face.left + across * face.width, face.top + down * face.height
    is_seen = is_face & (x >= 0) & (y >= 0) & (x < width) & (y < height)
    is_covered = np.zeros_like(is_seen)
    for area in areas:
        is_covered |= (x >= area.left) & (x < area.right) & (y >= area.top) & (y < area.bottom)
    return float(is_covered[is_seen].mean()) if is_seen.any() else 1.0


def overlap(first: Box, second: Box) -> float:
    """Give intersection over union of two boxes."""
    across = min(first.right, second.right) - max(first.left, second.left)
    down = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (first.width * first.height + second.width * second.height - shared)


def still_found(faces: Sequence[Box], found: Sequence[Found], *, threshold: float) -> int:
    """Count the true faces at whose place a detector still finds one: a box that overlaps the face by 0.3 (IoU)."""
    likely = [each.box for each in found if each.score >= threshold]
    return sum(any(overlap(face, box) >= 0.3 for box in likely) for face in faces)
