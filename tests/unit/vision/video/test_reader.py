import io
import os
import signal
import struct
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from functions.runtime import Rejected
from functions.runtime.errors import TryAgain
from functions.sandbox.walls import Unconfined
from functions.vision.video import reader
from functions.vision.video.kinds import form_of
from functions.vision.video.reader import opened
from functions.vision.video.wholeness import missing
from tests.unit.vision.images import example
from tests.unit.vision.video.clips import CODECS, LIMITS, clip, endless_gif, moved, moving_gif, read

FORMS = {".mp4": "mov", ".mov": "mov", ".mkv": "matroska", ".webm": "matroska", ".avi": "avi"}
PHONE = [0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30]  # the display matrix of an upright phone (ISO/IEC 14496-12, 8.3.2)


@pytest.mark.parametrize("ending", CODECS)
def test_every_frame_of_every_container_comes_in_its_order_and_colours(tmp_path: Path, ending: str) -> None:
    pictures = moved(6)

    header, frames, _ = read(clip(tmp_path / f"a{ending}", pictures))

    assert form_of(tmp_path / f"a{ending}") == FORMS[ending]
    assert (header.width, header.height, header.rate) == (192, 144, Fraction(25))
    assert [frame.index for frame in frames] == list(range(6))
    assert [float(frame.time * header.time_base) for frame in frames[-3:]] == pytest.approx([0.12, 0.16, 0.2], abs=0.05)
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(np.asarray(frame.colours).astype(int) - picture).mean() < 8


def test_a_moving_gif_is_a_video_and_one_that_stands_still_a_picture(tmp_path: Path) -> None:
    (tmp_path / "moving").write_bytes(moving_gif(4, duration=70))
    (tmp_path / "still").write_bytes(moving_gif(1))

    header, frames, _ = read(tmp_path / "moving")

    assert form_of(tmp_path / "still") is None
    assert [float(frame.time * header.time_base) for frame in frames] == pytest.approx([0, 0.07, 0.14, 0.21])
    assert sum(frame.duration for frame in frames) * header.time_base == Fraction(28, 100)


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg"])
def test_a_picture_is_no_video(name: str) -> None:
    assert form_of(example(name)) is None


def test_frames_keep_the_times_they_are_shown_at_however_uneven(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", moved(5), times=[0, 40, 41, 900, 3000], base=Fraction(1, 1000))

    header, frames, _ = read(path)

    assert [frame.time * header.time_base * 1000 for frame in frames] == [0, 40, 41, 900, 3000]


def test_a_video_filmed_with_the_phone_upright_stands_upright(tmp_path: Path) -> None:
    upright = moved(2)
    stored = [np.ascontiguousarray(np.rot90(each)) for each in upright]  # as the sensor lies

    header, frames, _ = read(clip(tmp_path / "a.mp4", stored, matrix=PHONE, sample_aspect_ratio=Fraction(4, 3)))

    assert (header.width, header.height, header.aspect) == (192, 144, Fraction(3, 4))
    assert np.abs(np.asarray(frames[0].colours).astype(int) - upright[0]).mean() < 8


@pytest.mark.parametrize(
    ("matrix", "undo"),
    [
        ([-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], lambda each: each[:, ::-1]),
        ([65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30], lambda each: each[::-1]),
        ([-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30], lambda each: each[::-1, ::-1]),
        ([0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30], lambda each: np.rot90(each, -1)),
        ([0, 65536, 0, 65536, 0, 0, 0, 0, 1 << 30], lambda each: each.swapaxes(0, 1)),
        ([0, -65536, 0, -65536, 0, 0, 0, 0, 1 << 30], lambda each: np.rot90(each, 2).swapaxes(0, 1)),
        ([1, 0, 0, 0, 0, 0, 0, 0, 0], lambda each: each),
    ],
)
def test_mirrored_and_turned_videos_stand_upright(tmp_path: Path, matrix: list[int], undo: Any) -> None:
    (upright,) = moved(1)
    stored = np.ascontiguousarray(undo(upright))

    _, frames, _ = read(clip(tmp_path / "a.mp4", [stored] * 2, matrix=matrix))

    assert np.abs(np.asarray(frames[0].colours).astype(int) - upright).mean() < 8


def test_one_frame_in_so_many_seconds_is_handed_over_and_the_others_are_counted(tmp_path: Path) -> None:
    _, frames, _ = read(clip(tmp_path / "a.mp4", moved(26)), every=0.4)

    assert len(frames) == 26
    assert [frame.index for frame in frames if frame.colours is not None] == [0, 10, 20]


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".webm", ".avi"])
def test_sound_comes_as_samples_from_the_first_frame_on(tmp_path: Path, ending: str) -> None:
    path = clip(tmp_path / f"a{ending}", moved(10), sound=0.4)

    header, _, heard = read(path, sound=True)
    samples = np.concatenate([each.samples for each in heard])

    assert header.sound == (48_000, 2)
    assert len(samples) == pytest.approx(0.4 * 48_000, abs=4096)
    assert all(one.at + len(one.samples) == other.at for one, other in pairwise(heard))
    strongest = np.abs(np.fft.rfft(samples[4800:14400, 0].astype(float))).argmax()
    assert strongest * 48_000 / 9600 == pytest.approx(440, abs=5)


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


@pytest.mark.parametrize("ending", [*CODECS, ".gif"])
def test_half_a_file_is_rejected_with_what_is_missing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    if ending == ".gif":
        path.write_bytes(moving_gif(8))
    else:
        clip(path, moved(12))
    assert missing(path, form_of(path) or "") == 0

    short = cut(path, 0.5)

    with pytest.raises(Rejected, match=r"the video is cut off, at least [\d,]+ bytes are missing at its end"):
        read(short)


def test_damage_in_the_middle_is_rejected_with_the_second_where_it_begins(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.avi", moved(40))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = os.urandom(3000)
    path.write_bytes(data)

    with pytest.raises(Rejected, match=r"the video is damaged( or cut off)? after [\d.]+ s"):
        read(path)


HOSTILE = {
    "header.mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(64),
    "header.mkv": b"\x1aE\xdf\xa3" + bytes(100),
    "header.avi": b"RIFF\0\0\0\0AVI " + bytes(100),
    "endless.gif": endless_gif(201),
}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("header.mp4", "the video cannot be opened"),
        ("header.mkv", "the video cannot be opened"),
        ("header.avi", "the video cannot be opened"),
        ("endless.gif", "the video has more than 200 frames"),
    ],
)
def test_what_is_no_video_or_too_much_of_one_is_rejected_with_its_limit(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])

    with pytest.raises(Rejected, match=sentence) as failure:
        read(tmp_path / name)

    assert failure.value.hint


def test_a_video_that_is_longer_or_larger_than_it_may_be_is_rejected_with_the_limit(tmp_path: Path) -> None:
    large = clip(tmp_path / "large.mp4", [np.zeros((1200, 1000, 3), np.uint8)] * 2)
    long = clip(tmp_path / "long.mkv", moved(3), times=[0, 40, 70_000], base=Fraction(1, 1000))

    with pytest.raises(Rejected, match=r"frames have 1,000 x 1,200 pixels, more than the limit of 1 megapixels"):
        read(large)
    with pytest.raises(Rejected, match="the video lasts longer than 60 s"):
        read(long)
    with pytest.raises(Rejected, match="more than the limit of 1,000"):
        read(large, LIMITS.model_copy(update={"max_video_bytes": 1000}))


def bomb(path: Path) -> bytes:
    """Give Motion JPEG whose every frame says that it has 12,000 x 12,000 pixels, and whose header does not."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for colours in moved(3, width=64, height=48):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(colours, format="bgr24")))
        container.mux(stream.encode(None))
    size = struct.pack(">HH", 48, 64)
    return path.read_bytes().replace(
        b"\xff\xc0\0\x11\x08" + size, b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 12_000, 12_000)
    )


def test_a_bomb_of_pixels_is_refused_before_there_is_room_for_it(tmp_path: Path) -> None:
    (tmp_path / "jpeg.avi").write_bytes(bomb(tmp_path / "a.avi"))
    picture = moving_gif(3)
    (tmp_path / "a.gif").write_bytes(picture[:6] + struct.pack("<HH", 12_000, 12_000) + picture[10:])

    with pytest.raises(Rejected, match="the video is damaged"):
        read(tmp_path / "jpeg.avi")
    with pytest.raises(Rejected, match=r"frames have 12,000 x 12,000 pixels, more than the limit of 1 megapixels"):
        read(tmp_path / "a.gif")


def test_frames_that_take_no_time_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(moving_gif(4, duration=0))

    _, frames, _ = read(tmp_path / "a.gif")

    assert len(frames) == 4
    assert all(one.time < other.time for one, other in pairwise(frames))
    assert all(frame.duration > 0 for frame in frames)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(Rejected, match="the file has no video in it"):
        read(tmp_path / "a.mp4")


def test_a_frame_that_needs_more_memory_than_there_is_is_rejected(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", [np.zeros((2160, 3840, 3), np.uint8)] * 3)
    little = LIMITS.model_copy(update={"max_frame_megapixels": 9, "decoder_memory": 160 << 20})

    with pytest.raises(Rejected, match="needs more memory than it may have") as failure:
        read(path, little)

    assert "DECODER_MEMORY" in failure.value.hint


class Broken(Unconfined):
    """Starts something else than the decoder."""

    def __init__(self, command: str) -> None:
        self.command = command

    def start(self, job: Any, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/sh", "-c", self.command], stdin=subprocess.DEVNULL, **streams)


@pytest.mark.parametrize(
    ("command", "verdict", "sentence"),
    [
        (f"kill -{signal.SIGSEGV} $$", Rejected, r"makes its decoder crash \(SIGSEGV\)"),
        (f"kill -{signal.SIGXCPU} $$", Rejected, "takes more CPU to decode"),
        (f"kill -{signal.SIGKILL} $$", TryAgain, "the decoding process ended early"),
        ("echo no room >&2; exit 125", TryAgain, "the decoding process could not start: no room"),
        ("head -c 100 /dev/zero", TryAgain, "said what cannot be understood"),
    ],
)
def test_how_a_decoder_ends_decides_whether_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, verdict: type[Exception], sentence: str
) -> None:
    path = clip(tmp_path / "a.mp4", moved(2))
    monkeypatch.setattr(reader, "choose", lambda _: Broken(command))

    with pytest.raises(verdict, match=sentence):
        read(path)


def test_a_reader_that_has_enough_leaves_no_process_behind(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", moved(100))

    with opened(path, "mov", LIMITS, LIMITS.bounds()) as video:
        next(video.frames())
        process = video._listener._process

    assert process.returncode is not None


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", moved(2)).rename(tmp_path / "concat:a|b.mp4")

    assert len(read(path)[1]) == 2


def test_a_picture_that_lies_about_being_a_video_is_rejected(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(moved(1)[0]).save(buffer, "PNG")
    (tmp_path / "a.mov").write_bytes(b"\0\0\0\x08wide" + buffer.getvalue())

    with pytest.raises(Rejected):
        read(tmp_path / "a.mov")
