"""Forms: the parts of a ``multipart/form-data`` body, piece by piece as they arrive (RFC 7578)."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from local.api.refusal import Refusal

HINT = "send the parts model, dataset and dataset_definition as multipart/form-data, as curl -F does"


@dataclass(frozen=True)
class Begin:
    """A part begins: the field's name, and the file's as the client calls it."""

    role: str
    file_name: str


@dataclass(frozen=True)
class Data:
    """Some of the part's bytes."""

    content: bytes


Piece = Begin | Data


@dataclass
class Form:
    """Reads one body; holds no more than what was fed last."""

    boundary: bytes
    _pieces: list[Piece] = field(default_factory=list)
    _disposition: bytes = b""
    _name: bytes = b""
    _value: bytes = b""
    is_complete: bool = False

    def __post_init__(self) -> None:
        try:
            self._parser = MultipartParser(
                self.boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise Refusal(400, "the form's boundary is too long", hint=HINT) from error

    def feed(self, content: bytes) -> list[Piece]:
        """Take some of the body, and give what is in it.

        Raises:
            Refusal: 400; it is no form.
        """
        try:
            self._parser.write(content)
        except FormParserError as error:
            raise Refusal(400, "the body is not multipart/form-data", hint=HINT) from error
        pieces, self._pieces = self._pieces, []
        return pieces

    def _on_part_begin(self) -> None:
        self._disposition = self._name = self._value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise Refusal(400, "a part of the form has no name", hint=HINT)
        self._pieces.append(Begin(_text(options[b"name"]), _text(options.get(b"filename", b""))))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(Data(data[start:end]))

    def _on_end(self) -> None:
        self.is_complete = True


def form_of(request: Request) -> Form:
    """Make the reader of a request's body.

    Raises:
        Refusal: 415; the body is of another kind.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Refusal(415, "the body is not multipart/form-data", hint=HINT)
    if not options.get(b"boundary"):
        raise Refusal(400, "the form names no boundary", hint=HINT)
    return Form(options[b"boundary"])


async def body(request: Request, *, limit: int, silence: float, seconds: float) -> AsyncIterator[bytes]:
    """Go through a request's body as it arrives.

    Raises:
        Refusal: 413, it has more than ``limit`` bytes; 408, nothing came for ``silence`` seconds, or all of it takes
            longer than ``seconds``.
        ClientDisconnect: The client is gone.
    """
    until = time.monotonic() + seconds
    too_large = Refusal(413, f"the submission has more than {limit:,} bytes", hint="send less, or put it into a bucket")
    if int(request.headers.get("content-length", "0")) > limit:
        raise too_large
    stream, received = request.stream(), 0
    while True:
        try:
            with anyio.fail_after(min(silence, until - time.monotonic())):
                content = await anext(stream, None)
        except TimeoutError as error:
            slow = (
                f"it took longer than {seconds:g} s" if time.monotonic() >= until else f"nothing came for {silence:g} s"
            )
            raise Refusal(408, slow, hint="send it again") from error
        if content is None:
            return
        received += len(content)
        if received > limit:
            raise too_large
        if content:
            yield content


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
