"""``masks``: mask-detect after blur-faces, on people that its network was not trained on, with painted masks."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

import matplotlib as mpl
import numpy as np
import skimage
from numpy.typing import NDArray

from functions.mask_detect import classifier
from functions.mask_detect.handler import mask_detect
from functions.mask_detect.masks import MaskSet
from functions.mask_detect.training.samples import Sample, bare_faces, crops, masked
from functions.runtime.invoke import invoke
from functions.vision import detectors
from functions.vision.pictures import read_picture
from tests.quality.coverage import blur_into
from tests.quality.drawing import axes, strip, svg
from tests.quality.filmed_masks import FilmedMasks, filmed_masks
from tests.quality.matching import Labelled, precisions
from tests.quality.people import HELD_OUT, people
from tests.quality.report import Figures, Findings, Floor, Shown
from tests.quality.stills import Scene, beside, padded, stacked

STRENGTHS = (0.0, 0.1, 0.2, 0.33, 0.5, 0.7)
JUDGED = 0.5  # of the face's longer side: blur-faces' default
PAINTED = 12  # masks for each face
SHEETS = 8  # pictures that go through both functions
SEED = 11
FILMED = ("who wears a mask", "right ", "wrong ", "no label ", "masks counted ", "bare faces counted ")
LABELS = ("no_mask", "mask")
Person = list[Sample]
"""One person: the bare face first, then the same with painted masks."""


def judge() -> Findings:
    """Classify crops of held-out people by the strength of the blur, and run sheets of them through both functions."""
    finder = detectors.load("centerface")
    photos, lfw = bare_faces(_roots(), finder, held_out=True)
    rng = np.random.default_rng(SEED)
    faces = [[face, *(masked(face, rng, finder) for _ in range(PAINTED))] for face in (*photos, *lfw)]
    known = {strength: _recalls(faces, strength) for strength in STRENGTHS}
    rows = [_row(strength, *recalls) for strength, recalls in known.items()]
    scores, shown = _through_both(faces[: len(photos)])
    low, high = _interval(*known[JUDGED])
    films = list(filmed_masks())
    floors = [
        Floor(f"balanced accuracy at k = {JUDGED:g} w", _balanced(*known[JUDGED]), "at least", 0.90, "", "issue 5.4"),
        Floor(
            "mAP@0.5 after blurring, through both functions", mean(scores.values()), "at least", 0.70, "", "vision.md"
        ),
    ]
    columns = ["blur, share of the face ", "bare faces right ", "masked faces right ", "balanced accuracy "]
    tables = [
        Figures("labels by strength of the blur", columns, rows),
        Figures("average precision at IoU 0.5, after blurring", ["label", "average precision "], list(scores.items())),
        Figures("labels in blurred video", FILMED, [_filmed(each) for each in films]),
    ]
    names = ("strength", "no_mask", "mask", "balanced")
    document = {
        "by_strength": [dict(zip(names, row, strict=True)) for row in rows],
        "interval": [low, high],
        "average_precision": scores,
        "video": [_filmed(each) for each in films],
    }
    said = _said(len(photos), len(lfw), low, high)
    return Findings(
        "masks", "Masks after blurring", said, floors, tables, [_plot(rows), *shown, *map(_frames, films)], document
    )


def _said(photos: int, lfw: int, low: float, high: float) -> list[str]:
    return [
        f"{photos} photographed people and {lfw} of scikit-image's LFW crops, none of whom the network was trained on, "
        f"bare and with {PAINTED} painted masks each. Crops are cut as mask-detect cuts them after blur-faces.",
        f"So few people leave the figure unsure: drawn again with other people of the same kind it would be between "
        f"{low:.3f} and {high:.3f} (95 %, bootstrap over people).",
        f"Through both functions: {SHEETS} sheets of these people, half of them with masks, blurred by blur-faces and "
        "judged by mask-detect with their defaults. A face that blur-faces does not find is one that is not labelled.",
        "In video: the astronaut and Grace Hopper side by side, one of them with a painted mask, under a camera that "
        "pans and zooms; faces in frames by the label of the track whose box is there. Counts are of tracks: who "
        "leaves the picture and comes back counts again.",
    ]


def _filmed(one: FilmedMasks) -> list[object]:
    return [one.masked, one.right, one.wrong, one.missing, one.masks_count, one.no_masks_count]


def _frames(one: FilmedMasks) -> Shown:
    return Shown(
        f"mask-detect on the blurred video; {one.masked} wears a mask", strip(one.frames, height=220, columns=4)
    )


def _roots() -> dict[str, Path]:
    return {"scikit-image": Path(skimage.__file__).parents[1], "matplotlib": Path(mpl.__file__).parents[1]}


Rights = NDArray[np.float64]


def _recalls(faces: Sequence[Person], strength: float) -> tuple[Rights, Rights]:
    """Give for each person the share of bare, and of masked, variants that are labelled rightly."""
    network = classifier.load()
    rng = np.random.default_rng(SEED)
    rights = []
    for person in faces:
        scores = network.judged([crops(sample, strength, rng, varied=False) for sample in person])
        is_masked = np.array([sample.masked for sample in person])
        is_right = (scores >= 0.5) == is_masked
        rights.append((is_right[~is_masked].mean(), is_right[is_masked].mean()))
    bare, covered = np.array(rights).T
    return bare, covered


def _balanced(bare: Rights, covered: Rights) -> float:
    return float(bare.mean() + covered.mean()) / 2


def _interval(bare: Rights, covered: Rights) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    drawn = [rng.integers(0, len(bare), len(bare)) for _ in range(2000)]
    low, high = np.percentile([_balanced(bare[each], covered[each]) for each in drawn], [2.5, 97.5])
    return float(low), float(high)


def _row(strength: float, bare: Rights, covered: Rights) -> tuple[float, float, float, float]:
    return strength, float(bare.mean()), float(covered.mean()), _balanced(bare, covered)


def _through_both(photos: Sequence[Person]) -> tuple[Mapping[str, float], list[Shown]]:
    truth: list[Labelled] = []
    given: list[Labelled] = []
    drawn = []
    with tempfile.TemporaryDirectory(prefix="noria-quality-") as folder:
        for number, (scene, labels) in enumerate(_sheets(photos)):
            place = Path(folder) / str(number)
            place.mkdir()
            blur_into(place, scene)
            name = f"{scene.name}.png.blurred.png"
            invoke(mask_detect, place / "out" / name, place / "judged", environ={})
            record = MaskSet.model_validate_json(next((place / "judged").glob("*.masks.json")).read_bytes())
            pairs = zip(scene.faces, labels, strict=True)
            truth += [Labelled(scene.name, face, label) for face, label in pairs]
            given += [Labelled(scene.name, face.box, face.label, face.score) for face in record.faces]
            drawn.append(read_picture(next((place / "judged").glob("*.masks.png"))).colours())
    return precisions(truth, given), [
        Shown("What mask-detect writes of two sheets", strip(drawn[:2], height=420, columns=1))
    ]


def _sheets(photos: Sequence[Person]) -> Iterator[tuple[Scene, list[str]]]:
    """Give pictures in which everyone is to be seen once, half of them with a mask."""
    rng = np.random.default_rng(SEED)
    for number in range(SHEETS):
        covered = {index for index in HELD_OUT if rng.random() < 0.5}
        crowd = people(HELD_OUT, side=90, masked=covered, seed=number)
        shown = [person[0] if rng.random() < 0.5 else person[1 + int(rng.integers(PAINTED))] for person in photos]
        height = max(sample.colours.shape[0] for sample in shown)
        row = [padded(Scene("", sample.colours, (sample.box,)), height=height) for sample in shown]
        sheet = stacked([beside(row, name=""), crowd], name=f"sheet-{number}")
        labels = [LABELS[sample.masked] for sample in shown] + [LABELS[index in covered] for index in HELD_OUT]
        yield sheet, labels


def _plot(rows: Sequence[tuple[float, float, float, float]]) -> Shown:
    figure, at = axes(height=3.4)
    shares = [row[0] for row in rows]
    for place, name in ((1, "bare faces"), (2, "masked faces"), (3, "balanced")):
        at.plot(shares, [row[place] for row in rows], marker="o", label=name)
    at.axhline(0.9, linewidth=0.8, color="black", linestyle="--")
    at.axvline(JUDGED, linewidth=0.8, color="grey", linestyle=":")
    at.set(xlabel="blur, share of the face's longer side", ylabel="labelled rightly", ylim=(0.5, 1.02))
    at.legend(loc="lower left")
    return Shown("Labels by strength of the blur; dotted: blur-faces' default, dashed: the floor", svg(figure))
