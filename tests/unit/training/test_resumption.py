"""Going on from a checkpoint gives the same bits, with each kind of random layer and optimizer state."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.train_on_upload.surroundings import environ, variables


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("resumptions")
    settings = environ(variables(threads=(1, 1), isa="AVX2"), code=Path.cwd(), spare=folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.training.resumptions", str(folder)],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("model", ["conv", "recurrent"])
def test_a_training_stopped_after_any_epoch_goes_on_to_the_same_weights(found: Any, model: str) -> None:
    assert found[model]["resumed_after"] == [[1], [2]]
    assert found[model]["resumed"] == [found[model]["whole"]] * 2
    assert found[model]["history"] == [True, True]
