"""Training on upload, on a real store and a real broker: one training a set, whatever happens meanwhile."""

from pathlib import Path

import pytest

from functions.runtime.errors import CancelledError
from functions.runtime.runs import WORKER_LOST
from tests.pipeline.training.conftest import MEMBERS, PATIENCE, Training
from tests.pipeline.watching import alone
from tests.unit.training.jobs import Trained, make_job, train
from tests.waiting import eventually

LONG = 100
"""Epochs of a training that is interrupted."""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_job(tmp_path_factory.mktemp("job"), epochs=LONG)


@pytest.fixture(scope="module")
def by_hand(job: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    trained = train(job, tmp_path_factory.mktemp("by-hand"))
    assert trained.code == 0, trained.err
    return trained


def test_two_sets_uploaded_at_once_in_any_order_are_two_trainings_that_do_not_mix(
    plane: Training, tmp_path: Path
) -> None:
    jobs = {name: make_job(tmp_path / name, seed=seed) for seed, name in enumerate(("one", "two"))}
    orders = {"one": MEMBERS, "two": MEMBERS[::-1]}
    names: dict[str, list[str]] = {"one": [], "two": []}

    for place in range(len(MEMBERS)):
        for name, folder in jobs.items():
            names[name].append(plane.upload(name, folder / orders[name][place]))

    digests = set()
    for name in jobs:
        run = alone(plane.ended(*names[name]))
        record = plane.record(run)
        assert {one.key.split("/")[1] for one in run.outputs} == {name}
        assert {one.key.split("/")[2] for one in run.outputs} == {record.job[:12]}
        assert {(one.key.rpartition("/")[2], one.sha256) for one in run.members} == {
            (each.name, each.sha256) for each in record.inputs
        }
        digests.add(record.final_weights)
    assert len(digests) == 2


def test_a_training_whose_worker_is_killed_goes_on_and_ends_with_the_weights_it_would_have_had(
    plane: Training, job: Path, by_hand: Trained
) -> None:
    names = [plane.upload("killed", job / name) for name in MEMBERS]
    plane.running(*names, epoch=3)

    plane.kill("worker-train-on-upload-0")

    run = alone(plane.ended(*names))
    record = plane.record(run)
    assert WORKER_LOST in {failure.error for failure in run.failures}
    assert record.resumed
    assert record.resumed[0] >= 1
    assert record.final_weights == by_hand.record.final_weights
    assert record.checkpoints == by_hand.record.checkpoints
    assert plane.content(run, "trained_model.keras") == by_hand.file("trained_model.keras")
    assert plane.content(run, "trained_model.onnx") == by_hand.file("trained_model.onnx")


def test_a_training_that_a_person_cancels_ends_within_seconds(plane: Training, tmp_path: Path) -> None:
    endless = make_job(tmp_path / "endless", epochs=9_000)
    names = [plane.upload("cancelled", endless / name) for name in MEMBERS]
    name = plane.running(*names).name

    plane.cancel(name)

    run = plane.ended(name)[0]
    assert run.state == "failed"
    assert run.failures[-1].error == CancelledError.__name__
    eventually(lambda: not trainers(plane))


def test_a_set_that_never_completes_is_reported_and_not_lost(plane: Training, job: Path) -> None:
    names = [plane.upload("incomplete", job / name) for name in MEMBERS[1:]]

    runs = plane.ended(*names)

    failed = [run for run in runs if run.state == "failed"]
    assert len(failed) == 1
    assert f"the set is not complete after {PATIENCE} s: there is no model (*.keras" in failed[0].failures[-1].reason
    assert {run.member_of for run in runs if run is not failed[0]} == {failed[0].name}


def test_a_definition_put_right_is_trained_on_with_what_lies_there(plane: Training, tmp_path: Path) -> None:
    folder = make_job(tmp_path / "job")
    definition = folder / "dataset_definition.yaml"
    right = definition.read_text()
    definition.write_text(right.replace("batch_size", "batch_sise"))
    wrong = plane.ended(*(plane.upload("righted", folder / name) for name in MEMBERS))

    definition.write_text(right)
    run = plane.ended(plane.upload("righted", definition))[0]

    reasons = [each.failures[-1].reason for each in wrong if each.state == "failed"]
    assert reasons
    assert all("did you mean batch_size?" in reason for reason in reasons)
    assert run.state == "committed"
    assert plane.record(run).definition["batch_size"] == 16


def trainers(plane: Training) -> list[str]:
    """Give the training processes of the plane's worker; others of this machine may be another test's."""
    found, folder = [], f"noria-run-{plane.pid('worker-train-on-upload-0')}-".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"functions.train_on_upload.trainer" in words and any(folder in word for word in words):
            found.append(process.name)
    return found
