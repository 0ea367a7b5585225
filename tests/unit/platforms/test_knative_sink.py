"""The sink of a source: what is posted, and what each answer means for the message."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from events import ObjectCreated, wire
from functions.runtime.hosts.jetstream.sink import Sink
from functions.runtime.settings import SettingsError
from tests.listening import Listener, listening

EVENT = ObjectCreated(
    bucket="photos",
    key="in/ä 100%.png",
    etag="e",
    size=3,
    source="minio:s3",
    time=datetime(2026, 11, 22, 16, 37, 1, 500_000, tzinfo=UTC),
)
DOCUMENT = wire.minio_document(EVENT)


@dataclass
class Function:
    """A server that answers as it is told to."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def function() -> Iterator[Function]:
    told = Function()

    class Handler(Listener):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()

    with listening(Handler) as address:
        told.url = f"{address}/here?a=b"
        yield told


def test_what_is_posted_is_a_cloudevent_with_the_notification_as_its_data(function: Function) -> None:
    Sink(function.url, patience=60, extensions={"team": "vision"}).post(DOCUMENT, "EVENTS.7")

    ((headers, body),) = function.got
    event = from_http_event(HTTPMessage(headers, body)).get_attributes()
    assert body == DOCUMENT
    assert wire.read(body, headers=headers)[0].key == EVENT.key
    assert event["id"] == "EVENTS.7"
    assert event["source"] == "minio:s3..photos"
    assert event["subject"] == "in/ä 100%.png"
    assert (event["bucket"], event["team"]) == ("photos", "vision")
    assert headers["ce-subject"].isascii()


def test_what_is_no_notification_is_posted_all_the_same(function: Function) -> None:
    verdict = Sink(function.url, patience=60).post(b"no json", "EVENTS.8")

    ((headers, body),) = function.got
    assert (verdict.kind, body, headers["ce-type"]) == ("done", b"no json", "noria.notification")


@pytest.mark.parametrize(
    ("status", "after", "times", "kind", "delay"),
    [
        (204, "", 1, "done", 0),
        (202, "", 1, "done", 0),
        (503, "7", 1, "wait", 7),
        (503, "soon", 1, "wait", 1),
        (504, "", 3, "wait", 4),
        (429, "", 30, "wait", 60),
        (404, "", 1, "wait", 1),
        (400, "", 1, "dead", 0),
        (413, "", 1, "dead", 0),
    ],
)
def test_an_answer_ends_the_message_or_asks_for_it_again(
    function: Function, status: int, after: str, times: int, kind: str, delay: float
) -> None:
    function.status, function.headers = status, {"retry-after": after} if after else {}

    verdict = Sink(function.url, patience=60).post(DOCUMENT, "EVENTS.9", times)

    assert (verdict.kind, verdict.delay) == (kind, delay)


def test_a_service_that_is_away_is_asked_again_later() -> None:
    verdict = Sink("http://127.0.0.1:1", patience=60).post(DOCUMENT, "EVENTS.9", 2)

    assert (verdict.kind, verdict.delay) == ("wait", 2)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"K_SINK": "copy.noria"},
        {"K_SINK": "http://copy", "K_CE_OVERRIDES": "{"},
        {"K_SINK": "http://copy", "K_CE_OVERRIDES": "[]"},
        {"K_SINK": "https://copy", "K_CA_CERTS": "none"},
        {"K_SINK": "http://copy:port"},
    ],
    ids=["nothing", "no url", "no json", "no object", "no certificate", "no port"],
)
def test_what_knative_does_not_say_is_a_sentence(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="K_SINK"):
        Sink.of(environ, patience=1)


def test_knative_says_what_is_to_be_added(function: Function) -> None:
    overrides = json.dumps({"extensions": {"cluster": "edge"}})

    Sink.of({"K_SINK": function.url, "K_CE_OVERRIDES": overrides}, patience=60).post(DOCUMENT, "EVENTS.9")

    assert function.got[0][0]["ce-cluster"] == "edge"
