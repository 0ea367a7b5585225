from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.runtime.errors import TryAgain
from functions.runtime.store import Stat
from local.dashboard.verdicts import Verifier


def sources(home: Path) -> Any:
    (home / "dashboard").mkdir()
    stat = Stat("run/bom.cdx.json", "e", 2, datetime.now(UTC), {})
    return SimpleNamespace(store=SimpleNamespace(list=lambda bucket, folder: [stat]), given=SimpleNamespace(home=home))


def test_a_folder_that_could_not_be_verified_is_not_tried_again_at_each_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORIA_HOME", str(tmp_path))  # where nothing runs: noria verify says so
    verifier, seen = Verifier(), sources(tmp_path)

    with pytest.raises(TryAgain) as first:
        verifier.verdict(seen, "models", "run")
    (tmp_path / "dashboard").rmdir()  # a command could not even start now
    with pytest.raises(TryAgain) as second:
        verifier.verdict(seen, "models", "run")

    assert second.value is first.value


def test_who_looks_while_another_folder_is_verified_does_not_wait_for_it(tmp_path: Path) -> None:
    verifier = Verifier()

    with verifier._turn, pytest.raises(TryAgain, match="another folder is being verified"):
        verifier.verdict(sources(tmp_path), "models", "run")
