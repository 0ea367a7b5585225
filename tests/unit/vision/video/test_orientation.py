from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from functions.vision.video.orientation import Upright
from tests.unit.vision.video.clips import portrait, read


def turned(path: Path, *sizes: tuple[int, int]) -> Path:
    """Write a VP8 video as calls are recorded: three frames of each size, one stream."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width, stream.height = sizes[0]
        stream.pix_fmt = "yuv420p"
        time = 0
        for width, height in sizes:
            codec = av.CodecContext.create("libvpx", "w")
            codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
            codec.time_base, codec.framerate, codec.bit_rate = Fraction(1, 25), Fraction(25), 2_000_000
            codec.options = {"deadline": "realtime", "lag-in-frames": "0", "auto-alt-ref": "0"}
            white = av.VideoFrame.from_ndarray(np.full((height, width, 3), 250, np.uint8), format="bgr24")
            frames = [white.reformat(format="yuv420p") for _ in range(3)]
            for number, frame in enumerate(frames):
                frame.pts, frame.time_base = number, Fraction(1, 25)
            for packet in [*(each for frame in frames for each in codec.encode(frame)), *codec.encode(None)]:
                packet.stream, packet.pts, packet.dts, packet.time_base = stream, time, time, Fraction(1, 25)
                container.mux(packet)
                time += 1
    return path


def test_a_stream_that_is_turned_on_the_way_keeps_the_shape_of_what_it_shows(tmp_path: Path) -> None:
    header, frames, _ = read(turned(tmp_path / "a.webm", (160, 96), (96, 160), (320, 192)))

    assert (header.width, header.height) == (160, 96)
    bright = [np.argwhere(frame.colours[..., 1] > 128) for frame in frames if frame.colours is not None]
    shown = [tuple(int(side) for side in np.ptp(each, axis=0)[::-1] + 1) for each in bright]
    assert shown == [(160, 96)] * 3 + [(58, 96)] * 3 + [(160, 96)] * 3


@pytest.mark.parametrize("shape", [(144, 192), (192, 144)])
def test_a_frame_of_another_shape_has_black_bars_not_a_squeezed_face(shape: tuple[int, int]) -> None:
    height, width = shape
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(portrait(width, height)), format="bgr24")

    colours = Upright((100, 100)).colours(frame)

    lit = np.argwhere(colours.max(axis=2) > 0)
    across, down = np.ptp(lit[:, 1]) + 1, np.ptp(lit[:, 0]) + 1
    assert across / down == pytest.approx(width / height, abs=0.03)
    assert colours.shape == (100, 100, 3)
