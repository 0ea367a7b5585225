"""Downloads: files exactly as they were committed, whole or in part."""

import httpx
import pytest

from tests.pipeline.api.conftest import Served

MODEL = b"0123456789"


@pytest.fixture(scope="module")
def url(served: Served) -> str:
    """The trained model of a job that has ended."""
    job = served.submitted(model=MODEL[::-1])
    assert served.ended(job)["status"] == "completed"
    return f"/job_artifacts/{job}/trained_model.keras"


@pytest.mark.parametrize(
    ("range_", "content", "told"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_part_of_a_file_is_served(served: Served, url: str, range_: str, content: bytes, told: str) -> None:
    answer = served.client.get(url, headers={"Range": range_})

    assert (answer.status_code, answer.content) == (206, content)
    assert (answer.headers["content-range"], answer.headers["content-length"]) == (told, str(len(content)))


def test_a_range_behind_the_end_is_refused_with_the_size(served: Served, url: str) -> None:
    answer = served.client.get(url, headers={"Range": "bytes=10-"})

    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")
    assert answer.json()["detail"] == "the range begins after the end: there are 10 bytes"


def test_a_download_goes_on_only_if_the_file_is_still_the_same(served: Served, url: str) -> None:
    etag = served.client.get(url).headers["etag"]

    same = served.client.get(url, headers={"Range": "bytes=5-", "If-Range": etag})
    other = served.client.get(url, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    known = served.client.get(url, headers={"If-None-Match": f'"x", {etag}'})

    assert (same.status_code, same.content) == (206, b"56789")
    assert (other.status_code, other.content) == (200, MODEL)
    assert (known.status_code, known.content) == (304, b"")


def test_a_head_tells_what_a_get_would_give(served: Served, url: str) -> None:
    head, get = served.client.head(url), served.client.get(url)

    names = ("content-length", "etag", "accept-ranges", "content-type", "x-content-sha256", "content-disposition")
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]
    assert get.headers["content-disposition"] == 'attachment; filename="trained_model.keras"'


def test_a_link_gives_the_file_without_a_key_for_a_while(served: Served, url: str) -> None:
    link = served.client.get(f"{url}/link").json()

    assert httpx.get(link["url"], timeout=60).content == MODEL
    assert link["sha256"] == served.client.head(url).headers["x-content-sha256"]
    for part, other in (("Expires=900", "Expires=9000"), ("trained_model.keras", "metrics.json")):
        assert httpx.get(link["url"].replace(part, other), timeout=60).status_code == 403


def test_a_file_that_the_job_has_not_is_refused_with_the_nearest_name(served: Served, url: str) -> None:
    answer = served.client.get(url.replace("model", "modle"))

    assert answer.status_code == 404
    assert answer.json()["detail"] == "the job has no artifact 'trained_modle.keras'; did you mean trained_model.keras?"


def test_t6_what_was_overwritten_or_deleted_after_it_was_committed_is_not_served(served: Served) -> None:
    job = served.submitted()
    served.ended(job)
    folder = f"out/{job}/0123456789ab"
    served.store.write("models", f"{folder}/trained_model.keras", b"another model")
    served.store.delete("models", f"{folder}/metrics.json")

    asked = [(method, name) for name in ("trained_model.keras", "metrics.json") for method in ("GET", "HEAD")]
    answers = [served.client.request(method, f"/job_artifacts/{job}/{name}") for method, name in asked]

    assert [answer.status_code for answer in answers] == [409, 409, 410, 410]
    assert answers[0].json()["detail"] == "trained_model.keras was overwritten after it was committed"
