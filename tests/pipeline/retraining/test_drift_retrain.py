"""drift-retrain as it ships on the embedded plane: what drifts leads to a better model, and a person can go back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.runtime.errors import MissingError
from functions.runtime.runs import FINAL, WORKER_LOST, Run
from functions.succession.documents import Current
from tests.pipeline.noria import ROOT
from tests.pipeline.retraining.world import CHECKS, DEFINITION, model, table
from tests.pipeline.watching import Watched
from tests.waiting import eventually

NAME = "wine"


class Retraining(Watched):
    """A plane with one model that is kept current."""

    def put(self, key: str, content: bytes | Path) -> None:
        bucket, _, rest = key.partition("/")
        self.store.write(bucket, rest, content)

    def current(self) -> Current | None:
        try:
            body, _ = self.store.read("models-current", f"out/{NAME}/current.json")
        except MissingError:
            return None
        return Current.model_validate_json(body)

    def await_change(self, number: int, timeout_s: float = 120) -> Current:
        eventually(lambda: (now := self.current()) is not None and now.change >= number, timeout_s)
        now = self.current()
        assert now is not None
        return now

    def runs(self, service: str) -> list[Run]:
        found = (self.ledger.find(stat.key.removesuffix(".json")) for stat in self.ledger.runs(service))
        return [run for run in found if run]

    def runs_of_retraining(self) -> list[Run]:
        return [run for name in ("watch-tables", "gather-drifted", "swap-model") for run in self.runs(name)]

    def metric(self, service: str, name: str) -> float | None:
        """Give a metric of the latest run of a service that has committed."""
        done = [run for run in self.runs(service) if run.state == "committed" and name in run.metrics]
        return max(done, key=lambda run: run.finished or run.started).metrics[name] if done else None  # type: ignore[arg-type,return-value]


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Retraining]:
    text = (ROOT / "fdl/drift-retrain.yaml").read_text()
    (tmp_path / "drift-retrain.yaml").write_text(text.replace('ROWS: "500"', 'ROWS: "200"'))
    plane = Retraining(tmp_path / ".noria", {"NORIA_ACK_WAIT": "5", "NORIA_BACKOFF": "0.2,0.2,0.2"})
    plane.environ["TRAIN_ON_UPLOAD_SETTLE"] = "0.2"
    try:
        plane("up", "--detach", ROOT / "fdl/trusted-training.yaml", tmp_path / "drift-retrain.yaml")
        yield plane
    finally:
        plane("down")


def test_a_table_that_drifts_leads_to_a_better_model_in_its_place_and_a_person_can_take_it_back(
    plane: Retraining, tmp_path: Path
) -> None:
    plane.put(f"tables/in/{NAME}/drift_detector_config.yaml", CHECKS.encode())
    plane.put(f"tables/in/{NAME}/usual.csv", table(100, seed=1, drifted=False))
    plane.put(f"training/in/retrain/{NAME}/first/model.onnx", model(tmp_path / "model.onnx"))
    plane.put(f"training/in/retrain/{NAME}/first/dataset.csv", table(200, seed=2, drifted=False))
    plane.put(f"training/in/retrain/{NAME}/first/dataset_definition.yaml", DEFINITION.encode())
    first = plane.await_change(1)
    assert (first.what, first.set, first.previous) == ("first", 0, "")

    plane.put(f"tables/in/{NAME}/monday.csv", table(300, seed=3, drifted=True, labels=False))
    eventually(lambda: plane.metric("gather-drifted", "waiting_for_labels") == 300, 120)
    assert plane.current() == first
    plane.put(f"drift-tables/labels/{NAME}/monday.csv", table(300, seed=3, drifted=True))
    plane.kill("worker-gather-drifted-0")
    plane.kill("worker-swap-model-0")
    second = plane.await_change(2)

    assert (second.what, second.set, second.previous) == ("swap", 1, first.model.sha256)
    assert second.scores is not None
    assert second.scores.candidate > 0.85 > 0.7 > second.scores.current
    assert 60 <= second.scores.rows <= 120
    resets = [stat.key for stat in plane.store.list("tables", f"in/{NAME}/") if ".drift-reset." in stat.key]
    assert len(resets) == 1
    eventually(lambda: plane.metric("watch-tables", "reset") == 1, 120)

    plane("model", "rollback", NAME, "--reason", "it smells of cork")

    third = plane.await_change(3, 0)
    assert (third.what, third.reason, third.model.sha256) == ("rollback", "it smells of cork", first.model.sha256)
    assert [each["what"] for each in plane.json("model", "history", NAME)["changes"]] == ["first", "swap", "rollback"]
    assert [each["name"] for each in plane.json("model", "list")] == [NAME]
    assert "did you mean wine?" in plane.run("model", "rollback", "vine").stderr
    eventually(lambda: all(run.state in FINAL for run in plane.runs_of_retraining()))
    runs = plane.runs_of_retraining()
    assert {run.state for run in runs} == {"committed"}
    assert {failure.error for run in runs for failure in run.failures} <= {WORKER_LOST}
