from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.cli.status import _workers
from local.process import Process


def test_workers_of_a_function_whose_name_begins_another_ones_are_its_own(tmp_path: Path) -> None:
    session: Any = SimpleNamespace(given=SimpleNamespace(home=tmp_path))
    (tmp_path / "run").mkdir()
    started = [
        Process(f"worker-{part}", ["sleep", "60"], folder=tmp_path / "run")
        for part in ("blur-faces-0", "blur-faces-1", "blur-faces-head-0")
    ]
    for each in started:
        each.start()

    try:
        counted = [_workers(session, name) for name in ("blur-faces", "blur-faces-head", "blur")]
    finally:
        for each in started:
            each.stop()

    assert counted == [2, 1, 0]
