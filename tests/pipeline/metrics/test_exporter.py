"""What a plane shows at its one address."""

import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from functions.runtime.metrics import definitions
from tests.pipeline.metrics.conftest import Measured
from tests.waiting import eventually

pytestmark = pytest.mark.services


def missing(shown: Mapping[tuple[str, ...], float]) -> set[str]:
    """Name the metrics that nothing is shown of."""
    names = {each.removesuffix(end) for each, *_ in shown for end in ("", "_sum", "_count", "_bucket")}
    return {metric.name for metric in definitions.ALL} - names


def test_what_becomes_of_each_object_is_counted_once_and_all_of_it_stands_at_one_address(plane: Measured) -> None:
    name = plane.write("first", "photos", "in/counted.txt", b"hello")
    plane.ended(name)
    refused = plane.write("first", "photos", "in/refused.txt", b"reject")
    plane.ended(refused)
    awaited = {
        ("noria_attempts_total", "first", "committed"): 1,
        ("noria_dead_letters_total", "first"): 1,
        ("noria_attempts_total", "second", "committed"): 1,
        ("noria_ledger_objects", "first"): 2,
        ("noria_queue_events", "first"): 0,
        ("noria_source_up", "broker"): 1,
    }

    def is_all_told() -> bool:  # workers and sources tell one after the other
        shown = plane.shown()
        return awaited.items() <= shown.items() and missing(shown) <= {"noria_retries_total"}

    eventually(is_all_told)
    values = plane.shown()

    assert awaited.items() <= values.items()
    assert values["noria_input_bytes_total", "first"] == values["noria_output_bytes_total", "first"] == 5
    assert values["noria_reported_sum", "first", "bytes"] == 5
    for stage in definitions.STAGES:
        assert values["noria_stage_seconds_count", "second", stage] == 1
    for part in ("store", "broker", "publisher", "worker-first-0", "supervisor"):
        assert values["noria_part_memory_bytes", part] > 0


def test_a_worker_that_is_killed_is_started_again_which_is_counted(plane: Measured) -> None:
    before = plane.shown().get(("noria_part_restarts_total", "worker-second-0"), 0)

    plane.await_restart("worker-second-0", plane.kill("worker-second-0"))

    now = {("noria_part_restarts_total", "worker-second-0"): before + 1, ("noria_part_up", "worker-second-0"): 1}
    eventually(lambda: now.items() <= plane.shown().items())


def test_a_person_is_told_where_the_metrics_are(plane: Measured) -> None:
    assert plane.json("status")["metrics"] == f"http://{plane.address}/metrics"
    assert f"metrics: http://{plane.address}/metrics" in plane("status")


def test_a_page_of_another_site_cannot_have_a_browser_read_the_metrics(plane: Measured) -> None:
    request = urllib.request.Request(f"http://{plane.address}/metrics", headers={"Host": "evil.example"})

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=60)

    with refusal.value:
        assert refusal.value.code == 421
