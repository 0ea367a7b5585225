"""A cluster that is away for a moment does not end a campaign; one that stays away does."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from functions.profiling import job_watch
from functions.profiling.campaign import Slot
from functions.profiling.campaign_cluster import CampaignCluster
from functions.profiling.guests import Guests
from functions.profiling.job_watch import JobWatch, Spot
from functions.provisioning.oscar_calls import Calls
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.store import Store
from tests.unit.provisioning.oscar_server import PASSWORD, Oscar, running


@pytest.fixture
def oscar() -> Iterator[Oscar]:
    with running() as server:
        yield server


def watch(oscar: Oscar) -> JobWatch:
    slot = Slot(component="first", service="first", parallelism=1, cores=1, memory=1)
    cluster = CampaignCluster("edge", Calls(oscar.endpoint, SecretStr(PASSWORD)))
    spot = Spot(slot, cluster, Store(Configuration(store_url="http://127.0.0.1:1")))
    return JobWatch(Guests("0a1b2c3d", {}, {"first": {"image": "copy:1"}}), {"first": spot})


def test_a_cluster_that_does_not_answer_for_a_moment_is_asked_again(oscar: Oscar) -> None:
    watched = watch(oscar)
    oscar.broken = 503

    assert watched.find("first/0") is None

    oscar.broken = 0
    assert watched.find("first/0") is None


def test_a_cluster_that_stays_away_ends_the_run(oscar: Oscar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_watch, "PATIENCE", 0)
    monkeypatch.setattr(job_watch, "LATEST", 0)
    watched = watch(oscar)
    oscar.broken = 503

    watched.find("first/0")
    with pytest.raises(TryAgain, match="answers GET /system/logs/first-0a1b2c3d"):
        watched.find("first/0")


def test_a_cluster_that_does_not_let_us_in_any_more_ends_the_run_at_once(oscar: Oscar) -> None:
    oscar.broken = 401

    with pytest.raises(Rejected, match="with 401"):
        watch(oscar).find("first/0")


def test_jobs_that_never_begin_are_told_with_what_oscar_says_of_them(oscar: Oscar) -> None:
    oscar.services["first-0a1b2c3d"] = {}
    oscar.jobs["first-0a1b2c3d"] = [["Pending", "Running"], ["Pending", "Suspended"]]
    watched = watch(oscar)

    watched.find("first/0")

    assert watched.doubts() == ["4 jobs of first had not ended at the last look: 2 Pending, 1 Running, 1 Suspended"]


class Faltering(Oscar):
    """A cluster that does not give a job's log the first time."""

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        if path.endswith("/job") and path not in self.buckets:
            self.buckets[path] = []
            return 503, "later"
        return (200, b"no log") if path.endswith("/job") else (200, {"jobs": {"job": {"status": "Succeeded"}}})


def test_a_job_whose_log_is_not_to_be_had_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_watch, "LATEST", 0)
    with running(Faltering()) as oscar:
        watched = watch(oscar)

        watched.find("first/0")
        before = dict(watched.strays)
        watched.find("first/0")

    assert before == {}
    assert watched.strays == {"first": ["job"]}
