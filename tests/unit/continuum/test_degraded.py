import pytest
import yaml

from functions.continuum.degraded import read_deployments_performance, write_deployments_performance
from functions.continuum.reading import MalformedError
from tests.continuum_samples import DEPLOYMENTS_PERFORMANCE


def test_deployments_come_from_best_to_worst() -> None:
    performance = read_deployments_performance(DEPLOYMENTS_PERFORMANCE)

    assert [each.metric_value for each in performance.deployments.values()] == [0.7247, 0.6432, 0.5369]
    assert list(performance.acceptable) == ["original_deployment", "alternative_deployment1"]


def test_what_is_written_is_what_was_read() -> None:
    performance = read_deployments_performance(DEPLOYMENTS_PERFORMANCE)

    assert yaml.safe_load(write_deployments_performance(performance)) == yaml.safe_load(DEPLOYMENTS_PERFORMANCE)


def test_a_deployment_has_a_graph() -> None:
    dag = read_deployments_performance(DEPLOYMENTS_PERFORMANCE).deployments["alternative_deployment1"].dag("app")

    assert dag.following == {"filter_small": {"classifier": 0.6364}, "classifier": {}}


def test_without_a_threshold_all_are_good_enough() -> None:
    performance = read_deployments_performance(DEPLOYMENTS_PERFORMANCE.replace("metric_thr: 0.6", "metric_thr: null"))

    assert performance.acceptable == performance.deployments


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("0.6432", "0.75", r"line 14: .*metric_value is 0.75, more than before it; the best deployment comes first"),
        ("0.6432", "1.2", "at most 1"),
        ("alternative_deployment1", "original_deployment", "is there a second time"),
        ("[filter_small, classifier]", "[filter_smal, classifier]", "did you mean filter_smal?"),
        ("[filter_small, classifier, 0.6364]", "[classifier, filter_small]", "is missing"),
        ("[filter_small, classifier, 0.6364]", "[classifier, classifier, 1]", "have a cycle: classifier -> classifier"),
        ("metric_name: average_f1", "metric_name: f1", "metric_name is 'f1'"),
        ("  metric_name: average_f1\n", "", "System.metric_name is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in DEPLOYMENTS_PERFORMANCE

    with pytest.raises(MalformedError, match=sentence):
        read_deployments_performance(DEPLOYMENTS_PERFORMANCE.replace(old, new), source="deployments_performance.yaml")
