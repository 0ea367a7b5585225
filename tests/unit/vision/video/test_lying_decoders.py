from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from functions.vision.video import messages, reader
from functions.vision.video.messages import MESSAGE, Header
from functions.vision.video.reader import DecoderLostError
from tests.unit.vision.video.clips import LIMITS, clip, moved, read
from tests.unit.vision.video.test_reader import Broken

HEADER = Header(2, 2, Fraction(1, 25), Fraction(25), Fraction(1), sound=(8_000, 2)).to_json()
Said = tuple[bytes, int, int, bytes]


def frame(time: int, duration: int = 1) -> Said:
    return messages.FRAME, time, duration, bytes(12)


def sound(at: int, size: int = 400) -> Said:
    return messages.SOUND, at, 0, bytes(size)


def hear(said: Sequence[Said], folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read a video whose decoder was taken over and says this; gives how many frames are believed."""
    whole = [(messages.HEADER, 0, 0, HEADER), *said]
    content = b"".join(MESSAGE.pack(kind, time, last, len(text)) + text for kind, time, last, text in whole)
    (folder / "said").write_bytes(content)
    monkeypatch.setattr(reader, "choose", lambda _: Broken(f"cat {folder / 'said'}"))
    _, frames, _ = read(clip(folder / "a.mp4", moved(1)), sound=True)
    return len(frames)


@pytest.mark.parametrize("kind", [messages.REFUSAL, messages.LOST])
@pytest.mark.parametrize("words", [b"[]", b'["a", "b", "c"]', b"{", b"5", b"[" * 60_000, b"[1, 2]", b"\xff", b'"ab"'])
def test_a_refusal_that_is_none_is_a_lost_decoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes, words: bytes
) -> None:
    with pytest.raises(DecoderLostError, match="cannot be understood"):
        hear([(kind, 0, 0, words)], tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "said",
    [
        [frame(each) for each in range(LIMITS.max_frames + 1)],
        [frame(1), frame(1)],
        [frame(-1)],
        [frame(0), frame(25 * 60 + 1)],
        [frame(0, duration=0)],
        [frame(0, duration=1 << 60)],
        [sound(0), sound(0)],
        [sound(-1)],
        [sound(8_000 * 70)],
        [sound(0, size=402)],
        [sound(0, size=messages.SOUND_LIMIT + 4)],
    ],
)
def test_a_decoder_that_says_more_than_it_may_or_back_in_time_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[Said]
) -> None:
    with pytest.raises(DecoderLostError, match="does not keep its limits"):
        hear(said, tmp_path, monkeypatch)


def test_a_frame_that_was_wanted_is_not_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DecoderLostError, match="cannot be understood"):
        hear([frame(0), (messages.SKIPPED, 1, 1, b"")], tmp_path, monkeypatch)


def test_a_decoder_that_keeps_its_limits_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [frame(0), sound(0), frame(1), sound(100), frame(25 * 60, 25 * 60), (messages.END, 3, 0, b"")]

    assert hear(said, tmp_path, monkeypatch) == 3
