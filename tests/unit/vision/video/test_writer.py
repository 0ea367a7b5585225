from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.vision.pictures import Colours
from functions.vision.video.messages import Header
from functions.vision.video.writer import VideoWriter
from tests.unit.vision.video.clips import moved, portrait, read


def header(width: int, height: int, base: Fraction = Fraction(1, 25), **more: object) -> Header:
    return Header(width, height, base, Fraction(25), Fraction(1), **more)  # type: ignore[arg-type]


def written(path: Path, pictures: list[Colours], times: list[int], base: Fraction, last: int = 1) -> Path:
    height, width = pictures[0].shape[:2]
    ends = [*times[1:], times[-1] + last]
    with VideoWriter(path, header(width, height, base), crf=8) as writer:
        for picture, time, end in zip(pictures, times, ends, strict=True):
            writer.write(picture, time=time, duration=end - time)
    return path


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    gaps=st.lists(st.integers(1, 5000), min_size=1, max_size=8),
    base=st.sampled_from([Fraction(1, 1000), Fraction(1, 100), Fraction(1001, 30_000), Fraction(1, 90_000)]),
    last=st.integers(1, 900),
)
def test_every_frame_is_shown_at_its_own_time_and_the_last_for_as_long_as_it_was(
    tmp_path: Path, gaps: list[int], base: Fraction, last: int
) -> None:
    times = [0, *np.cumsum(gaps).tolist()]

    path = written(tmp_path / "a.mp4", moved(len(times), width=32, height=32), times, base, last)

    with av.open(str(path)) as container:
        (stream,) = container.streams.video
        unit = Fraction(stream.time_base or 0)
        shown = [(int(frame.pts or 0) * unit, frame.duration * unit) for frame in container.decode(stream)]
    assert [start for start, _ in shown] == [time * base for time in times]
    assert sum(shown[-1]) == (times[-1] + last) * base


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 2), (3, 5), (17, 16), (64, 49), (640, 2)])
def test_odd_sizes_gain_a_repeated_row_or_column_and_nothing_else(tmp_path: Path, width: int, height: int) -> None:
    picture = portrait(width, height)

    got, frames, _ = read(written(tmp_path / "a.mp4", [picture] * 2, [0, 1], Fraction(1, 25)))

    assert (got.width, got.height) == (width + width % 2, height + height % 2)
    assert np.abs(np.asarray(frames[0].colours)[:height, :width].astype(int) - picture).mean() < 16


def test_colours_stay_what_they_are(tmp_path: Path) -> None:
    bars = np.zeros((64, 8 * 32, 3), np.uint8)
    for number in range(8):
        bars[:, 32 * number : 32 * number + 32] = [255 * (number & 1), 255 * (number >> 1 & 1), 255 * (number >> 2)]

    _, frames, _ = read(written(tmp_path / "a.mp4", [bars] * 2, [0, 1], Fraction(1, 25)))

    middles = np.s_[32, 16::32]
    assert np.abs(np.asarray(frames[0].colours)[middles].astype(int) - bars[middles]).max() <= 6


def test_the_same_frames_give_the_same_bytes_and_no_date(tmp_path: Path) -> None:
    one = written(tmp_path / "a.mp4", moved(5), list(range(5)), Fraction(1, 25)).read_bytes()
    other = written(tmp_path / "b.mp4", moved(5), list(range(5)), Fraction(1, 25)).read_bytes()

    assert one == other
    assert b"Lavf" not in one


def test_a_browser_can_play_it_while_it_loads(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", moved(5), list(range(5)), Fraction(1, 25))

    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        (stream,) = container.streams.video
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")


def test_what_fails_half_way_is_what_is_heard_of(tmp_path: Path) -> None:
    def fails() -> None:
        with VideoWriter(tmp_path / "a.mp4", header(32, 32)) as writer:
            writer.write(portrait(32, 32), time=0, duration=1)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fails()
