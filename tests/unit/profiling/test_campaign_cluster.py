"""A campaign finds a cluster's store and jobs, and touches no service that is not its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from functions.profiling.campaign_cluster import CampaignCluster
from functions.profiling.guests import LABEL
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.stores import Minio
from functions.runtime.errors import Rejected, TryAgain
from tests.unit.provisioning.oscar_server import PASSWORD, Oscar, running

SERVICE: dict[str, Any] = {
    "name": "first-0a1b2c3d",
    "image": "copy:1",
    "script": "#!/bin/sh\n",
    "input": [{"storage_provider": "minio.default", "path": "in-0a1b2c3d/a"}],
    "output": [{"storage_provider": "minio.default", "path": "out-0a1b2c3d/b"}],
    "annotations": {LABEL: "0a1b2c3d"},
}


@pytest.fixture
def oscar() -> Iterator[Oscar]:
    with running() as server:
        yield server


def cluster(oscar: Oscar, store: Minio | None = None) -> CampaignCluster:
    return CampaignCluster("edge", Calls(oscar.endpoint, SecretStr(PASSWORD)), store=store)


def test_a_new_service_gets_its_outputs_in_a_second_step_as_its_readers_have_made_the_buckets(oscar: Oscar) -> None:
    cluster(oscar).admit(SERVICE)
    cluster(oscar).admit(SERVICE)

    assert [(method, len(body["output"])) for method, _, body in oscar.asked] == [("POST", 0), ("PUT", 1), ("PUT", 1)]
    assert oscar.services["first-0a1b2c3d"]["output"] == SERVICE["output"]


def test_a_service_of_somebody_else_is_neither_changed_nor_deleted(oscar: Oscar) -> None:
    oscar.services["first-0a1b2c3d"] = {**SERVICE, "annotations": {}}

    with pytest.raises(Rejected, match="edge has a service first-0a1b2c3d, which is not this campaign's"):
        cluster(oscar).admit(SERVICE)
    with pytest.raises(Rejected, match="not this campaign's"):
        cluster(oscar).dismiss("first-0a1b2c3d", "0a1b2c3d")

    assert oscar.asked == []


def test_dismissing_twice_is_dismissing_once_and_leaves_the_buckets(oscar: Oscar) -> None:
    cluster(oscar).admit(SERVICE)

    cluster(oscar).dismiss("first-0a1b2c3d", "0a1b2c3d")
    cluster(oscar).dismiss("first-0a1b2c3d", "0a1b2c3d")

    assert oscar.services == {}
    assert {*oscar.buckets} == {"in-0a1b2c3d", "out-0a1b2c3d"}


def test_the_store_is_the_one_that_was_given_or_that_the_cluster_tells(oscar: Oscar) -> None:
    given = Minio("https://minio.edge", "a", "b")
    oscar.odd = {"config": {}, "minio_provider": {"endpoint": "https://m", "access_key": "c", "secret_key": "d"}}

    assert cluster(oscar, given).store is given
    assert cluster(oscar).store == Minio("https://m", "c", "d", "us-east-1")


@pytest.mark.parametrize("odd", [{}, {"minio_provider": None}, {"minio_provider": {"endpoint": "https://m"}}])
def test_a_cluster_that_does_not_tell_its_store_is_refused_with_a_way_out(oscar: Oscar, odd: Any) -> None:
    oscar.odd = odd

    with pytest.raises(Rejected, match="does not say where its store is") as refusal:
        _ = cluster(oscar).store

    assert "physical_nodes.yaml" in refusal.value.hint


@pytest.mark.parametrize("odd", [7, "no", []])
def test_what_is_no_configuration_is_asked_for_again(oscar: Oscar, odd: Any) -> None:
    oscar.odd = odd

    with pytest.raises(TryAgain, match="configuration is none"):
        _ = cluster(oscar).store
