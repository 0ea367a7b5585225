"""Frames come whole or not at all, whatever is sent."""

import socket
from collections.abc import Iterator

import pytest

from functions.runtime.channel import FRAME_LIMIT, Channel


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), theirs


def test_frames_that_come_together_are_received_one_by_one(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(b'{"frame": "a"}\n{"frame": "b"}\n{"frame"')

    received = [channel.receive(), channel.receive()]
    is_whole = channel.has_frame(0)
    theirs.sendall(b': "c"}\n')

    assert received == [{"frame": "a"}, {"frame": "b"}]
    assert not is_whole
    assert channel.receive() == {"frame": "c"}


@pytest.mark.parametrize(
    "said",
    [b"{}", b"[1]", b"null", b'{"frame": 1}', b'{"frame": NaN}', b"\xff\xfe", b"[" * 50_000],
    ids=["nothing", "list", "null", "number", "NaN", "no text", "deep"],
)
def test_nonsense_is_no_frame(ends: tuple[Channel, socket.socket], said: bytes) -> None:
    channel, theirs = ends

    theirs.sendall(said + b"\n")

    assert channel.receive() is None


def test_the_end_of_the_other_end_is_no_frame_though_one_had_begun(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(b'{"frame": "a"}')
    theirs.close()

    assert channel.receive() is None


def test_what_is_too_long_is_no_frame(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.setblocking(False)
    sent = 0

    while not channel.has_frame(0):
        sent += theirs.send(b"x" * 2**16)

    assert FRAME_LIMIT <= sent <= FRAME_LIMIT + 2**20
    assert channel.receive() is None


def test_who_takes_nothing_is_not_waited_for(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends

    with pytest.raises(OSError, match="timed out"):
        channel.send({"frame": "answer", "value": "x" * 2**22}, 0.1)
