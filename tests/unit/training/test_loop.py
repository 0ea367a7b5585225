"""The training loop, with a network that is three lines of numpy: what it keeps, when it stops, what it refuses."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.datasets.arrays import Splits
from functions.datasets.recipe import EarlyStopping
from functions.runtime.errors import Rejected
from functions.train_on_upload.messages import CHECKPOINTS, Kept, Message, Note
from functions.train_on_upload.trainer.backend import Beat, Rows, Saved
from functions.train_on_upload.trainer.checkpoints import Snapshot
from functions.train_on_upload.trainer.loop import Loop, Plan
from functions.train_on_upload.trainer.reporting import Reporter
from functions.train_on_upload.trainer.stopping import Stopping
from functions.training.record import Compiled, chained
from functions.training.tensors import digest

EPOCHS = 5
USED = Compiled(loss="mse", optimizer={"name": "sgd"}, batch_size=1, deterministic=True)


@dataclass
class Slope:
    """Learns one number by gradient descent with noise; its validation loss is told by a list if there is one."""

    told: list[float] = field(default_factory=list)
    weight: NDArray[Any] = field(default_factory=lambda: np.zeros(1, "f4"))
    steps: int = 0
    samples: int = 0
    effective: Compiled = field(default=USED)
    seen: list[list[int]] = field(default_factory=list)

    def weights(self) -> dict[str, NDArray[Any]]:
        return {"w": self.weight.copy()}

    def epoch(self, number: int, order: Rows, beat: Beat) -> Mapping[str, float]:
        noise = np.random.default_rng(number)
        self.seen.append(order.tolist())
        for step, row in enumerate(order, start=1):
            self.weight += np.float32(0.01 * row + 0.001 * noise.normal())
            self.steps, self.samples = self.steps + 1, self.samples + 1
            beat(step, len(order))
        return {"loss": float(self.weight[0])}

    def evaluate(self, rows: Rows) -> Mapping[str, float]:
        return {"loss": self.told[len(self.seen) - 1] if self.told else float(self.weight[0])}

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        return np.zeros((len(rows), 1), "f4")

    def state(self) -> dict[str, NDArray[Any]]:
        return {"w": self.weight.copy(), "steps": np.array(self.steps), "samples": np.array(self.samples)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        self.weight = state["w"].copy()
        self.steps, self.samples = int(state["steps"]), int(state["samples"])

    def save(self, folder: Path) -> Saved:
        return Saved(())


class Collector(Reporter):
    """Keeps what is said, and every checkpoint under the name of its epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[Message] = []
        self._last = 0.0

    def send(self, message: Message) -> None:
        self.said.append(message)
        if isinstance(message, Kept):
            (self.folder / CHECKPOINTS / message.file).replace(self.folder / message.file)

    @property
    def notes(self) -> list[str]:
        return [each.text for each in self.said if isinstance(each, Note)]


def loop(folder: Path, slope: Slope | None = None, **changes: Any) -> Loop:
    folder.joinpath(CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    plan = {
        "job": "1" * 64,
        "seed": 3,
        "epochs": EPOCHS,
        "stopping": Stopping.of(changes.pop("rule", None), validated=True),
        "checkpoint_every": 0,
        "time_limit": 1000,
        "workspace": folder,
        "resume": folder / "none",
    }
    parts = [np.arange(start, end, dtype=np.int64) for start, end in ((0, 7), (7, 9), (9, 9))]
    return Loop(slope or Slope(), Splits(*parts), Plan(**{**plan, **changes}), Collector(folder))


@pytest.mark.parametrize("epoch", range(1, EPOCHS))
def test_going_on_after_any_epoch_gives_the_same_weights_and_the_same_course(tmp_path: Path, epoch: int) -> None:
    whole = loop(tmp_path / "whole")
    course = whole.run()

    again = loop(tmp_path / "again", resume=tmp_path / "whole" / f"{epoch}.npz")
    resumed = again.run()

    assert again.trainable.state() == whole.trainable.state()
    assert (resumed.epochs, resumed.chain) == (course.epochs, course.chain)
    assert resumed.resumed == (epoch,)
    assert resumed.seconds > 0


def test_every_epoch_has_another_order_that_depends_on_the_seed_alone(tmp_path: Path) -> None:
    first, second = Slope(), Slope()

    loop(tmp_path / "first", first).run()
    loop(tmp_path / "second", second).run()

    assert first.seen == second.seen
    assert len({tuple(order) for order in first.seen}) == EPOCHS
    assert all(sorted(order) == list(range(7)) for order in first.seen)


def test_the_chain_binds_each_epochs_weights_to_all_before(tmp_path: Path) -> None:
    done = loop(tmp_path)

    course = done.run()

    chain = course.initial_weights
    for link in course.chain:
        chain = chained(chain, link.weights)
        assert link.chain == chain
    assert course.chain[-1].weights == digest(done.trainable.weights())


def test_early_stopping_gives_back_the_weights_of_the_best_epoch(tmp_path: Path) -> None:
    rule = EarlyStopping(patience=2)
    done = loop(tmp_path, Slope(told=[3, 1, 2, 2, 0]), rule=rule)

    course = done.run()
    steps = done.trainable.steps
    done.restore_best()

    assert course.stopped_by == "early_stopping"
    assert (len(course.epochs), done.kept_epoch, steps) == (4, 2, 4 * 7)
    assert digest(done.trainable.weights()) == course.chain[1].weights


def test_early_stopping_goes_on_counting_after_a_resumption(tmp_path: Path) -> None:
    told = [3.0, 1.0, 2.0, 2.0, 0.0]
    rule = EarlyStopping(patience=2)
    loop(tmp_path / "whole", Slope(told=told), rule=rule).run()

    again = loop(tmp_path / "again", Slope(told=told[3:]), rule=rule, resume=tmp_path / "whole" / "3.npz")
    course = again.run()

    assert (course.stopped_by, len(course.epochs), again.kept_epoch) == ("early_stopping", 4, 2)
    again.restore_best()
    assert digest(again.trainable.weights()) == course.chain[1].weights


def test_less_than_min_delta_is_no_better_and_more_of_an_accuracy_is() -> None:
    stopping = Stopping.of(EarlyStopping(monitor="val_accuracy", patience=1, min_delta=0.1), validated=True)

    seen = [stopping.see(epoch, {"val_accuracy": value}) for epoch, value in enumerate([0.5, 0.55, 0.7, None], start=1)]

    assert seen == [True, False, True, False]
    assert (stopping.best, stopping.best_epoch, stopping.is_over(3), stopping.is_over(4)) == (0.7, 3, False, True)


def test_a_loss_that_is_no_number_ends_the_training_with_advice(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="the loss is not a number any more in epoch 2") as failure:
        loop(tmp_path, Slope(told=[1, float("nan"), 1])).run()

    assert "learning_rate" in failure.value.hint


def test_the_time_limit_holds_for_all_attempts_together(tmp_path: Path) -> None:
    loop(tmp_path / "whole").run()
    kept = Snapshot.read(tmp_path / "whole" / "2.npz")
    assert kept is not None
    Snapshot({**kept.course, "seconds": 1000.0}, kept.state).write(tmp_path / "late.npz")

    with pytest.raises(Rejected, match="the training took longer than 1000 s, and was in epoch 3 of 5"):
        loop(tmp_path / "again", resume=tmp_path / "late.npz", time_limit=1000).run()


def test_a_checkpoint_of_another_job_is_left_alone(tmp_path: Path) -> None:
    loop(tmp_path / "whole", job="2" * 64).run()

    again = loop(tmp_path / "again", resume=tmp_path / "whole" / "2.npz")
    course = again.run()

    assert course.resumed == ()
    assert isinstance(again.reporter, Collector)
    assert again.reporter.notes == ["the checkpoint is of another job, and is left alone"]


def test_a_checkpoint_of_other_surroundings_is_left_alone_so_that_none_are_mixed(tmp_path: Path) -> None:
    whole = loop(tmp_path / "whole", surroundings="a" * 64).run()

    other = loop(tmp_path / "other", resume=tmp_path / "whole" / "2.npz", surroundings="b" * 64)
    course = other.run()
    same = loop(tmp_path / "same", resume=tmp_path / "whole" / "2.npz", surroundings="a" * 64).run()

    assert course.resumed == ()
    assert course.chain == whole.chain
    assert isinstance(other.reporter, Collector)
    assert len(other.reporter.notes) == 1
    assert "made with other versions or settings" in other.reporter.notes[0]
    assert same.resumed == (2,)


@pytest.mark.parametrize("damage", ["cut", "empty", "pickle", "none"])
def test_a_checkpoint_that_is_damaged_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    whole = loop(tmp_path / "whole").run()
    content = (tmp_path / "whole" / "2.npz").read_bytes()
    pickled = io.BytesIO()
    np.savez(pickled, course=np.array([{}], dtype=object), names=np.zeros(1))
    bad = {"cut": content[: len(content) // 2], "empty": b"", "pickle": pickled.getvalue(), "none": b"no archive"}
    (tmp_path / "bad.npz").write_bytes(bad[damage])

    course = loop(tmp_path / "again", resume=tmp_path / "bad.npz").run()

    assert course.resumed == ()
    assert course.chain == whole.chain


def test_checkpoints_that_nobody_takes_do_not_fill_the_disk(tmp_path: Path) -> None:
    quiet = loop(tmp_path)
    quiet.reporter = Reporter.__new__(Reporter)
    quiet.reporter.send = lambda message: None  # type: ignore[method-assign]
    quiet.reporter._last = 0.0

    quiet.run()

    assert len(list((tmp_path / CHECKPOINTS).iterdir())) == 2
