"""Ordinary models, made once a session."""

from pathlib import Path
from typing import Any

import pytest

from tests import models_corpus
from tests.unit.models.hostile import Ordinary

Facts = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts]:
    """The folder of ordinary models, and what their frameworks say of each; ``keys`` aside."""
    folder = tmp_path_factory.mktemp("models")
    return folder, models_corpus.make(folder)


@pytest.fixture(scope="session")
def ordinary(made: tuple[Path, Facts]) -> Ordinary:
    """The ordinary models to change."""
    return Ordinary(made[0])


@pytest.fixture(scope="session")
def facts(made: tuple[Path, Facts]) -> Facts:
    """File name -> parameters, inputs and outputs as the framework has them."""
    return {name: each for name, each in made[1].items() if name != "keys"}
