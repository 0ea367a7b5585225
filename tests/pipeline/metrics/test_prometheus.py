"""A real Prometheus scrapes the plane, and a real Alertmanager tells people of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.metrics.grafana.panels import DASHBOARDS, INTERVAL
from tests.pipeline.metrics.conftest import Measured
from tests.pipeline.metrics.prometheus import Prometheus, Told, are_installed, webhook
from tests.waiting import eventually

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not are_installed(), reason="no Debian prometheus and prometheus-alertmanager"),
]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with webhook() as told:
        yield told


@pytest.fixture(scope="module")
def prometheus(plane: Measured, told: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    assert plane.address
    targets = plane.home / "run" / "metrics" / "*.json"
    with Prometheus(tmp_path_factory.mktemp("prometheus"), Path(targets), told.url) as prometheus:
        yield prometheus


def test_a_dead_letter_is_told_to_a_person_by_prometheus_and_alertmanager(
    plane: Measured, prometheus: Prometheus, told: Told
) -> None:
    eventually(lambda: bool(prometheus.ask('noria_dead_letters_total{function="first"}')))

    plane.ended(plane.write("first", "photos", "in/refuse.txt", b"reject"))

    eventually(lambda: bool(told.of("NoriaDeadLetter")), 120)
    alert = told.of("NoriaDeadLetter")[0]
    assert (alert["status"], alert["labels"]["function"]) == ("firing", "first")
    assert alert["annotations"]["action"] == "noria failed list --function first"


def test_every_panel_of_the_dashboards_has_something_to_show(plane: Measured, prometheus: Prometheus) -> None:
    plane.ended(
        plane.write("first", "photos", "in/shown.txt", b"shown"),
        plane.write("first", "photos", "in/raises.txt", b"raise"),  # and is tried again before it is refused
    )
    questions = {
        question.replace(INTERVAL, "1m").replace("$function", ".*")
        for each in DASHBOARDS
        for panel in each.panels
        for question, _ in panel.questions
    }

    def is_all_answered() -> bool:  # one after the other: after a scrape that was too late there is nothing for a while
        questions.difference_update([question for question in questions if prometheus.ask(question)])
        return not questions

    eventually(is_all_answered, 120)
    eventually(lambda: bool(prometheus.ask("sum(noria_dead_letters_present) >= 1")))
