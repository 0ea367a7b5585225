"""What is known about the masks in one picture (``<name>.masks.json``)."""

from typing import Literal

from pydantic import Field

from functions.vision.faces import Box, Record

Label = Literal["mask", "no_mask"]
Status = Literal["Safe", "Warning", "Danger"]


class MaskedFace(Record):
    """One face and whether it wears a mask."""

    box: Box = Field(description="As the face detector gave it, in pixels of the picture.")
    label: Label
    score: float = Field(ge=0, le=1, description="How sure the network is of the label.")


class MaskModel(Record):
    """Which network judged, and from which score on a face counted as masked."""

    name: str = "masks"
    sha256: str
    threshold: float


class MaskedTrack(Record):
    """One face of a video, all frames in which it was seen together."""

    track: int = Field(ge=0, description="Its number in the .faces.json, or in the order of the first looks.")
    label: Label
    score: float = Field(ge=0, le=1, description="How sure the network is of the label, the mean over the looks.")
    seen: int = Field(ge=1, description="In how many looks.")
    first: float = Field(ge=0, description="Seconds from the video's start at which it was first seen.")
    last: float = Field(ge=0, description="Seconds at which it was last seen.")


class MaskFilm(Record):
    """All faces of one video with their labels, each counted once; boxes are in the ``.faces.json``."""

    format: Literal["noria.video-masks/1"] = "noria.video-masks/1"
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    frames_count: int = Field(gt=0)
    seconds: float = Field(ge=0)
    model: MaskModel
    masks_count: int = Field(ge=0)
    no_masks_count: int = Field(ge=0)
    status: Status
    tracks: tuple[MaskedTrack, ...]


class MaskSet(Record):
    """All faces of one picture with their labels; sizes in pixels."""

    format: Literal["noria.masks/1"] = "noria.masks/1"
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    model: MaskModel
    masks_count: int = Field(ge=0)
    no_masks_count: int = Field(ge=0)
    status: Status
    faces: tuple[MaskedFace, ...]


def status(masks: int, no_masks: int) -> Status:
    """Judge a picture by its counts, as the mask-detection application of the literature does.

    ``Danger`` from three bare faces on that are at least a tenth of all, ``Warning`` from one, else ``Safe``.
    """
    ratio = no_masks / max(1, masks + no_masks)
    if ratio >= 0.1 and no_masks >= 3:
        return "Danger"
    return "Warning" if ratio > 0 else "Safe"
