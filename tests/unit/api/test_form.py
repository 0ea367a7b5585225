"""Forms, read in pieces: however the network cuts a body, its parts are the same."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local.api.form import Begin, Form
from local.api.refusal import Refusal

BODY = (
    b'--xyz\r\nContent-Disposition: form-data; name="model"; filename="a \\"b\\".keras"\r\nContent-Type: x/y\r\n\r\n'
    b"\r\n--xy not the end\r\n-\r\n--xyz\r\n"
    b'content-disposition: form-data; name="dataset"; filename="\xc3\xa4.csv"\r\n\r\n\r\n--xyz--\r\n'
)
PARTS = {("model", 'a "b".keras'): b"\r\n--xy not the end\r\n-", ("dataset", "ä.csv"): b""}


def read(pieces: list[bytes]) -> dict[tuple[str, str], bytes]:
    form, found, name = Form(b"xyz"), dict[tuple[str, str], bytes](), ("", "")
    for piece in (each for content in pieces for each in form.feed(content)):
        if isinstance(piece, Begin):
            name = piece.role, piece.file_name
            found[name] = b""
        else:
            found[name] += piece.content
    assert form.is_complete
    return found


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
@example(list(range(len(BODY))))
def test_however_a_body_is_cut_its_parts_are_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BODY)]

    assert read([BODY[start:end] for start, end in pairwise(places)]) == PARTS


@pytest.mark.parametrize("body", [b"nonsense", b"--xyz\r\nno header\r\n\r\n", b"--xyz\r\nContent-Type: x\r\n\r\nabc"])
def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        Form(b"xyz").feed(body)

    assert refused.value.status == 400


def test_t2_headers_of_a_part_without_end_are_refused() -> None:
    form = Form(b"xyz")
    form.feed(b"--xyz\r\n")

    with pytest.raises(Refusal):
        form.feed(b"A: b\r\n" * 10_000)


def test_a_body_that_ends_too_early_is_not_complete() -> None:
    form = Form(b"xyz")

    form.feed(BODY[:-8])

    assert not form.is_complete
