"""Two consumers that have the same event at the same moment."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fdl
from functions.runtime.desk import Desk
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.runner import InProcess, Task, Usage
from functions.runtime.store import Store
from tests.faults.conftest import times
from tests.faults.handlers import results_of
from tests.faults.history import History, Upload, judge
from tests.faults.rig import Rig, pipeline

TOGETHER = 16
"""Races at once: SeaweedFS lets the loser of each wait a second."""


@dataclass
class Noting:
    """A runner that notes which runs its handler was called for."""

    runner: InProcess
    called: list[str]

    def run(self, task: Task, desk: Desk) -> Usage:
        self.called.append(task.run)
        return self.runner.run(task, desk)

    def stop_taking(self) -> None:
        self.runner.stop_taking()

    def close(self) -> None:
        self.runner.close()


def test_of_two_consumers_of_one_event_one_commits_and_the_other_waits(rig: Rig, tmp_path: Path) -> None:
    folder = uuid.uuid4().hex[:8]
    service = fdl.loads(pipeline(f"race-{folder}", f"inbox/{folder}", f"outbox/{folder}")).services[0]
    function, called = load("tests.faults.handlers:faulty"), list[str]()
    given = rig.given.model_copy(update={"work": tmp_path, "ack_wait": 60})
    runner = Noting(InProcess(function, function.settings()), called)
    engines = [Engine(service, runner, Store(given), given, host="race") for _ in range(2)]
    history = History()

    def race(number: int) -> list[str]:
        upload = history.invoke(number % TOGETHER, "inbox", f"{folder}/{number}.txt")
        rig.send(upload)
        history.end(upload, "ok")
        return both(engines, upload)

    with ThreadPoolExecutor(TOGETHER) as pool:
        verdicts = list(pool.map(race, range(times(1000, 50))))

    assert {tuple(sorted(each)) for each in verdicts} <= {("done", "wait"), ("done", "done")}
    assert len(called) == len(set(called)) == len(verdicts)
    report = judge(history, rig.found(service), service, results_of)
    assert not report.violations, str(report)
    assert report.counts["committed"] == len(verdicts)


def both(engines: list[Engine], upload: Upload) -> list[str]:
    """Let every engine begin at the same moment, and give what each said."""
    start = threading.Barrier(len(engines))

    def process(engine: Engine) -> str:
        start.wait()
        return engine.process(upload.event).kind

    with ThreadPoolExecutor(len(engines)) as pool:
        return list(pool.map(process, engines))
