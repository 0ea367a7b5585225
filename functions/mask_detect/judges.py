"""Who says which face wears a mask: the network for faces that blur-faces found, or one model that finds and tells."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from functions.mask_detect import classifier
from functions.mask_detect.masks import MaskedFace, MaskModel
from functions.mask_detect.settings import MaskDetect
from functions.runtime import Rejected
from functions.vision import detectors
from functions.vision.detectors import FaceFinder, ModelUnavailableError
from functions.vision.faces import Box, FaceSet
from functions.vision.looks import Look
from functions.vision.pictures import Picture


@dataclass(frozen=True)
class TwoStage:
    """Judges the boxes of a ``.faces.json`` in a picture that may be blurred."""

    network: classifier.MaskClassifier
    threshold: float

    @property
    def model(self) -> MaskModel:
        """What is written down about it."""
        return MaskModel(sha256=classifier.SHA256, threshold=self.threshold)

    def faces(self, picture: Picture, sidecar: Path | None) -> tuple[MaskedFace, ...]:
        """Judge all faces of a picture in one batch.

        Raises:
            Rejected: No ``.faces.json`` came with it, or one that is about something else.
        """
        boxes = _boxes(needed(sidecar, "picture"), picture)
        scores = self.network.scores(picture.colours(), boxes)
        return tuple(self.labelled(box, score) for box, score in zip(boxes, scores, strict=True))

    def labelled(self, box: Box, score: float) -> MaskedFace:
        """Give a face its label; ``score`` is how sure it is that there is a mask."""
        if score >= self.threshold:
            return MaskedFace(box=box, label="mask", score=round(score, 4))
        return MaskedFace(box=box, label="no_mask", score=round(1 - score, 4))


@dataclass(frozen=True)
class OneStage:
    """Finds faces and tells their masks at once; only for what is not blurred."""

    finder: FaceFinder

    @property
    def look(self) -> Look:
        """How it looks."""
        return Look(threshold=self.finder.detector.threshold, enlarged=1.0)

    @property
    def model(self) -> MaskModel:
        """What is written down about it."""
        known = self.finder.detector
        return MaskModel(name=known.name, sha256=known.sha256, threshold=known.threshold)

    def faces(self, picture: Picture, _sidecar: Path | None = None) -> tuple[MaskedFace, ...]:
        """Find and judge all faces of a picture."""
        found = self.finder.labelled(picture, self.look)
        return tuple(MaskedFace(box=each.box, label=each.label, score=each.score) for each in found)


Judge = TwoStage | OneStage


def chosen(settings: MaskDetect) -> Judge:
    """Load the model that the settings name.

    Raises:
        ModelUnavailableError: Its file is absent, or it does not tell masks.
    """
    if settings.model_descriptor is None:
        return TwoStage(classifier.load(threads=settings.threads), settings.threshold)
    finder = detectors.load(descriptor=settings.model_descriptor, threads=settings.threads)
    if not finder.detector.tells_masks:
        raise ModelUnavailableError(
            f"the model {finder.detector.name} of {settings.model_descriptor.name} does not tell masks from bare faces",
            hint="its descriptor's classes must have mask and no_mask among them",
        )
    return OneStage(finder)


def needed(sidecar: Path | None, what: str) -> Path:
    """Give the sidecar, which must be there.

    Raises:
        Rejected: There is none.
    """
    if sidecar is None:
        raise Rejected(
            f"the {what} has no .faces.json beside it",
            hint=f"upload the original {what} to blur-faces' input; mask-detect reads what blur-faces writes",
        )
    return sidecar


def _boxes(sidecar: Path, picture: Picture) -> list[Box]:
    try:
        record = FaceSet.model_validate_json(sidecar.read_bytes())
    except ValidationError as error:
        raise Rejected("the .faces.json beside the picture is not one that blur-faces writes") from error
    if (record.width, record.height) != (picture.width, picture.height):
        raise Rejected(
            f"the .faces.json is about a picture of {record.width} x {record.height} pixels, "
            f"this one has {picture.width} x {picture.height}"
        )
    return [face.box for face in record.counted]
