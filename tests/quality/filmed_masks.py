"""Labels of mask-detect on blurred videos that pan and zoom over a masked and a bare face."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from functions.blur_faces.handler import blur_faces
from functions.mask_detect.handler import mask_detect
from functions.mask_detect.masks import MaskFilm
from functions.mask_detect.painting import paint_mask
from functions.runtime.invoke import invoke
from functions.vision import detectors
from functions.vision.films import FilmedFace, FilmSet
from functions.vision.looks import Look
from functions.vision.pictures import Colours, Picture
from tests.quality.coverage import overlap
from tests.quality.panning import LEG, Shot, Visible, encoded, panned
from tests.quality.stills import Scene, beside, portraits, scaled
from tests.quality.video import SHOWN_AT_LEAST, SIZE, decoded

COUNT = 2 * LEG
NAMES = ("astronaut", "grace_hopper")  # the mask network was not trained on either
VIDEOS = 4
LABELS = ("no_mask", "mask")
PLACED = 0.3
"""Intersection over union with the true face, which was drawn by hand, from which on a box is at its place."""


@dataclass(frozen=True)
class FilmedMasks:
    """One video: who wears a mask, and how many faces in frames are labelled rightly, wrongly, and not at all."""

    masked: str
    right: int
    wrong: int
    missing: int
    masks_count: int
    no_masks_count: int
    frames: tuple[Colours, ...]


def filmed_masks() -> Iterator[FilmedMasks]:
    """Film two people, one of them with a mask and then the other; blur each video, and have it judged."""
    for number in range(VIDEOS):
        masked = NAMES[number % len(NAMES)]
        scene = beside([_portrait(name, number, is_masked=name == masked) for name in NAMES], name=masked)
        truth = [LABELS[name == masked] for name in NAMES]
        shots = list(panned(scene, COUNT, size=SIZE, seed=number, least=48))
        with tempfile.TemporaryDirectory(prefix="noria-quality-") as folder:
            source = encoded(Path(folder) / f"{masked}.mp4", shots)
            invoke(blur_faces, source, Path(folder), environ={})
            invoke(mask_detect, Path(folder) / f"{source.name}.blurred.mp4", Path(folder) / "judged", environ={})
            faces = FilmSet.model_validate_json((Path(folder) / f"{source.name}.faces.json").read_bytes())
            record = MaskFilm.model_validate_json(next((Path(folder) / "judged").glob("*.masks.json")).read_bytes())
            frames = decoded(next((Path(folder) / "judged").glob("*.masks.mp4")))
        seen = {frame.index: frame.faces for frame in faces.frames}
        pairs = [
            (truth[face.index], said)
            for index, shot in enumerate(shots)
            for face, said in _said(shot, seen.get(index, ()), record)
        ]
        yield FilmedMasks(
            masked=masked,
            right=sum(said == wanted for wanted, said in pairs),
            wrong=sum(said not in ("", wanted) for wanted, said in pairs),
            missing=sum(said == "" for _, said in pairs),
            masks_count=record.masks_count,
            no_masks_count=record.no_masks_count,
            frames=tuple(frames[:: COUNT // 4]),
        )


def _portrait(name: str, seed: int, *, is_masked: bool) -> Scene:
    """Give a portrait 512 pixels high, with a mask or without."""
    scene = next(each for each in portraits() if each.name == name)
    if is_masked:
        found = detectors.load("centerface").find(Picture(scene.colours), Look(threshold=0.5))
        colours = paint_mask(scene.colours, found[0].box, np.random.default_rng(seed))
        scene = Scene(scene.name, colours, scene.faces)
    return scaled(scene, 512 / scene.colours.shape[0])


def _said(shot: Shot, seen: Sequence[FilmedFace], record: MaskFilm) -> Iterator[tuple[Visible, str]]:
    """Give each face that counts in a shot, and the label of the track whose box is there; empty for none."""
    tracks = {each.track: each.label for each in record.tracks}
    for face in shot.faces:
        if face.share >= SHOWN_AT_LEAST:
            there = [(overlap(each.box, face.box), each.track) for each in seen]
            placed, track = max(there, default=(0.0, -1))
            yield face, tracks.get(track, "") if placed >= PLACED else ""
