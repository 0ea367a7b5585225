"""Submissions: what is refused, what is left behind, and how much memory it takes."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.runtime.uploads import s3_client
from local.connection import operator
from tests.pipeline.api.conftest import DEFINITION, MIB, Served
from tests.waiting import eventually

URL = "/submit_job_by_model_and_data"


def folders(served: Served) -> set[str]:
    return {stat.key.split("/")[1] for stat in served.store.list("training", "in")}


def unfinished(served: Served) -> list[Any]:
    """List the uploads in parts that were begun and not ended."""
    client = s3_client(operator({"NORIA_HOME": str(served.home)}), patience=10)
    try:
        return client.list_multipart_uploads(Bucket="training").get("Uploads", [])
    finally:
        client.close()


@pytest.fixture
def unchanged(served: Served) -> Iterator[None]:
    """See that a test leaves nothing in the bucket."""
    before = folders(served)
    yield
    assert folders(served) == before
    assert unfinished(served) == []


def test_t3_what_files_are_called_does_not_matter(served: Served) -> None:
    job = served.submit(
        model=("../../noria-ledger/train/x.KERAS", b"model"),
        dataset=("..\\..\\a\0b.csv", b"feature1,label\n"),
        dataset_definition=("/etc/ä.yml", DEFINITION.encode()),
    ).json()["job_id"]

    stored = [stat.key for stat in served.store.list("training", f"in/{job}")]
    assert stored == [f"in/{job}/{name}" for name in ("dataset.csv", "dataset_definition.yml", "model.keras")]
    served.ended(job)


def test_a_large_submission_arrives_byte_for_byte(served: Served) -> None:
    model = os.urandom(20 * MIB + 1)

    job = served.submitted(model=model)

    assert served.ended(job)["status"] == "completed"
    assert served.client.get(f"/job_artifacts/{job}/trained_model.keras").content == model[::-1]


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ({"model": ("m.pkl", b"x")}, 422, "the model 'm.pkl' is not of a kind that is taken"),
        ({"model": ("", b"x")}, 422, "the model without a file name is not of a kind that is taken"),
        ({"dataset": ("d.csv", b"")}, 422, "the dataset is empty"),
        ({"modle": ("m.keras", b"x")}, 422, "there is no part 'modle'; did you mean model?"),
        (
            {"dataset_definition": ("d.yaml", b"x" * (2**18 + 1))},
            413,
            "the dataset_definition has more than 262,144 bytes",
        ),
        (
            {"dataset_definition": ("d.yaml", DEFINITION.replace("float", "flaot").encode())},
            422,
            "dataset_definition.yaml: line 2: ",
        ),
        (
            {"dataset_definition": ("d.yaml", f"{DEFINITION}model: churn.keras\n".encode())},
            422,
            "dataset_definition.yaml names the model churn.keras; here it is model.keras",
        ),
        (
            {"dataset_definition": ("d.yaml", f"{DEFINITION}sha256: {{dataset.csv: {'ab' * 32}}}\n".encode())},
            422,
            "the content of dataset.csv is not what dataset_definition.yaml says in sha256",
        ),
        (
            {"dataset_definition": ("d.yaml", f"{DEFINITION}sha256: {{other.csv: {'ab' * 32}}}\n".encode())},
            422,
            "dataset_definition.yaml has the sha256 of other.csv, which is not here",
        ),
        ({"dataset_definition": ("d.yaml", b"a: &a [x]\nb: *a\n")}, 422, "dataset_definition.yaml: "),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_part_is_one_sentence_and_nothing_is_stored(
    served: Served, files: dict[str, tuple[str, bytes]], status: int, said: str
) -> None:
    answer = served.submit(**files)

    assert (answer.status_code, set(answer.json())) == (status, {"detail", "hint"})
    assert answer.json()["detail"].startswith(said)
    assert answer.json()["hint"]


PART = b'--x\r\nContent-Disposition: form-data; name="model"; filename="m.keras"\r\n\r\nabc'


@pytest.mark.parametrize(
    ("kind", "content", "status", "said"),
    [
        ("application/json", b"{}", 415, "the body is not multipart/form-data"),
        ("multipart/form-data", b"", 400, "the form names no boundary"),
        ("multipart/form-data; boundary=" + "x" * 999, b"", 400, "the form's boundary is too long"),
        ("multipart/form-data; boundary=x", b"nonsense", 400, "the body is not multipart/form-data"),
        ("multipart/form-data; boundary=x", PART, 400, "the body ends in the middle of the form"),
        (
            "multipart/form-data; boundary=x",
            PART + b"\r\n--x--",
            422,
            "there is no part dataset and no part dataset_de",
        ),
        ("multipart/form-data; boundary=x", PART + b"\r\n" + PART + b"\r\n--x--", 422, "there are two parts model"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_no_form_of_three_files_is_refused(
    served: Served, kind: str, content: bytes, status: int, said: str
) -> None:
    answer = served.client.post(URL, content=content, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert answer.json()["detail"].startswith(said)


@pytest.mark.usefixtures("unchanged")
def test_t2_limits_hold_for_each_part_and_for_all_whether_the_size_is_told_or_not(strict: Served) -> None:
    body = httpx.Request("POST", "http://x/", files={"dataset": ("d.csv", b"x" * (12 * MIB))})
    pieces = (body.read()[start : start + MIB] for start in range(0, 13 * MIB, MIB))
    kind = {"Content-Type": body.headers["content-type"]}

    model = strict.submit(model=b"x" * (10 * MIB + 1))
    told = strict.submit(dataset=b"x" * (12 * MIB))
    untold = strict.client.post(URL, content=pieces, headers=kind)

    answers = [(answer.status_code, answer.json()["detail"]) for answer in (model, told, untold)]
    all_ = "the submission has more than 12,582,912 bytes"
    assert answers == [(413, "the model has more than 10,485,760 bytes"), (413, all_), (413, all_)]


def test_who_goes_away_in_the_middle_leaves_nothing(served: Served) -> None:
    before = folders(served)
    url = served.client.base_url
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: {served.client.headers['authorization']}\r\n"
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n")
        connection.sendall(b"Content-Length: 99999999\r\n\r\n" + PART + b"x" * (9 * MIB))
        eventually(lambda: unfinished(served) != [])

    eventually(lambda: unfinished(served) == [])
    assert folders(served) == before


@pytest.fixture
def impatient(served: Served) -> Iterator[Served]:
    """Another API for the same plane, with little patience."""
    impatient = served.another()
    try:
        impatient.start(silence="1")
        yield impatient
        impatient.stop()
    finally:
        impatient.end()


@pytest.mark.usefixtures("unchanged")
def test_who_says_nothing_for_long_is_not_waited_for(impatient: Served) -> None:
    url = impatient.client.base_url
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: {impatient.client.headers['authorization']}\r\n"
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n")
        connection.sendall(b"Content-Length: 9999999\r\n\r\n" + PART)
        connection.settimeout(60)
        answer = b""
        while not answer.endswith(b"}") and (more := connection.recv(4096)):
            answer += more

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"nothing came for 1 s" in answer


@pytest.mark.usefixtures("unchanged")
def test_t2_a_large_submission_is_never_whole_in_memory(served: Served) -> None:
    size = int(os.environ.get("API_UPLOAD_MIB", "96")) * MIB
    wrong = f"{DEFINITION}sha256: {{dataset.csv: {'ab' * 32}}}\n".encode()  # all of it is sent on, and then thrown away
    api = served.another()
    api.start()
    assert api.process
    try:
        for _ in range(2):
            assert api.submit(dataset=b"x" * (9 * MIB), dataset_definition=wrong).status_code == 422
        before = peak(api.process.pid)
        answer = api.submit(dataset=b"x" * size, dataset_definition=wrong)
        after = peak(api.process.pid)
        api.stop()
    finally:
        api.end()

    assert answer.json()["detail"].startswith("the content of dataset.csv")
    assert after - before < 32 * MIB


def peak(pid: int) -> int:
    """Give the most memory that the process ever had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
