"""``pictures``: blur-faces with its defaults on pictures that packages ship."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from functions.vision import detectors
from functions.vision.faces import BlurKind
from functions.vision.looks import chosen
from functions.vision.pictures import Picture
from tests.quality.coverage import COVERED, Blurred, blur, still_found
from tests.quality.drawing import GREEN, RED, outlined, strip
from tests.quality.people import people
from tests.quality.report import Figures, Findings, Floor, Shown
from tests.quality.stills import Scene, crowd, faceless, portraits, scaled

RFB_640 = Path(__file__).parents[3] / "shared" / "models" / "version-RFB-640.onnx"
COLUMNS = ("picture", "size ", "faces ", "covered ", "least covered, % ", "changed outside, pixels ", "boxes in vain ")
SAID = (
    "blur-faces runs with its defaults on each picture, as noria invoke runs it. A face is the ellipse in a box around "
    f"brows, ears and chin that was drawn by hand; it counts as covered when {COVERED:.0%} of it is in blurred boxes.",
    "people: the 100 LFW faces of scikit-image, 25 grey pixels each, drawn 75 pixels large on plain grey: without hair "
    "and neck, so harder than a photograph.",
    "Residual detection: the share of true faces at whose place a detector finds a face in the blurred picture, from "
    "some score on. The floor is judged at 0.5. At 0.25, from where on blur-faces believes CenterFace, hair above a "
    "collar is called a face whatever is between them: most often where solid has left nothing of the face at all.",
)
KINDS: tuple[BlurKind, ...] = get_args(BlurKind)
Again = tuple[str, str, float, str, str, float]
JUDGED_AT = 0.5


@dataclass(frozen=True)
class Judge:
    """A detector that looks for faces again, and the scores from which on it is believed."""

    name: str
    finder: detectors.FaceFinder
    thresholds: tuple[float, ...]


def judge() -> Findings:
    """Blur and judge every picture."""
    judged = {kind: [blur(scene, {"BLUR_FACES_BLUR": kind}) for scene in _scenes()] for kind in KINDS}
    usual = judged["box"]
    again = [row for kind in KINDS for row in residual(kind, judged[kind])]
    left = ["blur", "detector", "score from ", "in photographs ", "LFW faces ", "of all, % "]
    tables = [Figures("coverage", COLUMNS, [_row(each) for each in usual]), Figures("residual detection", left, again)]
    document = {"pictures": [_document(each) for each in usual], "residual": again}
    floors = list(_floors(judged, again))
    return Findings("pictures", "Blurred pictures", SAID, floors, tables, list(_shown(judged)), document)


def _floors(judged: Mapping[BlurKind, Sequence[Blurred]], again: Sequence[Again]) -> Iterator[Floor]:
    shares = [share for each in judged["box"] for share in each.shares]
    hidden = 100 * sum(share >= COVERED for share in shares) / len(shares)
    yield Floor("faces covered in the packages' pictures", hidden, "at least", 100, " %", "issue 5.4")
    for kind, those in judged.items():
        changed = sum(each.changed_outside for each in those)
        yield Floor(f"{kind}: pixels changed outside of boxes", changed, "at most", 0, source="issue 5.4")
    for blurred_by, name, threshold, *_, share in again:
        if threshold == JUDGED_AT:
            yield Floor(f"{blurred_by}: faces that {name} still finds", share, "at most", 5, " %", "issue 5.4")


def residual(kind: str, judged: Sequence[Blurred]) -> Iterator[Again]:
    """Give for each detector and threshold how many true faces are found again, and of how many."""
    for one in judges():
        found = [one.finder.find(Picture(each.colours), chosen("standard", min(one.thresholds))) for each in judged]
        for threshold in one.thresholds:
            left, of = {True: 0, False: 0}, {True: 0, False: 0}
            for each, boxes in zip(judged, found, strict=True):
                is_lfw = each.scene.name.startswith("people")
                left[is_lfw] += still_found(each.scene.faces, boxes, threshold=threshold)
                of[is_lfw] += len(each.scene.faces)
            photographs, lfw = (f"{left[group]} of {of[group]}" for group in (False, True))
            share = 100 * sum(left.values()) / sum(of.values())
            yield kind, one.name, threshold, photographs, lfw, share


@cache
def judges() -> tuple[Judge, ...]:
    """Give the detectors that are here: CenterFace, and RFB-640, which blur-faces does not use by default."""
    known = [Judge("centerface", detectors.load("centerface"), (0.25, 0.5))]
    if RFB_640.is_file():
        known.append(Judge("rfb-640", detectors.load("rfb-640", file=RFB_640), (0.5, 0.7)))
    return tuple(known)


def _scenes() -> Iterator[Scene]:
    yield from portraits()
    for one in portraits():
        mirrored = _mirrored(one)
        yield mirrored
    yield crowd()
    for factor in (0.5, 0.3):
        small = scaled(crowd(), factor)
        yield Scene(f"{small.name} x {factor:g}", small.colours, small.faces)
    yield people()
    yield from faceless()


def _mirrored(scene: Scene) -> Scene:
    width = scene.colours.shape[1]
    faces = [face.model_copy(update={"left": width - face.right, "right": width - face.left}) for face in scene.faces]
    return Scene(f"{scene.name} mirrored", np.ascontiguousarray(scene.colours[:, ::-1]), tuple(faces))


def _row(one: Blurred) -> list[object]:
    height, width = one.colours.shape[:2]
    hidden = sum(share >= COVERED for share in one.shares)
    least = 100 * min(one.shares, default=float("nan"))
    vain = 0 if one.scene.faces else len(one.areas)
    return [one.scene.name, f"{width} x {height}", len(one.shares), hidden, least, one.changed_outside, vain]


def _document(one: Blurred) -> dict[str, object]:
    return {"picture": one.scene.name, "shares": one.shares, "changed_outside": one.changed_outside,
            "boxes": len(one.areas)}  # fmt: skip


def _shown(judged: Mapping[BlurKind, Sequence[Blurred]]) -> Iterator[Shown]:
    for kind, those in judged.items():
        alone = [outlined(each.colours, each.scene.faces, GREEN) for each in those if len(each.scene.faces) == 1]
        yield Shown(f"{kind}; green: the face, as it was drawn by hand", strip(alone[:3], height=260))
    for each in judged["box"]:
        if each.scene.name.startswith("people"):
            bare = [face for face, share in zip(each.scene.faces, each.shares, strict=True) if share < COVERED]
            marked = outlined(outlined(each.colours, each.areas, GREEN), bare, RED)
            small = np.asarray(cv2.resize(marked, (900, 900), interpolation=cv2.INTER_AREA), np.uint8)
            yield Shown(
                "The LFW faces; green: blurred boxes, red: faces that are not covered", strip([small], height=900)
            )
