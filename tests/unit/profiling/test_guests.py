"""A campaign's services have names and buckets of their own, and send to one another across clusters."""

from itertools import pairwise

import pytest
import yaml

import fdl
from fdl.checks import bucket_rule
from functions.profiling.campaign import Slot
from functions.profiling.guests import LABEL, Guests, order
from functions.provisioning.stores import Minio
from tests.pipelines import pipelines

TOKEN = "0a1b2c3d"
CHAIN = {"first": ("inbox/a", "middle/b"), "second": ("middle/b", "outbox/c"), "third": ("middle/b", "end/d")}
STORES = {name: Minio(f"https://minio.{name}", "key", f"secret of {name}") for name in ("edge", "cloud")}


def guests(text: str | None = None) -> Guests:
    text = text or pipelines(CHAIN)
    services = {service.name: service for service in fdl.loads(text, source="app.yaml").services}
    entries = [next(iter(entry.values())) for entry in yaml.safe_load(text)["functions"]["oscar"]]
    return Guests(TOKEN, services, {entry["name"]: {**entry, "script": "#!/bin/sh\n"} for entry in entries})


def slot(service: str, parallelism: int = 3) -> Slot:
    return Slot(component=service, service=service, parallelism=parallelism, cores=0.5, memory=300_000_000)


@pytest.mark.parametrize("name", ["a", "blur-faces", "x" * 39, "x" * 38 + "y"])
def test_names_are_the_campaign_s_own_and_no_longer_than_oscar_takes(name: str) -> None:
    made = guests()

    assert made.name(name).endswith(f"-{TOKEN}")
    assert len(made.name(name)) <= 39
    assert len({made.name(name), made.name("x" * 37), made.name("x" * 36)}) == 3
    assert not bucket_rule(made.bucket("B" + name * 2))


def test_what_others_read_goes_to_their_clusters_and_what_nobody_reads_stays() -> None:
    made = guests()
    places = {"first": "edge", "second": "cloud", "third": "edge"}

    first = made.definition(slot("first"), cluster="edge", others=places, stores=STORES)
    second = made.definition(slot("second"), cluster="cloud", others=places, stores=STORES)

    assert [(each["storage_provider"], each["path"]) for each in first["output"]] == [
        ("minio.cloud", f"middle-{TOKEN}/b"),
        ("minio.default", f"middle-{TOKEN}/b"),
        ("minio.default", f"middle-{TOKEN}/b-failed"),
    ]
    assert first["storage_providers"]["minio"]["cloud"]["secret_key"] == "secret of cloud"
    assert first["input"] == [{"storage_provider": "minio.default", "path": f"inbox-{TOKEN}/a"}]
    assert "storage_providers" not in second
    assert [each["suffix"] for each in second["output"]] == [[".copy"], [".failure.json"]]


def test_a_run_s_parallelism_is_what_the_service_may_have_in_all() -> None:
    found = guests().definition(slot("first"), cluster="edge", others={"first": "edge"}, stores=STORES)

    assert (found["total_cpu"], found["total_memory"]) == ("1.5", "859Mi")
    assert (found["name"], found["annotations"][LABEL], found["log_level"]) == (f"first-{TOKEN}", TOKEN, "INFO")


def test_what_would_lead_out_of_the_campaign_is_left_out() -> None:
    content = yaml.safe_load(pipelines({"first": CHAIN["first"]}))
    service = content["functions"]["oscar"][0]["local"]
    service["clusters"] = {"other": {"endpoint": "https://other"}}
    service["expose"] = {"api_port": 80}
    made = Guests(TOKEN, guests().services, {"first": service})

    found = made.definition(slot("first"), cluster="edge", others={"first": "edge"}, stores=STORES)

    assert not {"clusters", "expose"} & {*found}


def test_whoever_reads_is_put_before_whoever_writes() -> None:
    made = guests()

    names = order([made.inner(name) for name in ("first", "second", "third")])

    assert names.index("first") == 2
    assert {*names} == {"first", "second", "third"}


def test_services_in_a_ring_are_put_all_the_same() -> None:
    ring = {name: (f"bucket-{name}/x", f"bucket-{after}/x") for name, after in pairwise("abca")}
    services = fdl.loads(pipelines(ring), source="ring.yaml").services

    assert sorted(order(services)) == ["a", "b", "c"]
