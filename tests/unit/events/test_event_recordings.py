"""Files of recorded documents, in every layout, with what is wrong in them named."""

import gzip
import io
import json
from pathlib import Path

import pytest

import events
from events import ObjectCreated, wire
from events.recordings import Recording, read_recordings

SAMPLES = Path(events.__file__).parent / "samples"
DOCUMENTS = [wire.minio_document(ObjectCreated(bucket="photos", key=f"in/{n}.jpg", etag=f"{n}")) for n in range(3)]
LAID_OUT = [json.dumps(json.loads(document), indent=2).encode() for document in DOCUMENTS]


def read(content: bytes) -> list[Recording]:
    return list(read_recordings(io.BufferedReader(io.BytesIO(content)), "file"))


def told(content: bytes) -> tuple[list[str], list[str]]:
    """Give the names of the objects, and what is wrong with which document."""
    found = read(content)
    names = [event.name for each in found for event in each.events]
    return names, [f"{each.where}: {problem}" for each in found for problem in each.problems]


@pytest.mark.parametrize(
    "content",
    [
        b"\n".join(DOCUMENTS),
        b"\r\n\r\n".join(DOCUMENTS) + b"\r\n",
        b"[" + b",".join(DOCUMENTS) + b"]",
        json.dumps([json.loads(document) for document in DOCUMENTS], indent=1).encode(),
        b"\n".join(LAID_OUT),
        b"\n\n".join([DOCUMENTS[0], *LAID_OUT[1:]]),
        b"\n".join([LAID_OUT[0], *DOCUMENTS[1:]]),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [lambda whole: whole, gzip.compress])
def test_documents_are_read_in_whatever_layout(content: bytes, mark: bytes, packed: type[bytes]) -> None:
    assert told(packed(mark + content)) == (["0.jpg", "1.jpg", "2.jpg"], [])


def test_each_bad_document_is_named_with_its_line_and_the_others_are_read() -> None:
    lines = [DOCUMENTS[0], b"rubbish", b'{"a": 1}', b"\xff", b"[" * 100_000, b"3", DOCUMENTS[1]]

    names, wrong = told(b"\n".join(lines))

    assert names == ["0.jpg", "1.jpg"]
    assert wrong == [
        "file, line 2: the document is not JSON at column 1",
        "file, line 3: the document is not an event about an object",
        "file, line 4: the document is not UTF-8 text",
        "file, line 5: the JSON is nested too deeply to be an event",
        "file, line 6: the document is not a JSON object",
    ]


def test_a_document_cut_off_in_the_middle_hides_none_that_follows() -> None:
    content = b"\n".join([LAID_OUT[0], LAID_OUT[1][:200], LAID_OUT[2]])

    names, wrong = told(content)

    assert names == ["0.jpg", "2.jpg"]
    begun = LAID_OUT[0].count(b"\n") + 2
    assert [each.split(":")[0] for each in wrong] == [f"file, line {begun}"]


def test_a_bad_document_of_an_array_is_named_by_its_place() -> None:
    _, wrong = told(b"\n[" + DOCUMENTS[0] + b',{"a": 1}]')

    assert wrong == ["file, line 2, document 2 of 2: the document is not an event about an object"]


def test_of_a_damaged_gzip_file_what_can_be_read_is() -> None:
    whole = gzip.compress(b"\n".join(DOCUMENTS) + b"\n")

    names, wrong = told(whole[:-12])

    assert set(names) <= {"0.jpg", "1.jpg", "2.jpg"}
    assert wrong == [f"file, after line {max(1, len(names))}: the compressed file is damaged from here on"]


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_has_no_documents(content: bytes) -> None:
    assert read(content) == []


def test_every_sample_is_a_file_of_one_document() -> None:
    for file in SAMPLES.glob("*.json"):
        with file.open("rb") as source:
            assert [each.where for each in read_recordings(source, file.name)] == [f"{file.name}, line 1"]


def test_json_lines_are_read_one_at_a_time() -> None:
    class Endless(io.RawIOBase):
        """Documents without end: whoever reads them all never comes back."""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            line = DOCUMENTS[0] + b"\n"
            buffer[: len(line)] = line
            return len(line)

    endless = read_recordings(io.BufferedReader(Endless()), "endless")

    assert [next(endless).where for _ in range(1000)][-1] == "endless, line 1000"
