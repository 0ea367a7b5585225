"""blur-faces in two halves: what the second one writes is what the whole writes, byte for byte."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from functions.blur_faces.handler import blur_faces
from functions.blur_faces.parts import Handed, blur_faces_head, blur_faces_tail
from functions.partitioning.hand_over import load, save
from functions.partitioning.network import from_bytes
from functions.runtime import Rejected
from functions.vision import detectors, graphs
from functions.vision.descriptors import RFB_640 as RFB_640_DESCRIPTOR
from functions.vision.detectors import ModelUnavailableError
from functions.vision.halves import CUTS, first_half, halved, second_half
from functions.vision.looks import Look
from functions.vision.pictures import read_picture
from functions.vision.sessions import checked, opened
from tests.conftest import Run
from tests.unit.vision.images import encoded, example, pixels

RFB_640 = Path(__file__).parents[4] / "shared" / "models" / "version-RFB-640.onnx"
needs_rfb = pytest.mark.skipif(not RFB_640.exists(), reason=f"{RFB_640.name} is not in ../shared/models")
BOTH = ["centerface", pytest.param("rfb-640", marks=needs_rfb)]


def model_of(name: str) -> dict[str, Any]:
    return {"model": name, **({"model_file": RFB_640} if name == "rfb-640" else {})}


def handed(run: Run, name: str, content: bytes, **settings: Any) -> bytes:
    (made,) = run(blur_faces_head, name, content, **settings).files.items()
    assert made[0] == f"{name}.half.npz"
    return made[1]


def small() -> bytes:
    return encoded(pixels(example("astronaut.png"))[:192, 128:320])


@pytest.mark.parametrize("model", BOTH)
def test_the_second_half_writes_the_bytes_of_the_whole(run: Run, model: str) -> None:
    alpha = np.dstack([pixels(example("astronaut.png"))[:256, 100:356], np.full((256, 256), 200, np.uint8)])
    pictures = {
        "a.png": encoded(alpha),
        "b.jpg": example("grace_hopper.jpg").read_bytes(),
        "c.png": encoded(pixels(example("camera.png"))[::2, ::2].astype(np.uint16) * 257),
    }
    for name, content in pictures.items():
        whole = run(blur_faces, name, content, **model_of(model))

        content = handed(run, name, content, **model_of(model))
        apart = run(blur_faces_tail, f"{name}.half.npz", content, **model_of(model))

        assert apart.files == whole.files
        assert apart.metrics == whole.metrics


def test_how_hard_the_head_looks_is_what_the_tail_goes_by(run: Run) -> None:
    told = {"profile": "fast", "threshold": 0.4}
    whole = run(blur_faces, "a.png", small(), blur="mosaic", **told)

    content = handed(run, "a.png", small(), **told)
    apart = run(blur_faces_tail, "a.png.half.npz", content, blur="mosaic")

    assert apart.files == whole.files


@pytest.mark.parametrize("model", BOTH)
def test_halves_at_the_cut_that_is_known_are_exact(model: str) -> None:
    detector, path = detectors.known(model, file=RFB_640 if model == "rfb-640" else None)
    both = halved(model, file=path)
    content = graphs.loadable(checked(path, detector.sha256), detector.dims)
    generator = np.random.default_rng(0)

    for side in (480, 64, 160) if model == "centerface" else (480,):
        given = generator.integers(0, 256, (1, 3, side, 640)).astype(np.float32)
        names = [each.name for each in opened(content, threads=1).get_outputs()]
        whole = opened(content, threads=1).run(names, {detector.input.name: given})
        seen = first_half(both, threads=1).session.run([both.tensor], {detector.input.name: given})
        apart = second_half(both, threads=1).session.run(names, {both.tensor: seen[0]})

        assert all(np.array_equal(a, b) for a, b in zip(apart, whole, strict=True))
    assert both.tensor == CUTS[model]
    assert from_bytes(both.first, name="first").outputs == (both.tensor,)


def test_more_or_fewer_views_than_the_picture_has_are_refused() -> None:
    both, look = halved("centerface"), Look(threshold=0.25, detail=0.5)
    picture = read_picture(example("grace_hopper.jpg"))
    seen = list(first_half(both, threads=1).seen(picture, look))
    tail = second_half(both, threads=1)

    with pytest.raises(Rejected, match="saw fewer views of the picture than it has"):
        tail.find(picture, look, seen[:-1])
    with pytest.raises(Rejected, match="saw more views of the picture than it has"):
        tail.find(picture, look, [*seen, seen[0]])


def forged(tmp_path: Path, content: bytes, **changes: Any) -> bytes:
    (tmp_path / "made.npz").write_bytes(content)
    values, _ = load(tmp_path / "made.npz")
    values = {name: value for name, value in (values | changes).items() if value is not None}
    return save(tmp_path / "forged.npz", values).read_bytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cut": "535"}, "the hand-over is of model 09189deaaf86 cut at '535', and this is 09189deaaf86 cut at '387'"),
        ({"model": "f" * 64}, "let both halves|the hand-over is of model ffffffffffff"),
        ({"format": "other"}, "is no hand-over of a half of blur-faces"),
        ({"look": {"step": 1.0}}, "is no hand-over of a half of blur-faces"),
        ({"look": {"max_bytes": 1}}, "is no hand-over of a half of blur-faces"),
        ({"picture": None}, "has no picture in it"),
        ({"picture": np.zeros(9, np.uint8)}, "the object is not a picture"),
        ({"0": None}, "has no picture in it, or other tensors than"),
        ({"views": 400}, "has no picture in it, or other tensors than 400 views"),
        ({"0": np.zeros((1, 24, 90, 90))}, r"the first half gave a tensor of float64 \(1, 24, 90, 90\)"),
        (
            {"0": np.zeros((24, 8, 8), np.float32)},
            r"a tensor of float32 \(24, 8, 8\), and \(1, 24, 96, 96\) is expected",
        ),
        ({"0": np.zeros((1, 24, 8, 8), np.float32)}, r"\(1, 24, 8, 8\), and \(1, 24, 96, 96\) is expected"),
        ({"0": np.zeros((1, 24, 0, 0), np.float32)}, r"\(1, 24, 0, 0\), and \(1, 24, 96, 96\) is expected"),
    ],
)
def test_a_forged_hand_over_is_rejected_with_a_sentence(
    run: Run, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    content = forged(tmp_path, handed(run, "a.png", small()), **changes)

    with pytest.raises(Rejected, match=said) as refused:
        run(blur_faces_tail, "a.png.half.npz", content)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.png.half.npz", b"\x80\x04cos\nsystem\n.", r"a\.png\.half\.npz is no hand-over"),
        ("a.npz", b"", r"a\.npz is not named as a hand-over is"),
        (".half.npz", b"", "is not named as a hand-over is"),
    ],
)
def test_what_is_no_hand_over_is_rejected(run: Run, name: str, content: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        run(blur_faces_tail, name, content)


def test_a_video_is_not_taken_in_halves(run: Run) -> None:
    with pytest.raises(Rejected, match="blur-faces in two halves takes pictures"):
        run(blur_faces_head, "a.mp4", b"\0\0\0\x18ftypmp42" + bytes(1000))


def test_a_picture_that_would_become_too_much_is_refused_by_the_head(run: Run) -> None:
    with pytest.raises(Rejected, match="more than 500,000 bytes would be handed over"):
        run(blur_faces_head, "a.png", small(), max_handed=500_000)


def test_a_cut_that_the_model_has_not_is_told_with_the_nearest() -> None:
    with pytest.raises(ModelUnavailableError, match="centerface cannot be cut at '3877'; did you mean"):
        halved("centerface", cut="3877")


def test_a_hand_over_says_nothing_but_what_the_tail_needs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "made.npz").write_bytes(handed(run, "maria.png", small()))

    values, arguments = load(tmp_path / "made.npz")

    assert set(values) == {*Handed.model_fields, "picture", *map(str, range(values["views"]))}
    assert arguments == {}
    assert values["picture"].tobytes() == small()


@needs_rfb
def test_a_model_of_ones_own_is_cut_by_its_descriptor(run: Run, tmp_path: Path) -> None:
    fields = RFB_640_DESCRIPTOR.model_copy(update={"name": "mine"}).model_dump(exclude={"dims"})
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(fields))))
    told = {"model_descriptor": path, "model_file": RFB_640}
    whole = run(blur_faces, "a.png", small(), **told)

    for cut in ({}, {"cut": "314"}):
        content = handed(run, "a.png", small(), **told, **cut)
        apart = run(blur_faces_tail, "a.png.half.npz", content, **told, **cut)

        assert apart.files == whole.files
    assert halved("", file=RFB_640, descriptor=path).tensor == "268"
    assert json.loads(apart.files["a.png.faces.json"])["model"]["name"] == "mine"
