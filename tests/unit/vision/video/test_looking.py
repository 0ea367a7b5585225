from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from functions.vision.faces import Found
from functions.vision.pictures import Colours
from functions.vision.video.looking import Watch
from functions.vision.video.reader import Frame
from functions.vision.video.tracking import Linker
from tests.unit.vision.video.test_tracking import face


def shown(places: Sequence[float | None]) -> list[Frame]:
    """Give frames of one row; where the face is stands in the pixels."""
    return [
        Frame(number, number, 1, np.full((1, 1, 3), 0 if place is None else place, np.uint8))
        for number, place in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("places", "looks"),
    [
        ([100.0] * 13, 5),  # frames 0, 4, 8 and 12, and the last
        ([100.0] * 6 + [None] * 7, 8),  # it goes between 4 and 8
        ([100.0] * 6 + [200.0] * 7, 8),  # a cut
        ([100.0 + 8 * step for step in range(13)], 13),  # fast
    ],
)
def test_frames_between_two_looks_are_looked_at_where_faces_come_go_or_jump(
    places: list[float | None], looks: int
) -> None:
    seen: list[int] = []

    def look(colours: Colours) -> list[Found]:
        place = int(colours[0, 0, 0])
        seen.append(place)
        return [face(place)] if place else []

    watch = Watch(look, Linker(0.5), every=4, time_base=Fraction(1, 25))
    for _ in watch.watch(shown(places)):
        pass

    assert abs(watch.looks - looks) <= 1
    assert watch.frames == len(places)
    assert watch.seconds == pytest.approx(len(places) / 25)


def watched(frames: Sequence[Frame], *, every: int, rate: Fraction) -> Watch:
    """Watch frames with one face that stands still in all of them."""
    watch = Watch(lambda _: [face(100)], Linker(0.5), every=every, time_base=1 / rate)
    for _ in watch.watch(frames):
        pass
    return watch


@pytest.mark.parametrize("rate", [Fraction(1, 5), Fraction(1), Fraction(2), Fraction(4)])
def test_every_frame_of_a_slow_video_is_looked_at(rate: Fraction) -> None:
    assert watched(shown([100] * 12), every=5, rate=rate).looks == 12


@pytest.mark.parametrize(("rate", "apart"), [(10, 2), (24, 6), (25, 6), (60, 15)])
def test_two_looks_are_at_most_a_quarter_of_a_second_apart(rate: int, apart: int) -> None:
    watch = watched(shown([100] * 120), every=30, rate=Fraction(rate))

    (track,) = watch.linker.tracks()
    assert {later - frame for frame, later in zip(track.frames, track.frames[1:], strict=False)} <= {apart, 119 % apart}


def test_frames_before_one_that_stands_for_long_are_looked_at_whatever_they_say_of_themselves() -> None:
    frames = [Frame(number, time, 1, np.zeros((1, 1, 3), np.uint8)) for number, time in enumerate((0, 1, 2, 500, 501))]

    assert watched(frames, every=30, rate=Fraction(25)).looks == 5


def flashing(at: int, *, side: int) -> list[Frame]:
    """Give twelve frames of 720p in one of which a patterned square is, in its mean the colour of all around it."""
    frames = []
    for number in range(12):
        colours = np.full((720, 1280, 3), 120, np.uint8)
        if number == at:
            colours[300 : 300 + side, 610 : 610 + side // 2] = 150
            colours[300 : 300 + side, 610 + side // 2 : 610 + side] = 90
        frames.append(Frame(number, number, 1, colours))
    return frames


@pytest.mark.parametrize("side", [24, 48])
def test_a_small_thing_that_flashes_between_two_looks_is_looked_at(side: int) -> None:
    seen: list[bool] = []

    def look(colours: Colours) -> list[Found]:
        seen.append(bool((colours == 150).any()))
        return []

    watch = Watch(look, Linker(0.5), every=5, time_base=Fraction(1, 25))
    for _ in watch.watch(flashing(7, side=side)):
        pass

    assert any(seen)
    assert watch.looks < 12


def test_the_noise_of_a_camera_is_not_looked_at() -> None:
    noise = np.random.default_rng(5)
    frames = [
        Frame(each, each, 1, noise.normal(120, 12, (360, 640, 3)).clip(0, 255).astype(np.uint8)) for each in range(13)
    ]

    assert watched(frames, every=3, rate=Fraction(25)).looks == 5


@pytest.mark.parametrize(("shape", "most"), [((2200, 4000), 3), ((1080, 1920), 5)])
def test_of_large_frames_fewer_are_kept_than_a_service_has_memory_for(shape: tuple[int, int], most: int) -> None:
    colours = np.zeros((*shape, 3), np.uint8)
    frames = [Frame(number, number, 1, colours) for number in range(13)]

    (track,) = watched(frames, every=5, rate=Fraction(25)).linker.tracks()

    assert max(np.diff(track.frames)) == most
