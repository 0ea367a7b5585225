"""Services are started, changed and ended on an OSCAR cluster, and nothing is lost by that."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import SecretStr

from functions.provisioning import fdl_writing
from functions.provisioning.cluster import OscarCluster
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.starting import start
from functions.runtime.errors import Rejected, TryAgain
from tests.unit.provisioning.landscape import written
from tests.unit.provisioning.minio_server import Told
from tests.unit.provisioning.oscar_client import Client
from tests.unit.provisioning.oscar_server import PASSWORD, USER, Oscar, running


@pytest.fixture
def oscar() -> Iterator[Oscar]:
    with running() as server:
        yield server


def cluster(oscar: Oscar, password: str = PASSWORD) -> OscarCluster:
    return OscarCluster(Calls(oscar.endpoint, SecretStr(password)))


def definitions() -> dict[str, dict[str, Any]]:
    provision = written({"filter": "VM1", "blur": "VM1"}, [("filter", "blur", 1)])
    return {name: fdl_writing.definition(service) for name, service in provision.services.items()}


def test_a_service_is_created_and_then_updated(oscar: Oscar) -> None:
    wanted = definitions()["filter"]

    cluster(oscar).put(wanted)
    cluster(oscar).put({**wanted, "memory": "4096Mi"})

    assert [(method, path) for method, path, _ in oscar.asked] == [
        ("POST", "/system/services"),
        ("PUT", "/system/services"),
        ("PUT", "/system/services"),
    ]
    assert oscar.services["filter"]["memory"] == "4096Mi"
    assert oscar.services["filter"]["script"] == "#!/bin/sh\nexec /opt/filter/script.sh\n"
    assert cluster(oscar).names() == ("filter",)


def test_oscar_s_own_client_asks_for_the_same(oscar: Oscar) -> None:
    wanted = definitions()["filter"]
    theirs = Client({"cluster_id": "it", "endpoint": oscar.endpoint, "user": USER, "password": PASSWORD, "ssl": True})

    theirs.create_service({**wanted, "output": []})
    theirs.update_service("filter", dict(wanted))
    theirs.update_service("filter", dict(wanted))
    theirs.remove_service("filter")
    asked, oscar.asked = oscar.asked, []
    cluster(oscar).put(wanted)
    cluster(oscar).put(wanted)
    cluster(oscar).remove("filter")

    detached = oscar.asked.pop(3)
    assert oscar.asked == asked
    assert detached == ("PUT", "/system/services", {**wanted, "input": [], "output": [], "mount": {}})


def test_ending_a_service_keeps_what_lies_in_its_buckets(oscar: Oscar) -> None:
    for each in definitions().values():
        cluster(oscar).put(each)
    oscar.buckets["filter"] += ["output/1.png", "output/2.png"]

    cluster(oscar).remove("filter")

    assert [*oscar.services] == ["blur"]
    assert oscar.buckets["filter"] == ["output/1.png", "output/2.png"]


def test_a_service_that_comes_back_to_its_bucket_is_triggered_again(oscar: Oscar) -> None:
    wanted = definitions()["filter"]
    (folder,) = wanted["input"]
    bucket, _, prefix = folder["path"].partition("/")
    other = Told("arn:minio:sqs:us-east-1:other:webhook", "elsewhere/")
    cluster(oscar).put(wanted)
    cluster(oscar).remove("filter")
    oscar.told[bucket] = [other]  # OSCAR takes the service's own away with its folders

    cluster(oscar).put(wanted)
    cluster(oscar).put(wanted)

    assert oscar.triggers(bucket, f"{prefix}/1.png") == ["filter"]
    assert oscar.told[bucket].count(other) == 1
    assert len(oscar.told[bucket]) == 2
    assert oscar.services["filter"] == wanted


@pytest.mark.parametrize("calls", range(1, 6))
def test_whatever_ends_a_service_s_return_the_next_try_completes_it(oscar: Oscar, calls: int) -> None:
    wanted = definitions()["filter"]
    bucket, _, prefix = wanted["input"][0]["path"].partition("/")
    oscar.buckets = {bucket: ["input/old.png"]}
    oscar.breaks_after = calls
    with suppress(TryAgain):
        cluster(oscar).put(wanted)
    oscar.broken = 0
    cluster(oscar).put(wanted)

    assert oscar.triggers(bucket, f"{prefix}/1.png") == ["filter"]
    assert oscar.services["filter"] == wanted
    assert oscar.buckets[bucket] == ["input/old.png"]


def test_a_chain_in_one_cluster_is_started_though_its_buckets_are_made_by_those_who_read_them(oscar: Oscar) -> None:
    provision = written({"filter": "VM1", "blur": "VM1"}, [("filter", "blur", 1)])
    (site,) = provision.sites

    start(provision, {site.name: cluster(oscar)})

    (output,) = oscar.services["filter"]["output"]
    bucket, _, prefix = output["path"].partition("/")
    assert oscar.triggers(bucket, f"{prefix}/1.png") == ["blur"]


def test_a_change_that_is_done_and_called_a_failure_is_done(oscar: Oscar) -> None:
    oscar.scolds = True
    wanted = definitions()["filter"]

    cluster(oscar).put(wanted)

    assert oscar.services["filter"] == wanted
    cluster(oscar).remove("filter")
    assert oscar.services == {}


def test_ending_twice_is_ending_once(oscar: Oscar) -> None:
    cluster(oscar).put(definitions()["filter"])

    cluster(oscar).remove("filter")
    cluster(oscar).remove("filter")

    assert oscar.services == {}


def test_a_service_that_keeps_its_folders_is_not_ended_yet(oscar: Oscar) -> None:
    cluster(oscar).put(definitions()["filter"])
    oscar.keeps = True

    with pytest.raises(TryAgain, match="filter has its folders yet"):
        cluster(oscar).remove("filter")

    assert "filter" in oscar.services
    assert "DELETE" not in [method for method, _, _ in oscar.asked]


@pytest.mark.parametrize("odd", [7, "no", ["no"], [{}], {"jobs": 3}, {"jobs": {"a": {}}}, {"jobs": {"a": None}}])
def test_an_answer_that_is_none_is_asked_for_again_later(oscar: Oscar, odd: Any) -> None:
    oscar.odd = odd

    with pytest.raises(TryAgain):
        cluster(oscar).names()
    with pytest.raises(TryAgain):
        cluster(oscar).jobs("filter")


@pytest.mark.parametrize("odd", [7, "no", ["no"]])
def test_what_is_no_service_is_not_taken_for_one(oscar: Oscar, odd: Any) -> None:
    oscar.odd = odd

    with pytest.raises(TryAgain, match="what the cluster says of filter is no service"):
        cluster(oscar).remove("filter")


def test_jobs_that_wait_or_run_are_counted_on_all_pages(oscar: Oscar) -> None:
    cluster(oscar).put(definitions()["filter"])
    oscar.jobs["filter"] = [["Succeeded", "Running"], ["Pending", "Failed"], ["Suspended"]]

    assert cluster(oscar).unfinished("filter") == 3
    assert cluster(oscar).unfinished("nobody") == 0


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_cluster_in_trouble_is_asked_again_later(oscar: Oscar, status: int) -> None:
    oscar.broken = status

    with pytest.raises(TryAgain, match=f"OSCAR at 127.0.0.1 answers GET /system/services with {status}"):
        cluster(oscar).names()


def test_a_cluster_that_is_not_there_is_asked_again_later() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and nobody listens
        port = silent.getsockname()[1]

        with pytest.raises(TryAgain, match=r"OSCAR at 127\.0\.0\.1 does not answer"):
            OscarCluster(Calls(f"http://127.0.0.1:{port}", SecretStr(PASSWORD))).names()


def test_a_wrong_password_is_refused_and_not_repeated_to_anyone(oscar: Oscar) -> None:
    with pytest.raises(Rejected, match="answers GET /system/services with 401") as refusal:
        cluster(oscar, "another password").names()

    assert "another password" not in f"{refusal.value}{refusal.value.hint}"


def test_what_oscar_refuses_is_said_in_its_words(oscar: Oscar) -> None:
    oscar.broken = 400

    with pytest.raises(Rejected, match='answers GET /system/services/filter with 400: "it is broken"'):
        cluster(oscar).put(definitions()["filter"])


@pytest.mark.parametrize(
    "secret", ["wJalrXUtnFEMI/K7MDENG", 'quoted "so" \\ and Ümläut', "line one\nline two", "x" * 400]
)
def test_keys_that_a_cluster_repeats_go_into_no_message(oscar: Oscar, secret: str) -> None:
    oscar.echoes = True
    wanted = {
        "name": "filter",
        "environment": {"secrets": {"TOKEN": secret}},
        "storage_providers": {"minio": {"a": {"secret_key": secret, "access_key": "AKIAIOSFODNN7"}}},
    }

    with pytest.raises(Rejected, match="the service is not valid") as refusal:
        cluster(oscar).put(wanted)

    said = f"{refusal.value.message}{refusal.value.hint}"
    assert '"name": "filter"' in said
    assert "AKIAIOSFODNN7" not in said
    assert not [word for word in secret.split() if len(word) >= 4 and (word[:20] in said or "Uml" in said)]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://oscar.example", "http://oscar.example would send the password for all to read"),
        ("oscar.example", "the cluster's address is not one such as https://oscar.example"),
        ("https://oscar.example:door", "the cluster's address is not one such as https://oscar.example"),
        ("https://[oscar", "the cluster's address is not one such as https://oscar.example"),
        ("https://", "the cluster's address is not one such as https://oscar.example"),
        ("https://oscar:secret@oscar.example", "the cluster's address is not one such as https://oscar.example"),
    ],
)
def test_a_password_is_not_sent_to_such_an_address(address: str, sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Calls(address, SecretStr(PASSWORD))

    assert refusal.value.message == sentence


def test_a_deployment_is_started_from_its_end(oscar: Oscar) -> None:
    provision = written({"filter": "Pi", "blur": "VM1", "store": "VM1"}, [("filter", "blur", 1), ("blur", "store", 1)])

    started = start(provision, {site.name: cluster(oscar) for site in provision.sites})

    assert started == ("store", "blur", "filter")
    made = [body["name"] for method, _, body in oscar.asked if method == "POST"]
    assert [*dict.fromkeys(made)] == ["store", "blur", "filter"]
    assert all(oscar.services[name]["output"] for name in started)
    assert start(provision, {site.name: cluster(oscar) for site in provision.sites}) == started
    assert {*oscar.services} == {*started}


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("L1", "blur runs on AWS Lambda, which is no OSCAR cluster"),
        ("VM1", "nothing is known of oscar-cluster-00000001, where blur runs"),
    ],
)
def test_nothing_is_started_where_not_all_can_be(oscar: Oscar, resource: str, sentence: str) -> None:
    provision = written({"filter": "Pi", "blur": resource}, [("filter", "blur", 1)])

    with pytest.raises(Rejected, match=sentence):
        start(provision, {"edge-cluster": cluster(oscar)})

    assert oscar.asked == []
