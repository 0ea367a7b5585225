"""Training again: the same weights bit for bit, or how far apart they are and what was different."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.training.record import TrainingRecord
from functions.trust.verification import Anchors, verify
from tests.trust.conftest import NOW, Judge
from tests.trust.signing import Signed, signed
from tests.trust.trainings import Training, trained

Train = Callable[[Path, Path, TrainingRecord], None]


@pytest.fixture
def inputs(genuine: Signed) -> Path:
    return genuine.training.inputs


def giving(training: Training) -> Train:
    """Stand for a trainer that gives this result, of whatever it is given."""

    def train(job: Path, out: Path, record: TrainingRecord) -> None:
        assert {path.name for path in job.iterdir()} == {each.name for each in record.inputs}
        shutil.copytree(training.outputs, out / record.job[:12])

    return train


def test_the_same_weights_are_said_to_be_exact(judged: Judge, inputs: Path, tmp_path: Path) -> None:
    verdict = judged(inputs=(inputs,), train=giving(trained(tmp_path / "again")))

    assert verdict.is_good
    last = verdict.checks[-1]
    assert (last.check, last.status) == ("retraining", "ok")
    assert last.sentence.startswith("exact: 9 steps gave the same weights bit for bit")


def test_other_weights_fail_with_their_distance_and_what_was_different(
    judged: Judge, inputs: Path, genuine: Signed, tmp_path: Path
) -> None:
    environment = genuine.training.record.environment.model_copy(update={"intra_threads": 2, "packages": ()})
    again = trained(tmp_path / "again", seed=2, environment=environment)

    verdict = judged(inputs=(inputs,), train=giving(again))
    assert verdict.codes == ("E_RETRAIN_DIFFERS",)
    said = verdict.checks[-1].sentence
    assert "from epoch 1 on" in said
    assert "tolerance: they are 1." in said
    assert "intra_threads was 1 and is 2" in said
    assert "and is missing" in said


def test_a_job_without_its_data_is_not_trained_again(judged: Judge, tmp_path: Path) -> None:
    verdict = judged(train=giving(trained(tmp_path / "again")))

    assert verdict.codes == ("E_RETRAIN_INPUTS",)
    assert "dataset.csv, dataset_definition.yaml, model.safetensors" in verdict.checks[-1].sentence


def test_what_failed_before_is_not_trained_again(judged: Judge, inputs: Path, genuine: Signed) -> None:
    def train(job: Path, out: Path, record: TrainingRecord) -> None:
        raise AssertionError("it was trained")

    (genuine.folder / "metrics.json").unlink()

    assert judged(inputs=(inputs,), train=train).checks[-1].code == "N_FAILED_BEFORE"


def test_the_inputs_come_from_where_the_provenance_says(genuine: Signed, tmp_path: Path) -> None:
    asked = []

    def fetch(uri: str, etag: str) -> Path:
        asked.append(uri)
        assert etag
        return genuine.training.inputs / uri.rpartition("/")[2]

    anchors = Anchors(keys=genuine.keys, now=NOW)
    verdict = verify(genuine.folder, anchors, fetch=fetch, train=giving(trained(tmp_path / "again")))

    assert verdict.is_good
    assert asked == [
        f"s3://training/in/job/{name}" for name in sorted(p.name for p in genuine.training.inputs.iterdir())
    ]


def test_data_that_was_overwritten_in_the_store_is_named(genuine: Signed, tmp_path: Path) -> None:
    other = signed(tmp_path / "other", seed=3).training.inputs

    def fetch(uri: str, etag: str) -> Path:
        return other / uri.rpartition("/")[2]

    verdict = verify(genuine.folder, Anchors(keys=genuine.keys, now=NOW), fetch=fetch)
    failed = {(each.subject, each.code) for each in verdict.having("failed")}
    assert failed == {(path.name, "E_DATA_CHANGED") for path in other.iterdir()}
