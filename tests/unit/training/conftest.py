"""Trainings that several tests look at: each is run once."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.sandbox import walls
from local.cli.train import CHECKPOINT
from tests.unit.training.jobs import Trained, finished, make_job, start, train


@dataclass(frozen=True)
class Runs:
    """One job trained in the best sandbox, in another kind, and once more after a kill -9; and another job.

    ``beside`` ran at the same time as ``other``, which is a regression that stops early.
    """

    job: Path
    beside: Trained
    other: Trained
    elsewhere: Trained
    resumed: Trained


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("trainings")
    job = make_job(folder / "job", epochs=12)
    rule = "early_stopping: {monitor: mean_absolute_error, patience: 1, min_delta: 0.05}"
    other = make_job(folder / "other", epochs=12, seed=1, kind="float", more=rule)
    places = [folder / name for name in ("beside", "from-other", "elsewhere", "resumed")]
    first, second = start(job, places[0]), start(other, places[1])
    beside, from_other = finished(first, places[0]), finished(second, places[1])
    kind = "none" if walls.without_landlock() else "landlock"
    third = start(job, places[2], sandbox=kind)
    kill_in_the_middle(job, places[3])
    elsewhere = finished(third, places[2])
    resumed = train(job, places[3], "--resume")
    return Runs(job, beside, from_other, elsewhere, resumed)


def kill_in_the_middle(job: Path, output: Path) -> None:
    """Start a training and kill -9 it as soon as it has left a checkpoint."""
    process = start(job, output, checkpoint_every=0)
    deadline = time.monotonic() + 120
    while not (output / CHECKPOINT).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.communicate()


@pytest.fixture(scope="session")
def trained(runs: Runs) -> Trained:
    assert runs.beside.code == 0, runs.beside.err
    return runs.beside
