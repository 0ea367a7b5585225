"""Videos from stills: boxes go where the pixels go."""

from pathlib import Path

import numpy as np

from functions.vision.faces import Box
from functions.vision.looks import PROFILES
from tests.quality.panning import encoded, harder, panned, shot
from tests.quality.people import HELD_OUT, people
from tests.quality.stills import Scene, crowd
from tests.quality.video import CLIPS, WAYS, decoded

SIZE = (320, 240)


def white_square() -> Scene:
    """Give a picture whose only face is a white square."""
    colours = np.zeros((600, 900, 3), np.uint8)
    colours[200:300, 400:480] = 255
    return Scene("square", colours, (Box(left=400, top=200, right=480, bottom=300),))


def test_the_box_of_every_shot_is_where_its_face_is_drawn() -> None:
    seen = 0

    for each in panned(white_square(), 60, size=SIZE, seed=3):
        rows, columns = np.nonzero(each.colours[..., 0] > 128)
        for face in each.faces:
            box = face.inside(width=SIZE[0], height=SIZE[1])
            sides = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            assert np.abs(sides - [box.left, box.top, box.right, box.bottom]).max() <= 1.5
            seen += 1

    assert seen > 20


def test_faces_come_go_and_change_their_size() -> None:
    shots = list(panned(crowd(), 120, seed=1))

    counts = {len(each.faces) for each in shots}
    shares = [face.share for each in shots for face in each.faces]
    sizes = [face.box.height for each in shots for face in each.faces]
    assert len(counts) > 1
    assert min(shares) < 0.9 < max(shares)
    assert max(sizes) > 2 * min(sizes)
    assert min(sizes) >= 28


def test_a_face_that_an_edge_cuts_says_which_share_is_left() -> None:
    moved = np.array([[1.0, 0, -440], [0, 1, -150]])

    (face,) = shot(white_square(), moved, SIZE).faces

    assert face.share == 0.5
    assert face.inside(width=SIZE[0], height=SIZE[1]) == Box(left=0, top=50, right=40, bottom=150)


def test_a_seed_gives_the_same_video_and_another_another() -> None:
    first, same, other = (list(panned(crowd(), 3, size=SIZE, seed=seed)) for seed in (1, 1, 2))

    assert all(np.array_equal(a.colours, b.colours) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0].colours, other[0].colours)


def test_in_bad_light_it_is_darker_and_noisier_and_faces_are_where_they_were() -> None:
    plain = list(panned(crowd(), 20, size=SIZE))

    hard = list(harder(plain))

    assert [each.faces for each in hard] == [each.faces for each in plain]
    assert np.mean([each.colours.mean() for each in hard]) < 0.9 * np.mean([each.colours.mean() for each in plain])
    assert len({round(each.colours.mean() / was.colours.mean(), 2) for each, was in zip(hard, plain, strict=True)}) > 5


def test_what_is_encoded_has_all_frames_nearly_as_they_were(tmp_path: Path) -> None:
    shots = list(panned(crowd(), 12, size=SIZE))

    frames = decoded(encoded(tmp_path / "crowd.mp4", shots))

    assert len(frames) == 12
    assert np.abs(frames[5].astype(int) - shots[5].colours).mean() < 6


def test_a_mask_hides_the_mouth_and_not_the_eyes() -> None:
    bare, covered = (people(HELD_OUT[:1], side=75, masked=masked) for masked in ((), HELD_OUT[:1]))

    (face,) = bare.faces
    changed = (bare.colours != covered.colours).any(axis=2)
    eyes, mouth = (round(face.top + share * face.height) for share in (0.25, 0.8))
    middle = slice(round(face.left + 10), round(face.right - 10))
    assert not changed[eyes, middle].any()
    assert changed[mouth, middle].mean() > 0.95


def test_every_profile_is_judged_and_each_once_and_a_slow_video_as_well() -> None:
    judged = {way for _, ways in CLIPS.values() for way in ways}
    profiles = [environ.get("BLUR_FACES_PROFILE", "standard") for environ in WAYS.values()]

    assert judged == set(WAYS)
    assert sorted(profiles) == sorted(PROFILES)
    assert not any("BLUR_FACES_DETECT_EVERY" in environ for environ in WAYS.values())
    assert min(rate for rate, _ in CLIPS.values()) == 1
