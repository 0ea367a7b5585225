"""drift_detector_config.yaml: the reference's own form, and what is wrong with one."""

import re
from pathlib import Path

import pytest

import fdl
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text
from functions.drift_check.settings import DriftCheck
from functions.drifting.configuration import FILE_NAME, Configuration
from functions.runtime.errors import Rejected

ROOT = Path(__file__).parents[3]
REFERENCE = """\
metrics:
  masks:
    masks_count:
      statistical_test: KSDrift
      test_threshold: 0.05
      monitoring_period: 24
    no_masks_count:
      statistical_test: CVMDrift
      test_threshold: 0.01
      monitoring_period: 12
detection_interval: 6
data_collection_period: 48
"""


def test_the_references_form_is_read() -> None:
    found = read(REFERENCE, Configuration, source=FILE_NAME)

    assert [(metric, field, check.test, check.period) for metric, field, check in found.checks()] == [
        ("masks", "masks_count", "KSDrift", 24),
        ("masks", "no_masks_count", "CVMDrift", 12),
    ]
    assert (found.detection_interval, found.data_collection_period) == (6, 48)
    assert read(yaml_text(found.plain()), Configuration, source=FILE_NAME) == found


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("KSDrift", "KDrift", "line 4: metrics.masks.masks_count.statistical_test is 'KDrift'.*did you mean KSDrift"),
        ("test_threshold: 0.05", "treshold: 0.05", "line 5: .*treshold is not a field; did you mean test_threshold"),
        ("test_threshold: 0.05", "test_threshold: 1.5", "less than 1, not 1.5"),
        ("test_threshold: 0.05", "test_threshold: 5 %", "must be a number"),
        ("      monitoring_period: 24\n", "", "needs one of the two: monitoring_period in hours, or window"),
        ("monitoring_period: 24", "monitoring_period: 24\n      window: 200", "needs one of the two"),
        ("monitoring_period: 24", "window: 3", "at least 10, not 3"),
        ("monitoring_period: 24", "monitoring_period: 24\n      direction: up", "KSDrift finds changes of any kind"),
        ("monitoring_period: 24", "monitoring_period: 24\n      fields: [a]", "fields are for MMDDrift"),
        ("KSDrift", "DDM\n      direction: down", "DDM finds rises"),
        ("KSDrift", "ADWIN\n      least_effect: 0.1", "ADWIN gives no size of an effect"),
        ("detection_interval: 6", "detection_intervall: 6", "did you mean detection_interval"),
        ("detection_interval: 6", "detection_interval: 0", "must be greater than 0"),
        ("metrics:", "metrics: {}\nothers:", "metrics"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_nearest_right_name(wrong: str, right: str, said: str) -> None:
    with pytest.raises(Rejected, match=f"^{FILE_NAME}: .*{said}"):
        read(REFERENCE.replace(wrong, right, 1), Configuration, source=FILE_NAME)


def test_a_detector_that_is_known_for_false_alarms_is_doubted() -> None:
    warnings: list[str] = []

    read(REFERENCE.replace("KSDrift", "EDDM"), Configuration, source=FILE_NAME, warnings=warnings)

    assert len(warnings) == 1
    assert "19 false alarms" in warnings[0]


def test_too_many_fields_are_refused() -> None:
    fields = "".join(f"    f{place}: {{statistical_test: ADWIN}}\n" for place in range(101))

    with pytest.raises(Rejected, match="has 101 fields, more than 100"):
        read(f"metrics:\n  m:\n{fields}", Configuration, source=FILE_NAME)


def test_the_document_and_the_pipeline_that_ships_have_configurations_that_can_be_read() -> None:
    (example,) = re.findall(r"```yaml\n(metrics:.*?)```", (ROOT / "docs/drift.md").read_text(), re.DOTALL)
    (service,) = fdl.load(ROOT / "fdl/drift-check.yaml").services
    environ = {name: value for name, value in service.environment.items() if name.startswith("DRIFT_CHECK_")}

    assert len(list(read(example, Configuration, source="docs/drift.md").checks())) == 3
    shipped = DriftCheck.from_environment("drift_check", environ)
    assert [field for _, field, _ in read(shipped.configuration, Configuration, source="fdl").checks()] == [
        "masks_count",
        "no_masks_count",
    ]
