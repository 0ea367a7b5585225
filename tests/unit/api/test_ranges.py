"""Byte ranges, held against what they mean for a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.api.ranges import matches, wanted
from local.api.refusal import Refusal

CONTENT = b"0123456789"


@pytest.mark.parametrize(
    ("header", "bytes_"),
    [
        ("bytes=0-0", b"0"),
        ("bytes=2-4", b"234"),
        ("bytes=7-", b"789"),
        ("bytes=-3", b"789"),
        ("bytes=-99", CONTENT),
        ("bytes=8-99", b"89"),
        ("Bytes= 2-4 ", b"234"),
    ],
)
def test_a_range_is_part_of_the_file(header: str, bytes_: bytes) -> None:
    part = wanted(header, len(CONTENT))

    assert not part.is_whole
    assert CONTENT[part.start : part.end] == bytes_
    assert part.header == f"bytes {part.start}-{part.end - 1}/10"


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=4-2", "lines=1-2", "bytes=0-1,4-5", "bytes=a-b"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(header: str | None) -> None:
    part = wanted(header, len(CONTENT))

    assert (part.start, part.end, part.is_whole) == (0, 10, True)


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_range_behind_the_end_is_refused_with_the_size(header: str, size: int) -> None:
    with pytest.raises(Refusal) as refused:
        wanted(header, size)

    assert (refused.value.status, refused.value.headers) == (416, {"Content-Range": f"bytes */{size}"})


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(0, 20))
def test_no_header_makes_a_range_outside_the_file(header: str, size: int) -> None:
    try:
        part = wanted(header, size)
    except Refusal:
        return

    assert 0 <= part.start <= part.end <= size


def test_a_tag_matches_strongly_or_among_others_weakly() -> None:
    assert matches('"a"', "a")
    assert not matches('W/"a"', "a")
    assert not matches(None, "a")
    assert matches('"b", W/"a"', "a", weakly=True)
    assert matches("*", "a", weakly=True)
    assert not matches('"b"', "a", weakly=True)
