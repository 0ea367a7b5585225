"""Trainings that several tests look at: each is run once."""

import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.sandbox import walls
from tests.unit.training.jobs import Trained, begin, finished, make_job, start, train

SHORT_LIVED = """
import importlib, os, signal
from local.cli import main
desk = importlib.import_module("local.cli.train")._Desk
keep = desk.checkpoint
def checkpoint(self, path):
    keep(self, path)
    os.kill(os.getpid(), signal.SIGKILL)
desk.checkpoint = checkpoint
main()
"""
"""``noria train`` that is killed as soon as it has left a checkpoint: who looks for that from outside may be late."""


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
    """Start a training that is killed with kill -9 as soon as it has left a checkpoint."""
    killed = finished(begin(("-c", SHORT_LIVED), job, output, checkpoint_every=0), output)
    assert killed.code == -signal.SIGKILL, killed.err


@pytest.fixture(scope="session")
def trained(runs: Runs) -> Trained:
    assert runs.beside.code == 0, runs.beside.err
    return runs.beside
