import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from functions.runtime.store import Stat, Store
from local.dashboard.bills import bill
from local.dashboard.contents import HEAD, content, picture
from local.dashboard.templating import environment, in_bytes, seconds, visible

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Shelf(Store):
    """One object in memory."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.read_bytes = 0

    def part(self, bucket: str, key: str, start: int, end: int, *, etag: str) -> bytes:
        self.read_bytes += min(end, len(self.body)) - start
        return self.body[start:end]


def look(key: str, body: bytes) -> tuple[str, str, bool, int]:
    shelf = Shelf(body)
    found = content(shelf, "b", Stat(key, "e", len(body), datetime.now(UTC), {}))
    return found.kind, found.text, found.is_whole, shelf.read_bytes


def test_a_picture_is_one_by_its_bytes_and_not_by_its_name() -> None:
    assert look("in/a.txt", PNG)[0] == "picture"
    assert look("in/a.png", b"<html><script>alert(1)</script>")[0] == "text"
    assert picture("a.svg", b"<svg onload=alert(1)>") == "image/svg+xml"
    assert picture("a.html", b"<svg onload=alert(1)>") == ""


def test_of_deep_json_only_what_is_shown_is_put_in_form() -> None:
    deep = b"[" * 450 + b"1," * 520_000 + b"1" + b"]" * 450  # in form 473 MB
    tracemalloc.start()

    kind, text, is_whole, _ = look("a.json", deep)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (kind, len(text), is_whole) == ("json", HEAD, False)
    assert most < 64 * 2**20


def test_json_is_put_in_form() -> None:
    assert look("a.json", b'{"a":[1]}')[:3] == ("json", '{\n  "a": [\n    1\n  ]\n}', True)


def test_of_ten_megabytes_of_json_only_the_beginning_is_read() -> None:
    kind, text, is_whole, read = look("a.json", json.dumps(["x" * 100] * 100_000).encode())

    assert (kind, is_whole, read) == ("text", False, HEAD)
    assert len(text) == HEAD


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a": NaN', b"[1,]", b'"\\ud800"'])
def test_what_is_no_json_or_too_deep_for_it_is_shown_as_text(body: bytes) -> None:
    assert look("a.json", body)[0] in {"text", "json"}


def test_json_that_grows_when_it_is_put_in_form_is_cut() -> None:
    kind, text, is_whole, _ = look("a.json", json.dumps([[[0]]] * 20_000).encode())

    assert (kind, len(text), is_whole) == ("json", HEAD, False)


def test_a_text_of_more_bytes_than_characters_is_whole_all_the_same() -> None:
    assert look("a.txt", "ü".encode() * 10)[:3] == ("text", "ü" * 10, True)


def test_a_text_is_cut_between_characters() -> None:
    kind, text, is_whole, _ = look("a.txt", "ü".encode() * HEAD)

    assert (kind, set(text), is_whole) == ("text", {"ü"}, False)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00a", b"text\0", bytes(range(256))])
def test_what_is_no_text_is_not_shown(body: bytes) -> None:
    assert look("a.txt", body)[:2] == ("binary", "")


def test_what_would_change_how_a_page_is_read_is_written_out() -> None:
    assert visible("a\u202egnp.exe") == "a\\u202egnp.exe"
    assert visible("a\x1b[31m\ud800\u200b") == "a\\x1b[31m\\ud800\\u200b"
    assert visible("Grüße, 你好\n") == "Grüße, 你好\n"


def test_a_name_is_text_wherever_a_page_has_it() -> None:
    name = "<script>alert('x')</script>\" onerror=\"\u202e"
    page = environment().from_string('<a title="{{ name }}" href="{{ "/object" | query(key=name) }}">{{ name }}</a>')

    shown = page.render(name=name)

    assert "<script" not in shown
    assert '" onerror' not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 ms"), (0.9994, "999 ms"), (1, "1.00 s"), (99, "99.00 s"), (300, "5 min"), (7200, "2.0 h")],
)
def test_lengths_of_time_are_short(value: float, text: str) -> None:
    assert seconds(value) == text


def test_sizes_are_short() -> None:
    assert [in_bytes(each) for each in (0, 1023, 1536, 2**30, 2**50)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "1.0 GiB",
        "1024.0 TiB",
    ]


@pytest.mark.parametrize("document", [None, [], 5, {}, {"bomFormat": "SPDX"}, "CycloneDX"])
def test_what_is_no_bill_of_materials_is_not_shown_as_one(document: object) -> None:
    assert bill(document) is None


def test_a_bill_is_read_as_far_as_it_is_one() -> None:
    whole = {"type": "library", "name": "numpy", "version": "2", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}
    odd = [5, None, {"name": ["x"], "hashes": {}, "licenses": [None, {"license": 3}]}]

    found = bill({"bomFormat": "CycloneDX", "specVersion": 1.7, "metadata": [], "components": [whole, *odd]})

    assert found is not None
    assert [(each.name, each.licences) for each in found.parts] == [("numpy", "BSD-3-Clause"), ("", "")]
    assert found.subject is None
