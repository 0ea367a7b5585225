"""Who may ask the API for what, how often, and what it tells those who may not; and what it tells when it cannot."""

import json
import re
import ssl
import time
from pathlib import Path

import httpx
import pytest

from local.connection import Home, operator
from local.credentials import load
from tests.authority import Authority
from tests.pipeline.api.conftest import Served

NOBODYS = "019a9c3e-7c1d-7b52-9d3f-0c7f4a2b9e11"
ROUTES = {
    ("POST", "/submit_job_by_model_and_data"): "submit",
    ("GET", "/jobs"): "read",
    ("GET", f"/job_status/{NOBODYS}"): "read",
    ("GET", f"/job_artifacts/{NOBODYS}"): "read",
    ("GET", f"/job_artifacts/{NOBODYS}/metrics.json"): "read",
    ("HEAD", f"/job_artifacts/{NOBODYS}/metrics.json"): "read",
    ("GET", f"/job_artifacts/{NOBODYS}/metrics.json/link"): "read",
    ("GET", f"/job_events/{NOBODYS}"): "read",
    ("POST", f"/jobs/{NOBODYS}/cancel"): "cancel",
    ("GET", f"/monitoring/execution_time/session/{NOBODYS}"): "read",
    ("GET", f"/monitoring/execution_time/components/{NOBODYS}"): "read",
    ("GET", "/monitoring/throughput/"): "read",
}


@pytest.fixture(scope="module")
def keys(served: Served) -> dict[str, dict[str, str]]:
    return {scope: served.key(scope) for scope in ("submit", "read", "cancel")}


def test_these_are_all_routes_that_need_a_key(served: Served) -> None:
    document = served.client.get("/openapi.json").json()
    named = {(method, re.sub(NOBODYS, "{job_id}", path)) for method, path in ROUTES}

    locked = {
        (
            method.upper(),
            re.sub("{(session_id|specifier)}", "{job_id}", path.replace("{artifact_name}", "metrics.json")),
        )
        for path, methods in document["paths"].items()
        for method, what in methods.items()
        if what.get("security")
    }

    assert locked == named


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_key_that_counts_nothing_is_done(served: Served, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = httpx.request(method, f"{served.client.base_url}{path}", headers=headers, timeout=60)

        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("route", "scope"), ROUTES.items())
def test_a_key_opens_what_it_is_for_and_nothing_else(
    served: Served, keys: dict[str, dict[str, str]], route: tuple[str, str], scope: str
) -> None:
    answers = {each: served.client.request(*route, headers=header).status_code for each, header in keys.items()}

    assert answers.pop(scope) != 403
    assert set(answers.values()) == {403}


def test_a_key_that_is_revoked_is_refused_by_the_api_that_runs(served: Served) -> None:
    made = served.json("api", "key", "new", "guest", "--scope", "read")
    header = {"Authorization": f"Bearer {made['key']}"}
    before = served.client.get("/jobs", headers=header).status_code

    served("api", "key", "revoke", made["id"])

    assert (before, served.client.get("/jobs", headers=header).status_code) == (200, 401)
    states = {key["id"]: key["state"] for key in served.json("api", "key", "list")}
    assert states[made["id"]].startswith("revoked ")


def test_keys_and_queries_are_not_in_the_log(served: Served) -> None:
    served.client.get("/jobs", params={"limit": 1, "token": "hidden"})

    log = served.log.read_text()

    assert served.client.headers["authorization"].split()[1] not in log
    assert "hidden" not in log
    assert {"answered"} == {json.loads(line)["event"] for line in log.splitlines()[1:]}


def until_refused(client: httpx.Client, **headers: str) -> list[httpx.Response]:
    """Ask again and again, until it is too often."""
    answers = [client.get("/jobs", headers=headers)]
    while answers[-1].status_code != 429 and len(answers) < 100:
        answers.append(client.get("/jobs", headers=headers))
    return answers


def test_each_key_has_its_share_and_so_has_every_address_without_one(served: Served) -> None:
    mean = served.another()
    mean.start(requests_per_minute="4", submissions_per_minute="1")
    try:
        began = time.monotonic()
        sent = [mean.submit(model=("m.pkl", b"x")).status_code for _ in range(2)]
        known = until_refused(mean.client)
        unknown = until_refused(mean.client, Authorization="")
        grown = (time.monotonic() - began) * 4 / 60 + 1
        other = mean.client.get("/jobs", headers=served.key("read"))
        mean.stop()
    finally:
        mean.end()

    codes = [[answer.status_code for answer in answers] for answers in (known, unknown)]
    assert (sent, other.status_code) == ([422, 429], 200)
    assert codes == [[200] * (len(known) - 1) + [429], [401] * (len(unknown) - 1) + [429]]
    assert 2 <= len(known) - 1 <= 2 + grown
    assert 4 <= len(unknown) - 1 <= 4 + grown
    assert known[-1].json()["detail"] == "more than 4 requests a minute"
    assert int(known[-1].headers["retry-after"]) > 0


def test_scripts_of_other_web_pages_may_not_call_unless_told_so(served: Served, strict: Served) -> None:
    page = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}

    default = served.client.options("/jobs", headers=page)
    allowed = strict.client.options("/jobs", headers=page)
    other = strict.client.options("/jobs", headers={**page, "Origin": "https://evil.example"})

    assert "access-control-allow-origin" not in default.headers
    assert allowed.headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-origin" not in other.headers


def test_a_store_that_is_away_is_one_sentence_and_no_traceback(served: Served) -> None:
    lost = served.another()
    keys = {"NORIA_STORE_ACCESS_KEY": "x", "NORIA_STORE_SECRET_KEY": "x"}
    lost.environ = {**served.environ, **keys, "NORIA_STORE_URL": "http://127.0.0.1:9"}
    lost.start()
    try:
        answers = [lost.client.get(path) for path in ("/health", f"/job_status/{NOBODYS}", "/jobs")]
        answers.append(lost.submit())
        lost.stop()
    finally:
        lost.end()

    assert [answer.status_code for answer in answers] == [503] * 4
    for answer in answers:
        assert answer.json()["detail"].startswith("the store did not serve ")
        assert answer.headers["retry-after"] == "5"


def test_what_there_is_not_is_one_sentence(served: Served) -> None:
    nowhere, wrong = served.client.get("/nowhere"), served.client.delete("/jobs")

    assert (nowhere.status_code, nowhere.json()["detail"]) == (404, "there is nothing at /nowhere")
    assert (wrong.status_code, wrong.json()["detail"]) == (405, "/jobs does not take DELETE")


def test_health_needs_no_key_and_every_answer_says_how_not_to_read_it(served: Served) -> None:
    answer = httpx.get(f"{served.client.base_url}/health", timeout=60)

    assert answer.json()["status"] == "ok"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["--service", "trian"], {}, "error: no function trian is served here; did you mean train?"),
        ([], {"JOB_API_UPLAODS": "3"}, "error: JOB_API_UPLAODS is not a setting; did you mean JOB_API_UPLOADS?"),
        (["key", "revoke", "nobody"], {}, "error: there is no key 'nobody'"),
    ],
)
def test_a_wrong_start_is_one_sentence(
    served: Served, arguments: list[str], environ: dict[str, str], said: str
) -> None:
    wrong = served.another()
    wrong.environ = {**served.environ, **environ}
    chosen = arguments or ["--service", "train", "--port", "0"]

    done = wrong.run("api", *chosen)

    wrong.end()
    assert done.returncode == 3
    assert said in done.stderr


def test_a_port_that_is_taken_is_one_sentence(served: Served) -> None:
    done = served.run("api", "--service", "train", "--port", str(served.client.base_url.port))

    assert done.returncode == 3
    assert "address already in use" in done.stderr


def test_with_a_certificate_it_speaks_nothing_but_tls(served: Served, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    cert, key = authority.issue("api")
    keys = load(Home(served.home).credentials)["operator"]
    private = served.another()
    private.environ = served.environ | {
        "NORIA_STORE_URL": operator({"NORIA_HOME": str(served.home)}).store_url,
        "NORIA_STORE_ACCESS_KEY": keys.access_key,
        "NORIA_STORE_SECRET_KEY": keys.secret_key,
        "NORIA_TLS_CERT": str(cert),
        "NORIA_TLS_KEY": str(key),
        "NORIA_TLS_CA": str(authority.ca),
    }
    private.start()
    url = str(private.client.base_url)
    try:
        answer = httpx.get(f"{url}/health", verify=ssl.create_default_context(cafile=authority.ca), timeout=60)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{url}/health".replace("https", "http"))
        private.stop()
    finally:
        private.end()

    assert url.startswith("https://")
    assert answer.json()["status"] == "ok"
