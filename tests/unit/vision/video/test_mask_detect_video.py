import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml

from functions.blur_faces.handler import blur_faces
from functions.mask_detect.filmed import _Judged, _VotingLinker
from functions.mask_detect.handler import mask_detect
from functions.mask_detect.masks import MaskFilm, MaskSet
from functions.mask_detect.painting import paint_mask
from functions.runtime import Rejected
from functions.runtime.errors import TryAgain
from functions.vision.detectors import Labelled
from functions.vision.faces import Box
from functions.vision.pictures import Colours, read_picture
from tests.conftest import Outcome, Run
from tests.unit.vision.graphs import model_of
from tests.unit.vision.images import ASTRONAUT, encoded, example
from tests.unit.vision.video.clips import clip, moved, read


def pair(masked: bool) -> Colours:
    """Give one portrait beside another, which wears a mask if asked to; BGR."""
    whole = read_picture(example("astronaut.png")).colours()
    other = paint_mask(whole, ASTRONAUT, np.random.default_rng(5), cloth=0) if masked else whole
    return np.hstack([whole[20:212, 130:322], other[20:212, 130:322]])


def walk(masked: bool, count: int = 10) -> list[Colours]:
    return [np.roll(pair(masked), 2 * step, axis=1) for step in range(count)]


def judged(run: Run, content: bytes, **settings: object) -> tuple[Outcome, MaskFilm]:
    first = run(blur_faces, "a.mp4", content).files
    done = run(
        mask_detect,
        "a.mp4.blurred.mp4",
        first["a.mp4.blurred.mp4"],
        beside={"a.mp4.faces.json": first["a.mp4.faces.json"]},
        **settings,
    )
    record = MaskFilm.model_validate_json(done.files["a.mp4.blurred.mp4.masks.json"])
    assert done.metrics == {"masks_count": record.masks_count, "no_masks_count": record.no_masks_count}
    return done, record


def test_each_face_of_a_video_counts_once_although_it_is_blurred(run: Run, tmp_path: Path) -> None:
    done, record = judged(run, clip(tmp_path / "a.mp4", walk(True)).read_bytes())

    assert (record.masks_count, record.no_masks_count, record.status) == (1, 1, "Warning")
    assert {track.label for track in record.tracks} == {"mask", "no_mask"}
    assert all((track.first, track.last) == (0, 0.36) for track in record.tracks)
    path = tmp_path / "drawn.mp4"
    path.write_bytes(done.files["a.mp4.blurred.mp4.masks.mp4"])
    header, frames, _ = read(path)
    assert (header.width, header.height, len(frames)) == (384, 192, 10)


def test_labels_are_drawn_in_every_frame_those_between_two_looks_too(run: Run, tmp_path: Path) -> None:
    pictures = [pair(False)] * 7
    content = clip(tmp_path / "a.mp4", pictures).read_bytes()

    done, record = judged(run, content)

    assert record.no_masks_count == 2
    path = tmp_path / "drawn.mp4"
    path.write_bytes(done.files["a.mp4.blurred.mp4.masks.mp4"])
    orange = [
        np.asarray(frame.colours)[:, :, 2].astype(int) - np.asarray(frame.colours)[:, :, 0] for frame in read(path)[1]
    ]
    shares = [(each > 150).mean() for each in orange]
    assert min(shares) > 0.01
    assert max(shares) - min(shares) < 0.005


def test_a_face_that_was_seen_once_among_many_looks_is_taken_for_a_mistake(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mp4", walk(False)).read_bytes()

    assert judged(run, content, least_seen=100)[1].no_masks_count == 2  # no face can be seen more often than was looked
    first = run(blur_faces, "a.mp4", content).files
    sidecar = json.loads(first["a.mp4.faces.json"])
    for frame in sidecar["frames"][1:]:
        for face in frame["faces"]:
            face["detected"] = face["track"] == 0
    lines = ",\n".join(map(json.dumps, sidecar.pop("frames")))
    rare = (json.dumps(sidecar)[:-1] + ', "frames": [\n' + lines + "\n]}\n").encode()
    done = run(mask_detect, "a.mp4.blurred.mp4", first["a.mp4.blurred.mp4"], beside={"a.mp4.faces.json": rare})

    assert done.metrics == {"masks_count": 0, "no_masks_count": 1}


def test_what_only_might_be_a_face_is_blurred_and_not_counted(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mp4", walk(False, 4)).read_bytes()
    first = run(blur_faces, "a.mp4", content).files
    doubted = re.sub(rb'"believed": [\d.]+', b'"believed": 0.999', first["a.mp4.faces.json"])

    done = run(mask_detect, "a.mp4.blurred.mp4", first["a.mp4.blurred.mp4"], beside={"a.mp4.faces.json": doubted})

    assert done.metrics == {"masks_count": 0, "no_masks_count": 0}


def test_frames_taken_of_a_video_are_judged_as_pictures(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mkv", walk(True, 3), times=[0, 900, 1800], base=Fraction(1, 1000)).read_bytes()
    files = run(blur_faces, "a.mkv", content, video="frames", every=1).files

    for time in ("000000.000s", "000001.800s"):
        name, sidecar = f"a.mkv.{time}.blurred.png", f"a.mkv.{time}.faces.json"
        done = run(mask_detect, name, files[name], beside={sidecar: files[sidecar]})

        record = MaskSet.model_validate_json(done.files[f"{name}.masks.json"])
        assert (record.masks_count, record.no_masks_count) == (1, 1)


def test_a_video_without_its_record_or_with_anothers_is_rejected(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mp4", moved(4)).read_bytes()
    longer = run(blur_faces, "b.mp4", clip(tmp_path / "b.mp4", moved(6)).read_bytes()).files["b.mp4.faces.json"]
    wider = run(blur_faces, "b.mp4", clip(tmp_path / "b.mp4", moved(4, width=64)).read_bytes()).files[
        "b.mp4.faces.json"
    ]

    with pytest.raises(Rejected, match=r"the video has no \.faces\.json beside it"):
        run(mask_detect, "c.mp4.blurred.mp4", content)
    with pytest.raises(Rejected, match="about a video of 6 frames, this one has 4"):
        run(mask_detect, "a.mp4.blurred.mp4", content, beside={"a.mp4.faces.json": longer})
    with pytest.raises(Rejected, match="about a video of 64 x 144 pixels, this one has 192 x 144"):
        run(mask_detect, "a.mp4.blurred.mp4", content, beside={"a.mp4.faces.json": wider})
    with pytest.raises(Rejected, match="not one that blur-faces writes"):
        run(mask_detect, "a.mp4.blurred.mp4", content, beside={"a.mp4.faces.json": b"[]"})


def described(folder: Path, model: bytes, classes: list[str]) -> Path:
    """Write a model with its descriptor; boxes and scores are its two outputs."""
    (folder / "middle.onnx").write_bytes(model)
    fields = {
        "name": "middle",
        "file": "middle.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "threshold": 0.5,
        "input": {"name": "picture", "width": 64, "height": 48},
        "output": {"form": "boxes", "boxes": "boxes", "scores": "scores", "classes": classes},
    }
    path = folder / "middle.yaml"
    path.write_text(yaml.safe_dump(fields))
    return path


MIDDLE = model_of(boxes=[[0.25, 0.25, 0.75, 0.75]], scores=[[0.1, 0.8]])


def test_a_model_that_finds_and_tells_at_once_needs_no_record(run: Run, tmp_path: Path) -> None:
    path = described(tmp_path, MIDDLE, ["no_mask", "mask"])
    pictures = moved(10, step=1, width=64, height=48)  # the size of the model's input: one tile
    content = clip(tmp_path / "a.mp4", pictures).read_bytes()

    still = run(mask_detect, "a.png", encoded(pictures[0]), model_descriptor=path)
    moving = run(mask_detect, "a.mp4", content, model_descriptor=path)

    record = MaskFilm.model_validate_json(moving.files["a.mp4.masks.json"])
    assert still.metrics == moving.metrics == {"masks_count": 1, "no_masks_count": 0}
    assert (record.model.name, len(record.tracks)) == ("middle", 1)
    assert record.tracks[0].score == pytest.approx(0.8)


def test_a_model_that_does_not_tell_masks_is_not_asked(run: Run, tmp_path: Path) -> None:
    path = described(tmp_path, MIDDLE, ["background", "face"])

    with pytest.raises(
        TryAgain, match=r"the model middle of middle\.yaml does not tell masks from bare faces"
    ) as failure:
        run(mask_detect, "a.png", encoded(pair(True)), model_descriptor=path)

    assert "mask and no_mask" in failure.value.hint


def test_a_face_has_no_vote_of_one_that_was_dropped_before_it() -> None:
    linker = _VotingLinker(0.5)
    faint = Labelled(box=Box(left=10, top=10, right=50, bottom=50), score=0.35, label="mask")
    plain = Labelled(box=Box(left=200, top=10, right=240, bottom=50), score=0.9, label="no_mask")

    for look in range(30):
        linker.see(look, look / 5, [faint] if look < 5 else [plain] if look >= 25 else [])

    (track,) = linker.tracks()
    assert isinstance(track, _Judged)
    assert (track.votes.looks, track.votes.first, track.votes.last) == (5, 5.0, 5.8)
    assert track.votes.sure == pytest.approx(0.5)
