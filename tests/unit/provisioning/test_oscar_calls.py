"""An answer has a time and a number of bytes, however a cluster sends it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import SecretStr

from functions.provisioning.oscar_calls import LONGEST, Calls
from functions.runtime.errors import TryAgain

PIECES, MANY = 100, 3000
"""Pieces of an answer that is taken, and of one that takes a minute: too long however late the timer is."""
PAUSE = 0.02


@contextmanager
def answering(before: bytes, piece: bytes = b"", after: bytes = b"", *, pieces: int = PIECES) -> Iterator[str]:
    """A server that gives one answer, the pieces of it slowly, and leaves the connection open; gives its address."""
    over = threading.Event()

    def answer() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(before)
            for _ in range(pieces if piece else 0):
                over.wait(PAUSE)
                connection.sendall(piece)
            connection.sendall(after)
            over.wait()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    ("before", "piece", "after"),
    [
        (f"HTTP/1.1 200 OK\r\nContent-Length: {MANY + 2}\r\n\r\n".encode(), b" ", b"[]"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x", b"\r\nContent-Length: 2\r\n\r\n[]"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", b"2\r\n[]\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_that_comes_byte_by_byte_must_be_whole_in_its_time(before: bytes, piece: bytes, after: bytes) -> None:
    with answering(before, piece, after, pieces=MANY) as endpoint:
        calls = Calls(endpoint, SecretStr("secret"), seconds=0.5)

        with pytest.raises(TryAgain, match=r"does not answer: its answer took more than 0\.5 seconds"):
            calls.get("/system/services")


def test_a_slow_answer_that_is_whole_in_its_time_is_taken() -> None:
    whole = f"HTTP/1.1 200 OK\r\nContent-Length: {PIECES + 2}\r\n\r\n".encode()
    with answering(whole, b" ", b"[]") as endpoint:
        assert Calls(endpoint, SecretStr("secret")).get("/system/services") == []


def test_of_a_text_no_more_is_read_than_is_given() -> None:
    more = f"HTTP/1.1 200 OK\r\nContent-Length: {LONGEST + 1}\r\n\r\n".encode() + b"x" * LONGEST
    with answering(more) as endpoint:
        assert Calls(endpoint, SecretStr("secret"), seconds=60).text("/system/logs/a/b") == "x" * LONGEST
