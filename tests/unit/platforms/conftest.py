"""Nothing that is deployed in a test leaves files in the project's own ``.noria``."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that stands for ``.noria``."""
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
