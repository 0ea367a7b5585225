"""Following a job: its epochs, a sign of life now and then, and the end, once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.pipeline.api.conftest import Served
from tests.waiting import eventually


@dataclass
class Told:
    """One event of a stream; a comment has no kind."""

    kind: str
    id: str
    data: Any


def told(answer: httpx.Response) -> Iterator[Told]:
    """Read a stream of server-sent events as it comes."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line.startswith(":"):
            yield Told("", "", line)
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Told(fields["event"], fields["id"], json.loads(fields["data"]))
            fields = {}


def trained_of(events: list[Told]) -> list[dict[str, float]]:
    """Give the numbers of the epochs that events tell of."""
    numbers = [event.data["progress"] for event in events if event.kind == "progress"]
    return [each for each in numbers if "loss" in each]


@pytest.mark.usefixtures("closed_door")
def test_a_follower_hears_every_epoch_that_is_written_down_and_the_end(served: Served) -> None:
    job, events = served.submitted(b"wait\n"), list[Told]()

    with served.client.stream("GET", f"/job_events/{job}") as answer:
        for event in told(answer):
            events.append(event)
            if len(trained_of(events)) == 2:
                served.door.touch()

    trained = trained_of(events)
    ends = [event for event in events if event.kind == "end"]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert len(trained) >= 2
    assert [each["epoch"] for each in trained] == sorted(each["epoch"] for each in trained)
    assert all(each["loss"] == 1 / each["epoch"] for each in trained)
    assert events[-1] == ends[0]
    assert len(ends) == 1
    assert ends[0].data == served.status(job)


@pytest.mark.usefixtures("closed_door")
def test_a_follower_hears_that_we_are_there_while_nothing_changes(served: Served) -> None:
    job = served.submitted(b"wait\n")

    with served.client.stream("GET", f"/job_events/{job}") as answer:
        sign = next(event for event in told(answer) if not event.kind)
    served.door.touch()
    served.ended(job)

    assert sign.data == ": still there"


@pytest.mark.usefixtures("closed_door")
def test_a_follower_that_comes_again_is_not_told_twice_and_after_the_end_not_at_all(served: Served) -> None:
    job = served.submitted(b"wait\n")
    served.await_state(job, "running")
    with served.client.stream("GET", f"/job_events/{job}") as answer:
        first = next(event for event in told(answer) if event.kind)
    served.door.touch()

    with served.client.stream("GET", f"/job_events/{job}", headers={"Last-Event-ID": first.id}) as answer:
        rest = [event for event in told(answer) if event.kind]
    after = served.client.get(f"/job_events/{job}", headers={"Last-Event-ID": rest[-1].id})

    assert first.id not in {event.id for event in rest}
    assert rest[-1].kind == "end"
    assert (after.status_code, after.content) == (204, b"")


@pytest.mark.usefixtures("closed_door")
def test_so_many_may_follow_at_once_and_who_leaves_makes_room(served: Served, strict: Served) -> None:
    job = strict.submitted(b"wait\n")
    path = f"/job_events/{job}"

    with strict.client.stream("GET", path) as first:
        events = told(first)
        next(events)
        second = strict.client.get(path)
    served.door.touch()
    served.ended(job)

    assert (second.status_code, second.json()["detail"]) == (503, "1 followers are under way")
    eventually(lambda: strict.client.get(path).status_code == 200)


def test_a_follower_of_nothing_is_told_so(served: Served) -> None:
    answer = served.client.get("/job_events/019a9c3e-7c1d-7b52-9d3f-0c7f4a2b9e11")

    assert answer.status_code == 404


@pytest.mark.usefixtures("closed_door")
def test_a_stream_does_not_keep_the_api_from_stopping(served: Served) -> None:
    api = served.another()
    api.start(look_every="0.1")
    job = api.submitted(b"wait\n")
    try:
        with api.client.stream("GET", f"/job_events/{job}") as answer:
            events = told(answer)
            next(events)
            api.stop()
    finally:
        api.end()
        served.door.touch()

    assert served.ended(job)["status"] == "completed"
