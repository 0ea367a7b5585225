"""The record of the faces of one video (``<name>.faces.json``), frame by frame."""

from typing import Literal

from pydantic import Field

from functions.vision.faces import Blur, Face, FaceModel, Record


class FilmedFace(Face):
    """One face in one frame of a video."""

    track: int = Field(ge=0, description="The same number for the same face from frame to frame, from 0.")
    detected: bool = Field(description="Whether the model found it in this frame; else it is carried from others.")


class Frame(Record):
    """One frame in which there are faces."""

    index: int = Field(ge=0, description="Of the frame in the written video, from 0.")
    time: float = Field(ge=0, description="Seconds from the video's start at which it is shown.")
    faces: tuple[FilmedFace, ...] = Field(min_length=1)


class FilmSet(Record):
    """Everything that is known about the faces of one video; sizes and boxes in pixels of the upright frame."""

    format: Literal["noria.video-faces/1"] = "noria.video-faces/1"
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    frames_count: int = Field(gt=0, description="Frames of the written video, those without faces too.")
    seconds: float = Field(ge=0, description="From the first frame to the end of the last.")
    every: int = Field(ge=1, description="The model looked at every so many frames, and at the last.")
    tracks_count: int = Field(ge=0, description="Faces told apart.")
    model: FaceModel
    blur: Blur
    frames: tuple[Frame, ...] = Field(description="In the order of their indices; frames without faces are left out.")
