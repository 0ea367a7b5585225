"""Training samples: faces cut out of pictures, masks painted on, then everything that a pipeline does to a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.mask_detect.classifier import batch, crop
from functions.mask_detect.painting import Points, box_points, paint_mask
from functions.mask_detect.training.sources import SOURCES, check
from functions.vision.blurs import kernel, smeared
from functions.vision.detectors import FaceFinder
from functions.vision.faces import Blur, Box
from functions.vision.inference import Tensor
from functions.vision.looks import Look
from functions.vision.pictures import Colours, Picture

FACE = 96  # pixels of a face's longer side in a patch
AROUND = 0.8  # share of the face around it in a patch


@dataclass(frozen=True)
class Sample:
    """One face in a patch of its picture.

    Attributes:
        colours: (height, width, 3) BGR.
        box: As a detector found it in this patch.
        masked: Whether a mask was painted.
        landmarks: (5, 2) pixels.
    """

    colours: Colours
    box: Box
    masked: bool
    landmarks: Points


def bare_faces(roots: dict[str, Path], finder: FaceFinder, *, held_out: bool) -> tuple[list[Sample], list[Sample]]:
    """Give the photographed faces and the LFW crops of one side of the split, which is a split by person.

    Only of the packages whose folders are in ``roots``; scikit-image's has to be.
    """
    photos = []
    for face in SOURCES["faces"]:
        if face["held_out"] == held_out and face["package"] in roots:
            path = check(roots[face["package"]] / face["path"], face["sha256"])
            photos.append(_photo(cv2.imread(str(path)), face["at"], finder))  # type: ignore[arg-type]
    listed = SOURCES["crops"]
    crops = np.load(check(roots[listed["package"]] / listed["path"], listed["sha256"]))[: listed["count"]]
    wanted = [index for index in range(len(crops)) if (index in listed["held_out"]) == held_out]
    return photos, [_lfw(crops[index]) for index in wanted]


def _photo(colours: Colours, at: tuple[int, int], finder: FaceFinder) -> Sample:
    found = finder.find(Picture(colours), Look(threshold=0.4, detail=1.3))
    box = min((each.box for each in found), key=lambda box: _distance(box, at))
    area = box.grown(AROUND, width=colours.shape[1], height=colours.shape[0])
    scale = FACE / max(box.width, box.height)
    size = (round(area.width * scale), round(area.height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    patch = np.asarray(cv2.resize(colours[area.slices], size, interpolation=method), np.uint8)
    moved = np.array([box.left - area.left, box.top - area.top, box.right - area.left, box.bottom - area.top]) * scale
    inside = _box(moved)
    return Sample(patch, inside, False, _landmarks(finder, patch, inside))


def _lfw(crop: NDArray[np.float64]) -> Sample:
    # 25 x 25 pixels from the brows to the chin's upper edge: the box that a detector would give is a little larger.
    grey = np.asarray(np.clip(crop, 0, 1) * 255, np.uint8)
    large = cv2.resize(grey, (75, 75), interpolation=cv2.INTER_CUBIC)
    padded = cv2.copyMakeBorder(large, 40, 40, 40, 40, cv2.BORDER_REPLICATE)
    colours = np.asarray(cv2.cvtColor(padded, cv2.COLOR_GRAY2BGR), np.uint8)
    points = np.array([(0.3, 0.32), (0.7, 0.32), (0.5, 0.56), (0.34, 0.79), (0.66, 0.79)], np.float32)
    return Sample(colours, _box(np.array([34, 28, 121, 126])), False, points * 75 + 40)


def masked(bare: Sample, rng: np.random.Generator, finder: FaceFinder) -> Sample:
    """Paint a mask; the box is what a detector now finds, which a mask moves."""
    colours = paint_mask(bare.colours, bare.box, rng, landmarks=bare.landmarks)
    if not np.ptp(bare.colours, axis=2).any():  # or a colour in a grey picture would tell
        colours = np.repeat(colours.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    found = finder.find(Picture(colours), Look(threshold=0.25, detail=0.25))
    middle = ((bare.box.left + bare.box.right) / 2, (bare.box.top + bare.box.bottom) / 2)
    near = [
        each.box
        for each in found
        if _distance(each.box, middle) < 0.3 * bare.box.width and 0.7 < each.box.height / bare.box.height < 1.4
    ]
    return Sample(colours, near[0] if near else bare.box, True, bare.landmarks)


def crops(sample: Sample, strength: float, rng: np.random.Generator, *, varied: bool) -> Colours:
    """Give the 48 x 48 crop that mask-detect would cut after blur-faces at ``strength``; 0 for no blur."""
    colours, box = _varied(sample, rng) if varied else (sample.colours, sample.box)
    if strength > 0:
        blur = Blur(strength=strength, least=3, growth=0.1)
        area = box.grown(blur.growth, width=colours.shape[1], height=colours.shape[0])
        colours = colours.copy()
        colours[area.slices] = smeared(colours[area.slices], kernel(box, blur), grid=blur.grid)
    return crop(colours, box)


def epoch(
    faces: list[list[Sample]], rng: np.random.Generator, *, batches: int, size: int
) -> Iterator[tuple[Tensor, NDArray[np.int64]]]:
    """Give batches of inputs and labels (1 is masked): every face as often, its variants drawn."""
    for _ in range(batches):
        drawn = []
        labels = rng.integers(0, 2, size)
        for label in labels:
            variants = faces[int(rng.integers(len(faces)))]
            sample = variants[0] if label == 0 else variants[1 + int(rng.integers(len(variants) - 1))]
            strength = float(rng.uniform(0.05, 0.6)) if rng.random() < 0.7 else 0.0
            drawn.append(crops(sample, strength, rng, varied=True))
        yield batch(drawn), labels


def _varied(sample: Sample, rng: np.random.Generator) -> tuple[Colours, Box]:
    """Turn, flip, shift, resize, occlude and recolour, before any blur, as a camera would."""
    colours, box = sample.colours, sample.box
    if not sample.masked and rng.random() < 0.12:
        colours = _bearded(colours, box, rng)
    if rng.random() < 0.15:
        colours = _covered(colours, box, rng)
    if rng.random() < 0.5:
        colours = _elsewhere(colours, box, rng)
    side = max(box.width, box.height)
    face = float(np.exp(rng.uniform(np.log(20), np.log(FACE)))) if rng.random() < 0.5 else 72.0
    middle = np.array([box.left + box.right, box.top + box.bottom]) / 2 + rng.uniform(-0.08, 0.08, 2) * side
    scale = face / side * float(rng.uniform(0.88, 1.14))
    turn = np.asarray(cv2.getRotationMatrix2D(middle.tolist(), float(rng.uniform(-15, 15)), scale), np.float64)
    width = round(2 * face)
    turn[:, 2] += width / 2 - middle
    if rng.random() < 0.5:
        turn = np.array([[-1, 0, width], [0, 1, 0]], float) @ np.vstack([turn, [0, 0, 1]])
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    drawn = cv2.warpAffine(colours, turn, (width, width), flags=method, borderMode=cv2.BORDER_REPLICATE)
    half = np.array([box.width, box.height]) / side * face / 2
    return _lit(np.asarray(drawn, np.uint8), rng), _box(np.concatenate([width / 2 - half, width / 2 + half]))


def _lit(colours: Colours, rng: np.random.Generator) -> Colours:
    values = colours.astype(np.float64)
    if rng.random() < 0.25:
        values[:] = values.mean(axis=2, keepdims=True)
    else:
        values *= rng.uniform(0.88, 1.12, 3)
    values = (values - 128) * rng.uniform(0.65, 1.35) + 128 * rng.uniform(0.65, 1.35)
    return np.asarray(np.clip(values + rng.normal(0, rng.uniform(0, 6), values.shape), 0, 255), np.uint8)


def _bearded(colours: Colours, box: Box, rng: np.random.Generator) -> Colours:
    """Darken the lower face around the mouth: a beard must not count as a mask."""
    cover = np.zeros(colours.shape[:2], np.float32)
    middle = (round(box.left + box.width / 2), round(box.top + 0.84 * box.height))
    cv2.ellipse(cover, middle, (round(0.42 * box.width), round(0.2 * box.height)), 0, 0, 360, 1.0, -1)
    cv2.ellipse(cover, middle, (round(0.16 * box.width), round(0.05 * box.height)), 0, 0, 360, 0.0, -1)
    rough = cv2.GaussianBlur(cover, (0, 0), 3) * rng.uniform(0.6, 1.3, cover.shape) * rng.uniform(0.4, 0.8)
    share = np.clip(rough, 0, 1)[..., None]
    hair = np.array([30, 40, 55]) * rng.uniform(0.3, 3.5)
    return np.asarray(np.clip(colours * (1 - share) + hair * share, 0, 255), np.uint8)


def _covered(colours: Colours, box: Box, rng: np.random.Generator) -> Colours:
    """Put dark glasses or a hat on: a flat patch is a mask only where a mouth would be."""
    output = colours.copy()
    top, bottom = (0.3, 0.48) if rng.random() < 0.5 else (-0.25, 0.2)
    start = (round(box.left + rng.uniform(-0.05, 0.12) * box.width), round(box.top + top * box.height))
    end = (round(box.right - rng.uniform(-0.05, 0.12) * box.width), round(box.top + bottom * box.height))
    cv2.rectangle(output, start, end, rng.uniform(0, 255, 3).tolist(), -1)
    return output


def _elsewhere(colours: Colours, box: Box, rng: np.random.Generator) -> Colours:
    """Put another background behind the head and another collar under the chin: neither says anything of a mask."""
    height, width = colours.shape[:2]
    head = np.zeros((height, width), np.float32)
    middle = (round((box.left + box.right) / 2), round(box.top + 0.42 * box.height))
    size = (round(box.width * rng.uniform(0.55, 0.75)), round(box.height * rng.uniform(0.62, 0.75)))
    cv2.ellipse(head, middle, size, 0, 0, 360, 1.0, -1)
    share = cv2.GaussianBlur(head, (0, 0), 2)[..., None] if rng.random() < 0.6 else np.ones((height, width, 1))
    slope = np.linspace(0, 1, width)[None, :, None]
    first, second, cloth = rng.uniform(0, 255, (3, 3)) * rng.choice([0.2, 0.6, 1.0], 3)[:, None]
    output = colours * share + (first * slope + second * (1 - slope)) * (1 - share)
    if rng.random() < 0.7:
        collar = np.zeros((height, width), np.uint8)
        chin = round(box.bottom + rng.uniform(-0.1, 0.15) * box.height)
        wide, deep = rng.uniform(0.6, 1.6) * box.width, rng.uniform(-0.15, 0.3) * box.height
        edge = [(middle[0] - wide, chin - deep), (middle[0], chin), (middle[0] + wide, chin - deep)]
        corners = np.array([(0, edge[0][1]), *edge, (width, edge[2][1]), (width, height), (0, height)], np.int32)
        cv2.fillPoly(collar, [corners], 1)
        output = np.where(collar[..., None] > 0, cloth, output)
    return np.asarray(np.clip(output, 0, 255), np.uint8)


def _landmarks(finder: FaceFinder, patch: Colours, box: Box) -> Points:
    """Read CenterFace's five points off its strongest cell; a frontal face's if that is not in the box."""
    height, width = (-(-side // 32) * 32 for side in patch.shape[:2])
    drawn = cv2.resize(patch, (width, height)).astype(np.float32)[..., ::-1].transpose(2, 0, 1)[None]
    heat, scale, offset, points = finder.session.run(None, {"input.1": np.ascontiguousarray(drawn)})
    row, column = np.unravel_index(int(heat[0, 0].argmax()), heat.shape[2:])
    size = np.exp(scale[0, ::-1, row, column]) * 4
    corner = (np.array([column, row]) + 0.5 + offset[0, ::-1, row, column]) * 4 - size / 2
    shrunk = np.array([patch.shape[1] / width, patch.shape[0] / height])
    found = (points[0, :, row, column].reshape(5, 2)[:, ::-1] * size + corner) * shrunk
    inside = _distance(box, found[2]) < 0.35 * max(box.width, box.height)
    return np.asarray(found if inside else box_points(box), np.float32)


def _distance(box: Box, point: tuple[float, float] | NDArray[np.float64]) -> float:
    return float(np.hypot((box.left + box.right) / 2 - point[0], (box.top + box.bottom) / 2 - point[1]))


def _box(sides: NDArray[np.float64] | NDArray[np.int64]) -> Box:
    left, top, right, bottom = (float(side) for side in sides)
    return Box(left=left, top=top, right=right, bottom=bottom)
