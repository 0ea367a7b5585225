"""send-alerts against a real HTTP server: what arrives, and what becomes of an answer."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.optimize.occasion import Alert as Occasion
from functions.optimize.occasion import is_occasion, read_occasion
from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.settings import SettingsError
from functions.send_alerts.handler import send_alerts
from functions.send_alerts.posting import post
from functions.watching.alerts import Alert
from functions.watching.rules import Rule
from tests.conftest import Run
from tests.webhook import Webhook, webhook

AT = 1_763_900_000.25
RULE = Rule("local_constraint_1", "local", path=("blur-faces",), low=20)
BODY = {
    "constraint": "local_constraint_1",
    "value": 25.5,
    "check_time": "2025-11-23T12:13:20.250000Z",
    "status_timestamp": 1763900000250000000,
}
TEXT = Alert(RULE, 25.5, AT).text("my-app").encode()
NAME = "my-app.local_constraint_1.1.alert.json"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def test_exactly_ams_fields_are_posted_with_a_key_that_stays_the_same(run: Run, hook: Webhook) -> None:
    hostile = {**json.loads(TEXT), "url": "http://elsewhere.example", "more": "x"}

    for content in (TEXT, TEXT, json.dumps(hostile).encode()):
        done = run(send_alerts, NAME, content, urls=hook.url, token="secret")
        assert done.metrics == {"delivered": 1}

    assert [each.body for each in hook.received] == [BODY] * 3
    headers = [each.headers for each in hook.received]
    assert headers[0]["Authorization"] == "Bearer secret"
    assert headers[0]["Content-Type"] == "application/json"
    keys = [each.key for each in hook.received]
    assert keys[0] == keys[1] != keys[2]


def test_each_webhook_gets_the_alert_although_another_is_away(run: Run, hook: Webhook) -> None:
    with pytest.raises(TryAgain, match=r"127\.0\.0\.1 does not answer: connection refused"):
        run(send_alerts, NAME, TEXT, urls=f"http://127.0.0.1:9/gone, {hook.url}")

    assert len(hook.received) == 1


@pytest.mark.parametrize(("status", "kind"), [(500, TryAgain), (429, TryAgain), (400, Rejected), (302, Rejected)])
def test_what_a_webhook_answers_decides(run: Run, hook: Webhook, status: int, kind: type[Exception]) -> None:
    hook.status = status

    with pytest.raises(kind, match=f"answered {status}"):
        run(send_alerts, NAME, TEXT, urls=hook.url)

    assert len(hook.received) == 1  # a redirection is not followed


@pytest.mark.parametrize("content", [b"{", b"[1]", b"{}", b'{"constraint": "c", "value": 1}', b"\xff"])
def test_what_is_no_alert_is_sent_nowhere(run: Run, hook: Webhook, content: bytes) -> None:
    with pytest.raises(Rejected, match="is no alert"):
        run(send_alerts, NAME, content, urls=hook.url)

    assert hook.received == []


def test_without_an_address_alerts_stay_objects(run: Run) -> None:
    assert run(send_alerts, NAME, TEXT).metrics == {"delivered": 0}


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a/s3cret", "a.example/s3cret", "http://ann:s3cret@a.example/", "http:///s3cret"),
        *("http://a.example/hook/T0KEN s3cret", "http://a.example/s3cr\tet", "http://a.example/\u00fcs3cret"),
        *("http://a.example:99999/s3cret", "http://a.example:0/s3cret", "http://[a/s3cret"),
    ],
)
def test_an_address_that_is_none_is_told_at_start_and_not_shown(run: Run, url: str) -> None:
    with pytest.raises(SettingsError, match="number 1 is no http or https URL") as caught:
        run(send_alerts, NAME, TEXT, urls=url)

    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"token": "s3cr\net"}, {"urls": ",".join(["http://a.example/s3cret"] * 21)}])
def test_a_setting_that_holds_a_secret_is_refused_without_showing_it(run: Run, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"no header can have|21 URLs, more than 20") as caught:
        run(send_alerts, NAME, TEXT, **wrong)

    assert "s3cr" not in str(caught.value)


def test_what_cannot_be_sent_is_told_without_the_path() -> None:
    with pytest.raises(TryAgain, match=r"127\.0\.0\.1 does not answer: invalidurl") as caught:
        post("http://127.0.0.1:9/hook/s3 cret", b"{}", headers={}, timeout=1)

    assert "cret" not in str(caught.value)


def test_the_object_of_an_alert_is_one_that_optimize_reads(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(TEXT)

    found = read_occasion(path, NAME)

    assert is_occasion(Alert(RULE, 25.5, AT).file_name("my-app"))
    assert isinstance(found, Occasion)
    assert (found.deployment, found.constraint, found.value) == ("my-app", "local_constraint_1", 25.5)
    assert not is_occasion(Alert(Rule("x", "custom", low=1), 2, AT).file_name("my-app"))
