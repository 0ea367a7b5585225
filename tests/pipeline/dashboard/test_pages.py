"""Pages as they are served: they know of every run soon, show what lies there, and let nothing of it do anything."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.pipeline.dashboard.plane import Shown
from tests.pipeline.dashboard.visitor import Visitor
from tests.waiting import eventually

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def visitor(shown: Shown) -> Iterator[Visitor]:
    with Visitor.of(shown.url) as visitor:
        yield visitor


def test_a_run_is_on_the_pages_soon_after_it_has_ended(shown: Shown, visitor: Visitor) -> None:
    shown.door.touch()
    name = shown.write("grumble", "inbox", "in/soon.txt", b"hello")
    run = shown.ended(name)[0]

    eventually(lambda: "in/soon.txt" in visitor.page("/runs", function="grumble", state="committed"))

    page = visitor.page("/run", name=name)
    assert run.outputs[0].key.rpartition("/")[2] in page
    assert "in/soon.txt" in visitor.page("/")


def test_whoever_looks_is_told_that_a_count_has_changed(shown: Shown, visitor: Visitor) -> None:
    shown.door.touch()
    news = visitor.news("counts")
    first = next(news)["counts"]
    shown.ended(shown.write("grumble", "inbox", "in/counted.txt", b"one more"))
    now = len(shown.json("runs", "--function", "grumble", "--state", "committed", "--limit", "10000"))

    told = (each["counts"].get("grumble.committed") for each in news)  # what ended while nobody looked comes in between

    assert first["grumble.committed"] != f"{now:,}"
    assert next(count for count in told if count == f"{now:,}")


def test_an_object_leads_both_ways(shown: Shown, visitor: Visitor) -> None:
    shown.door.touch()
    name = shown.write("grumble", "inbox", "in/both.txt", b"there and back")
    output = shown.ended(name)[0].outputs[0]

    eventually(lambda: "grumble-outbox/" in visitor.page("/object", bucket="inbox", key="in/both.txt"))

    assert "in/both.txt" in visitor.page("/object", bucket=output.bucket, key=output.key)


def test_an_object_that_is_gone_is_remembered_by_its_runs(shown: Shown, visitor: Visitor) -> None:
    shown.door.touch()
    name = shown.write("grumble", "inbox", "in/gone.txt", b"soon gone")
    shown.ended(name)
    eventually(lambda: name in unquote(visitor.page("/runs", state="committed")))
    shown.store.delete("inbox", "in/gone.txt")

    page = visitor.page("/object", bucket="inbox", key="in/gone.txt")

    assert "It is gone" in page
    assert "grumble-outbox/" in page


def test_a_picture_with_a_script_in_it_is_served_so_that_it_does_nothing(shown: Shown, visitor: Visitor) -> None:
    shown.store.write("grumble-outbox", "out/drawing.svg", SVG)
    where = {"bucket": "grumble-outbox", "key": "out/drawing.svg"}

    within = visitor.client.get("/content", params=where, headers={"sec-fetch-dest": "image"})
    alone = visitor.client.get("/content", params=where, headers={"sec-fetch-dest": "document"})

    assert within.headers["content-type"] == "image/svg+xml"
    assert within.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert alone.headers["content-disposition"].startswith("attachment")
    assert alone.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ["a.html", "a.svg.txt", "a.js", "a.xhtml", "a.pdf"])
def test_what_is_no_picture_is_saved_and_never_opened(shown: Shown, visitor: Visitor, name: str) -> None:
    shown.store.write("grumble-outbox", f"out/{name}", b"<script>alert(1)</script>" + SVG)

    answer = visitor.client.get("/content", params={"bucket": "grumble-outbox", "key": f"out/{name}"})

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_object_is_saved_byte_for_byte_under_its_own_name(shown: Shown, visitor: Visitor) -> None:
    body, key = bytes(range(256)) * 9000, "out/ü \u202e;\"'<b>.bin"
    shown.store.write("grumble-outbox", key, body)

    answer = visitor.client.get("/content", params={"bucket": "grumble-outbox", "key": key})

    assert answer.content == body
    assert unquote(answer.headers["content-disposition"].rpartition("''")[2]) == key.rpartition("/")[2]


@pytest.mark.parametrize("bucket", ["", "..", "noria-ready", "no-such-bucket", "inbox/../noria-ready"])
def test_buckets_that_no_pipeline_names_are_not_shown(visitor: Visitor, bucket: str) -> None:
    for path in ("/object", "/content"):
        assert visitor.client.get(path, params={"bucket": bucket, "key": "ready"}).status_code == 404


@pytest.mark.parametrize("key", ["in/../../etc/passwd", "/in", "in//x", "", "in/\x00", "in/" + "x" * 3000])
def test_odd_keys_are_no_objects_and_no_mistakes_of_ours(visitor: Visitor, key: str) -> None:
    for path in ("/object", "/content"):
        assert visitor.client.get(path, params={"bucket": "inbox", "key": key}).status_code in {404, 422}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/runs?state=comitted", "did you mean committed"),
        ("/runs?function=grumbel", "did you mean grumble"),
        ("/runs?before=nonsense", "begin again with the newest"),
        ("/run?name=../../etc", "there is no run"),
        ("/nowhere", "There is no such page"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(visitor: Visitor, path: str, said: str) -> None:
    answer = visitor.client.get(path)

    assert answer.status_code in {404, 422}
    assert said in answer.text


def test_a_folder_is_shown_in_pages(shown: Shown, visitor: Visitor) -> None:
    for number in range(120):
        shown.store.write("lessons", f"many/{number:03}.txt", b"")

    first = visitor.page("/objects", place="lessons/many")
    second = visitor.page("/objects", place="lessons/many", after="many/099.txt")

    assert ("099.txt" in first, "100.txt" in first, "Next" in first) == (True, False, True)
    assert ("099.txt" in second, "119.txt" in second, "Next" in second) == (False, True, False)


def test_who_ends_the_pages_process_finds_it_again_at_the_same_address(shown: Shown, visitor: Visitor) -> None:
    shown.door.touch()
    shown.ended(shown.write("grumble", "inbox", "in/before.txt", b"before"))
    url, old = shown.url, shown.kill("dashboard")

    shown.await_restart("dashboard", old)
    shown.ended(shown.write("grumble", "inbox", "in/after.txt", b"after"))

    eventually(lambda: _shows(visitor, "before.txt") and _shows(visitor, "after.txt"))
    assert shown.url == url


def _shows(visitor: Visitor, text: str) -> bool:
    try:
        return text in visitor.page("/runs")
    except Exception:  # noqa: BLE001 - it is not back yet
        return False


def test_the_address_is_told_to_its_owner_and_written_into_no_log(shown: Shown) -> None:
    token = shown.url.rpartition("=")[2]
    logs = [path for path in shown.home.rglob("*.log*") if path.is_file()]

    assert shown.json("status")["dashboard"] == shown.url
    assert (shown.home / "dashboard.json").stat().st_mode & 0o777 == 0o600
    assert logs
    assert not [path for path in logs if token.encode() in path.read_bytes()]
