"""The vision handlers' own steps, one by one and timed: the same calls in the same order as in the handlers."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.blur_faces.handler import finder
from functions.blur_faces.settings import BlurFaces
from functions.mask_detect.classifier import MaskClassifier, load
from functions.mask_detect.drawing import annotated
from functions.mask_detect.masks import MaskedFace
from functions.runtime.local_desk import LocalDesk
from functions.vision.blurs import blurred
from functions.vision.detectors import FaceFinder
from functions.vision.faces import FaceSet
from functions.vision.pictures import read_picture, write_picture


@dataclass
class Watch:
    """Notes how long it took, in milliseconds, since the step before."""

    taken: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """End a step."""
        now = time.perf_counter()
        self.taken[name] = (now - self.since) * 1000
        self.since = now


def stages_of_blur_faces(picture: Path, through: Callable[[Any], Any]) -> dict[str, float]:
    """Decode, detect, blur, write; the model's session goes ``through`` what may record it."""
    settings = BlurFaces()
    loaded = finder(settings)
    watched = FaceFinder(loaded.detector, through(loaded.session))
    watch = Watch()
    decoded = read_picture(picture)
    watch.step("decode")
    found = watched.find(decoded, settings.look(loaded.detector.threshold))
    watch.step("detect")
    output, _ = blurred(decoded, found, settings.blurring())
    watch.step("blur")
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        write_picture(Path(folder) / "output.png", output)
        watch.step("write")
    return watch.taken


def stages_of_mask_detect(picture: Path, through: Callable[[Any], Any]) -> dict[str, float]:
    """Decode, judge, draw, write; the model's session goes ``through`` what may record it."""
    classifier = MaskClassifier(through(load().session))
    watch = Watch()
    decoded = read_picture(picture)
    watch.step("decode")
    sidecar = LocalDesk(picture).sibling(".faces.json")
    assert sidecar is not None
    boxes = [face.box for face in FaceSet.model_validate_json(sidecar.read_bytes()).faces]
    scores = classifier.scores(decoded.colours(), boxes)
    watch.step("judge")
    faces = tuple(MaskedFace(box=b, label="mask", score=s) for b, s in zip(boxes, scores, strict=True))
    output = annotated(decoded, faces)
    watch.step("draw")
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        write_picture(Path(folder) / "output.png", output)
        watch.step("write")
    return watch.taken
