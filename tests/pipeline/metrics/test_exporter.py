"""What a plane shows at its one address."""

import urllib.error
import urllib.request

import pytest

from functions.runtime.metrics import definitions
from tests.pipeline.conftest import eventually
from tests.pipeline.metrics.conftest import Measured

pytestmark = pytest.mark.services


def test_what_becomes_of_each_object_is_counted_once_and_all_of_it_stands_at_one_address(plane: Measured) -> None:
    name = plane.write("first", "photos", "in/counted.txt", b"hello")
    plane.ended(name)
    refused = plane.write("first", "photos", "in/refused.txt", b"reject")
    plane.ended(refused)
    eventually(lambda: plane.shown().get(("noria_attempts_total", "second", "committed"), 0) == 1)
    eventually(lambda: plane.shown().get(("noria_ledger_objects", "first"), 0) == 2)

    values = plane.shown()

    assert values["noria_attempts_total", "first", "committed"] == 1
    assert values["noria_dead_letters_total", "first"] == 1
    assert values["noria_input_bytes_total", "first"] == values["noria_output_bytes_total", "first"] == 5
    assert values["noria_reported_sum", "first", "bytes"] == 5
    for stage in definitions.STAGES:
        assert values["noria_stage_seconds_count", "second", stage] == 1
    assert values["noria_queue_events", "first"] == 0
    assert values["noria_source_up", "broker"] == 1
    for part in ("store", "broker", "publisher", "worker-first-0", "supervisor"):
        assert values["noria_part_memory_bytes", part] > 0
    shown_names = {each.removesuffix(end) for each, *_ in values for end in ("", "_sum", "_count", "_bucket")}
    assert {metric.name for metric in definitions.ALL} - shown_names <= {"noria_retries_total"}


def test_a_worker_that_is_killed_is_started_again_which_is_counted(plane: Measured) -> None:
    before = plane.shown().get(("noria_part_restarts_total", "worker-second-0"), 0)

    plane.await_restart("worker-second-0", plane.kill("worker-second-0"))

    eventually(lambda: plane.shown()["noria_part_restarts_total", "worker-second-0"] == before + 1)
    assert plane.shown()["noria_part_up", "worker-second-0"] == 1


def test_a_person_is_told_where_the_metrics_are(plane: Measured) -> None:
    assert plane.json("status")["metrics"] == f"http://{plane.address}/metrics"
    assert f"metrics: http://{plane.address}/metrics" in plane("status")


def test_a_page_of_another_site_cannot_have_a_browser_read_the_metrics(plane: Measured) -> None:
    request = urllib.request.Request(f"http://{plane.address}/metrics", headers={"Host": "evil.example"})

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=5)

    with refusal.value:
        assert refusal.value.code == 421
