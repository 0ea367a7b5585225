import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.runtime.metrics.snapshots import Snapshots
from tests.waiting import eventually


def written(path: Path, text: Callable[[], str]) -> Snapshots:
    return Snapshots(path, text, lambda: False)


def test_a_worker_leaves_its_numbers_at_its_start_and_at_its_end(tmp_path: Path) -> None:
    path, numbers = tmp_path / "worker.prom", ["at the start"]
    snapshots = written(path, lambda: numbers[-1])
    eventually(path.exists)
    first = path.read_text()

    numbers.append("at the end")
    snapshots.close()

    assert (first, path.read_text()) == ("at the start", "at the end")
    assert [each.name for each in tmp_path.iterdir()] == ["worker.prom"]


def test_a_change_is_written_soon(tmp_path: Path) -> None:
    path, numbers = tmp_path / "worker.prom", ["before"]
    snapshots = written(path, lambda: numbers[-1])
    eventually(path.exists)

    numbers.append("after")
    snapshots.soon()

    eventually(lambda: path.read_text() == "after")
    snapshots.close()


def test_numbers_that_could_not_be_told_once_are_written_with_the_next_change(tmp_path: Path) -> None:
    path, failed = tmp_path / "worker.prom", threading.Event()

    def text() -> str:
        if not failed.is_set():
            failed.set()
            raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
        return "numbers"

    snapshots = written(path, text)
    eventually(failed.is_set)
    snapshots.soon()

    eventually(path.exists)
    snapshots.close()
    assert path.read_text() == "numbers"


def test_a_folder_that_cannot_be_written_is_complained_of_once_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not there"
    with caplog.at_level(logging.WARNING):
        snapshots = written(folder / "worker.prom", lambda: "numbers")
        eventually(lambda: "metrics not written" in caplog.text)
        snapshots.soon()
        snapshots.close()

    assert caplog.text.count("metrics not written") == 1
